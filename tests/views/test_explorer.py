"""The explorer's logic without a browser: what each choice shows, and what is kept."""

import pytest

import procure_kit as pk
from procure_kit.problems.rows import read_rows
from procure_kit.views import explorer as explore
from procure_kit.views import outcomes, screenshot
from procure_kit.views.explorer import ATTENTION, FLOW, OWN_CODE, PAIR, TOKENS, explorer
from tests.training.loss.test_attention import model as lm
from tests.training.test_examples import byte_tokenizer

FLIP = "def f(x: list):\n    if len(x) > 1:\n        return 1\n    else:\n        return 2\n"
FLIP_ONLY = FLIP.replace("len(x) > 1", "x")  # has no other site
CHECK = "def check(candidate):\n    assert candidate([1, 2]) == 1\n    assert candidate([]) == 2\n"


@pytest.fixture
def box(tmp_path):
    return explorer(model=lm(), tokenizer=byte_tokenizer(), kept=tmp_path / "kept.jsonl")


def own(box, code: str, examples: str = "") -> None:
    box.problem.value = OWN_CODE
    box.examples.value = examples
    box.code.value = code


def test_it_opens_on_a_counterfactual_and_its_verdict(box):
    assert "counterfactual: if_else_flip" in box.shown[PAIR].value
    assert box.site.options[0] == ("any (the seed chooses)", -1)
    assert "\nvalid: both programs pass" in box.said.value and box.pair.status == "valid"
    assert "Accepted: tested, it holds as far as the tests tell" in box.said.value and not box.keep.disabled


def test_another_site_gives_another_pair(box):
    own(box, FLIP.replace("def f", "def g") + FLIP)
    pairs = set()
    for _, index in box.site.options[1:]:
        box.site.value = index
        pairs.add(box.pair.counterfactual)
    assert len(pairs) == 2
    box.concept.value = "independent_swap"
    assert box.site.index == 0


def test_another_seed_gives_other_names(box):
    box.concept.value = "variable_name_random"
    first = box.shown[PAIR].value
    box.seed.value = 1
    assert box.shown[PAIR].value != first


def test_refused_sites_are_listed_and_say_why(box):
    own(box, "def f(x):\n    if g():\n        return 1\n    else:\n        return 2\n")
    label, index = box.site.options[1]
    assert "refused" in label and "refused" in box.listed.value
    assert "Refused. if_else_flip has no site that can be rewritten safely" in box.said.value
    box.site.value = index
    assert "line 2" in box.said.value and box.pair is None and box.keep.disabled
    assert "<ins" in box.shown[PAIR].value and "if g():" in box.shown[PAIR].value  # the place that is refused


def test_edited_code_is_judged_by_its_problems_tests(box):
    box.code.value = box.code.value.replace("return", "return None or", 1).replace("return None or", "return not", 1)
    assert "original_fails" in box.said.value
    assert box.keep.disabled and box.version.layout.display == ""
    box.keep.click()
    assert "only valid pairs" in box.count.value and "original_fails" in box.said.value and box.kept == []
    edited = box.code.value
    box.version.value = -1
    assert box.code.value == box.problems["kit/0"].program and "\nvalid: " in box.said.value
    box.version.value = 0
    assert box.code.value == edited and "original_fails" in box.said.value


def test_choosing_a_problem_throws_nothing_away(box):
    own(box, FLIP)
    box.problem.value = "kit/1"
    assert box.code.value == box.problems["kit/1"].program and box.examples.layout.display == "none"
    box.code.value += "# mine\n"
    box.problem.value = OWN_CODE
    assert box.code.value == FLIP and box.examples.layout.display == ""
    box.problem.value = "kit/1"
    assert box.code.value.endswith("# mine\n")
    box.outcomes.jump("kit/1", "variable_name_random", 0)  # a pair of the set, as it stands in the set
    assert box.code.value == box.problems["kit/1"].program and box.pair.concept == "variable_name_random"
    box.code.value += "# mine, too\n"
    assert [label for label, _ in box.version.options] == ["the problem's own code", "yours, 1", "yours, 2"]
    box.version.value = 0
    assert box.code.value.endswith("# mine\n") and box.version.value == 0
    box.problem.value = "kit/2"
    assert box.version.layout.display == "none" and box.code.value == box.problems["kit/2"].program


def test_the_cell_run_again_goes_on_with_what_was_typed(tmp_path):
    kept = tmp_path / "kept.jsonl"
    box = explorer(model=lm(), tokenizer=byte_tokenizer(), kept=kept)
    own(box, FLIP, "f([1, 2]) == 1\nf([]) == 2")
    box.seed.value = 7
    again = explorer(model=lm(), tokenizer=byte_tokenizer(), kept=kept)
    assert (again.problem.value, again.code.value, again.seed.value) == (OWN_CODE, FLIP, 7)
    assert again.examples.value == box.examples.value and again.pair == box.pair and "\nvalid: " in again.said.value
    own(again, "def f(:\n")
    assert explorer(model=lm(), tokenizer=byte_tokenizer(), kept=kept).code.value == "def f(:\n"
    other = explorer(model=lm(), tokenizer=byte_tokenizer(), kept=tmp_path / "others.jsonl")
    assert other.problem.value == "kit/0" and other.seed.value == 0


def test_a_version_can_be_edited_back_and_on(box):
    given = box.code.value
    box.code.value = given + "# a\n"
    box.code.value = given + "# ab\n"
    box.code.value = given
    assert box.version.value == -1 and len(box.version.options) == 2
    box.version.value = 0
    assert box.code.value == given + "# ab\n"


def test_own_examples_give_a_verdict(box):
    own(box, FLIP, "f([1, 2]) == 1\n\n# short\nf([]) == 2")
    assert "\nvalid: " in box.said.value and box.pair.status == "valid"
    box.examples.value = "f([1, 2]) == 3"
    assert "original_fails" in box.said.value and box.keep.disabled
    box.examples.value = "f([1, 2]) =="
    assert "example 1, 'f([1, 2]) ==': " in box.said.value and "write one as f(2) == 4" in box.said.value
    box.examples.value = "g(1) == 1"
    assert "no example calls a function of the code, which defines f" in box.said.value


def test_broken_code_is_a_sentence_and_leaves_nothing_on_show(box):
    own(box, "def f(:\n    <script>")
    assert "line 1" in box.said.value and box.pair is None
    assert [shown.value for shown in box.shown] == [""] * 4 and box.listed.value == "" and len(box.site.options) == 1
    box.keep.click()
    assert "no pair to keep" in box.count.value and "line 1" in box.said.value


def test_own_code_without_examples_has_no_verdict_yet(box):
    own(box, FLIP)
    assert "write an example" in box.said.value and "Accepted: " in box.said.value and box.pair.status == ""


def test_markup_in_code_stays_text(box):
    own(box, "def f(x):\n    a = '<script>'\n    b = '<i>'\n    return a + b\n")
    box.concept.value = "independent_swap"
    assert "<script>" not in box.html and "&lt;script&gt;" in box.shown[PAIR].value
    box.tabs.selected_index = TOKENS
    assert "<script>" not in box.shown[TOKENS].value


def test_tokens_and_attention_are_made_when_looked_at(box):
    own(box, FLIP)
    assert box.shown[TOKENS].value == box.shown[ATTENTION].value == ""
    box.tabs.selected_index = TOKENS
    assert "<ins" in box.shown[TOKENS].value
    box.tabs.selected_index = ATTENTION
    first = box.frame.html
    assert "<!doctype html>" in first and "if_else_flip" in first
    box.concept.value = "variable_name_random"
    assert box.frame.html == ""  # FLIP has no variable: nothing of the last pair stays
    box.concept.value = "if_else_flip"
    assert box.frame.html == first


def test_the_flow_of_the_rewritten_function_is_drawn_for_both_programs(box):
    own(box, "def first(a):\n    return a\n\n\n" + FLIP.replace("def f", "def second"))
    box.tabs.selected_index = FLOW
    shown = box.shown[FLOW].value
    assert shown.count("<svg") == 4 and "definitions and uses in second" in shown
    assert shown.count("control-flow graph of second") == 2 and "of first" not in shown


def test_a_long_program_is_shown_without_what_would_take_minutes(box, monkeypatch):
    monkeypatch.setattr(explore, "LONGEST", 40)
    own(box, FLIP)
    for tab in (TOKENS, ATTENTION):
        box.tabs.selected_index = tab
        assert "tokens, and this is shown for 40 at most" in box.shown[tab].value
    assert "counterfactual: if_else_flip" in box.shown[PAIR].value


def test_code_outside_a_function_has_no_flow_to_draw(box):
    own(box, "x = [1]\nif len(x) > 1:\n    y = 1\nelse:\n    y = 2\n")
    box.tabs.selected_index = FLOW
    assert "the source has no function to draw" in box.shown[FLOW].value


def test_a_model_that_is_not_there_is_a_sentence(tmp_path):
    box = explorer(model="no/such/model", kept=tmp_path / "kept.jsonl")
    box.tabs.selected_index = ATTENTION
    assert "no/such/model" in box.shown[ATTENTION].value and "\nvalid" in box.said.value


def test_kept_pairs_are_rows_once_each_and_found_again(box, tmp_path):
    box.keep.click()
    box.keep.click()
    own(box, FLIP)
    box.keep.click()
    assert len(box.kept) == 1 and "has no verdict" in box.count.value
    box.examples.value = "f([1, 2]) == 1\nf([]) == 2"
    box.keep.click()
    assert len(box.kept) == 2 and "2 pairs kept in kept.jsonl; notebook 03 trains on them" in box.count.value
    rows = list(read_rows(box.path))
    assert [(row["task_id"], row["status"]) for row in rows] == [("kit/0", "valid"), ("own", "valid")]
    assert explorer(kept=box.path).kept == box.kept


def test_a_models_outcomes_lead_to_their_pairs(tmp_path):
    box = explorer("world", kept=tmp_path / "kept.jsonl")
    found = box.outcomes.found
    lost = [outcome for outcome in found if outcome[3:] == (True, False)]
    button = box.outcomes.buttons[True, False]
    assert button.description == f"only the original: {len(lost)}" and len(lost) > 20
    button.click()
    task, concept, site = box.outcomes.pairs.options[1][1]
    box.outcomes.pairs.value = (task, concept, site)
    assert (box.problem.value, box.concept.value, box.site.value) == (task, concept, site)
    assert (box.pair.task_id, box.pair.concept, box.pair.site) == (task, concept, site)
    box.outcomes.buttons[True, True].click()
    assert box.outcomes.pairs.index == 0 and box.outcomes.pairs.label.endswith("pairs: choose one")


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """An explorer of three problems, one of which cannot be read, and a model that was not measured on them."""
    problems = [pk.Problem(f"mine/{n}", "", FLIP_ONLY, CHECK, "f") for n in range(2)]
    problems.insert(1, pk.Problem("mine/unread", "", "def f(:\n", CHECK, "f"))
    monkeypatch.setattr(explore, "load_problems", lambda name: problems)
    return explorer(model=lm(), tokenizer=byte_tokenizer(), kept=tmp_path / "kept.jsonl")


def test_a_model_that_was_not_measured_is_asked_when_one_wants_it(asked):
    box = asked.outcomes
    assert "has not been measured" in box.said.value and box.counts.layout.display == "none" != box.ask.layout.display
    box.ask.click()
    assert [outcome[:3] for outcome in box.found] == [("mine/0", "if_else_flip", 0), ("mine/1", "if_else_flip", 0)]
    assert "both programs of 2 pairs" in box.said.value and "so far" not in box.said.value
    assert box.counts.layout.display == "" and box.ask.layout.display == "none"
    assert box.buttons[False, False].description == "neither: 2" and box.buttons[True, True].disabled
    box.buttons[False, False].click()
    box.pairs.value = box.pairs.options[2][1]
    assert asked.problem.value == "mine/1" and asked.pair.status == "valid"


def test_an_interrupt_keeps_what_is_measured_and_goes_on(asked, monkeypatch):
    real, calls = outcomes.measured, []

    def stopping(model, tokenizer, problem):
        calls.append(problem.task_id)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(model, tokenizer, problem)

    monkeypatch.setattr(outcomes, "measured", stopping)
    box = asked.outcomes
    box.ask.click()
    assert len(box.found) == 1 and "1 of 3 problems so far" in box.said.value and box.ask.description == "go on"
    box.ask.click()
    assert calls == ["mine/0", "mine/unread", "mine/unread", "mine/1"] and len(box.found) == 2


def test_a_model_that_cannot_be_asked_is_a_sentence(tmp_path):
    box = explorer(model="no/such/model", kept=tmp_path / "kept.jsonl")
    box.outcomes.ask.click()
    assert "no/such/model" in box.said.value and not box.outcomes.ask.disabled


def test_a_loaded_model_without_its_tokenizer_is_refused():
    with pytest.raises(ValueError, match="needs its tokenizer"):
        explorer(model=lm())


def test_where_widgets_do_not_run_there_is_a_picture(box, monkeypatch):
    monkeypatch.delenv("PLOTLY_RENDERER", raising=False)
    assert {"application/vnd.jupyter.widget-view+json", "text/html"} <= set(box._repr_mimebundle_())
    monkeypatch.setenv("PLOTLY_RENDERER", "plotly_mimetype+png")
    monkeypatch.setattr(screenshot, "screenshot", lambda html, *size: html.encode())
    shown, metadata = box._repr_mimebundle_()
    assert set(shown) == {"image/png", "text/plain"} and metadata["image/png"]["alt"]
