"""The explorer's logic without a browser: what each choice shows, and what is kept."""

import pytest

from procure_kit.problems.rows import read_rows
from procure_kit.views import explorer as explore
from procure_kit.views import screenshot
from procure_kit.views.explorer import ATTENTION, FLOW, OWN_CODE, PAIR, SITES, TOKENS, explorer
from tests.training.loss.test_attention import model as lm
from tests.training.test_examples import byte_tokenizer

FLIP = "def f(x: list):\n    if len(x) > 1:\n        return 1\n    else:\n        return 2\n"


@pytest.fixture
def box(tmp_path):
    return explorer(model=lm(), tokenizer=byte_tokenizer(), kept=tmp_path / "kept.jsonl")


def own(box, code: str) -> None:
    box.problem.value = OWN_CODE
    box.code.value = code


def test_it_opens_on_a_counterfactual_and_its_verdict(box):
    assert "counterfactual: if_else_flip" in box.shown[PAIR].value
    assert box.site.options[0] == ("any (the seed chooses)", -1)
    assert "<b>valid" in box.said.value and box.pair.status == "valid"


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
    assert "refused" in label and "refused" in box.shown[SITES].value
    assert "has no site that can be rewritten safely" in box.said.value
    box.site.value = index
    assert "line 2" in box.said.value and box.pair is None


def test_edited_code_is_judged_by_its_problems_tests(box):
    box.code.value = box.code.value.replace("return", "return None or", 1).replace("return None or", "return not", 1)
    assert "original_fails" in box.said.value
    box.keep.click()
    assert "only valid pairs" in box.said.value and box.kept == []


def test_broken_code_is_a_sentence_and_leaves_nothing_on_show(box):
    own(box, "def f(:\n    <script>")
    assert "line 1" in box.said.value and box.pair is None
    assert [shown.value for shown in box.shown] == [""] * 5 and len(box.site.options) == 1
    box.keep.click()
    assert "no pair to keep" in box.said.value


def test_own_code_has_no_tests_to_run(box):
    own(box, FLIP)
    assert "no tests here" in box.said.value and box.pair.status == ""


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
    assert "<iframe" in box.shown[ATTENTION].value
    first = box.shown[ATTENTION].value
    box.concept.value = "variable_name_random"
    assert "<iframe" not in box.shown[ATTENTION].value  # FLIP has no variable: nothing of the last pair stays
    box.concept.value = "if_else_flip"
    assert box.shown[ATTENTION].value == first


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
    assert "no/such/model" in box.shown[ATTENTION].value and "<b>valid" in box.said.value


def test_kept_pairs_are_rows_once_each_and_found_again(box, tmp_path):
    box.keep.click()
    box.keep.click()
    own(box, FLIP)
    box.keep.click()
    assert len(box.kept) == 2 and "2 pairs kept" in box.count.value and "without a verdict" in box.said.value
    rows = list(read_rows(box.path))
    assert [row["status"] for row in rows] == ["valid", ""] and rows[0]["task_id"] == "kit/0"
    assert explorer(kept=box.path).kept == box.kept


def test_where_widgets_do_not_run_there_is_a_picture(box, monkeypatch):
    monkeypatch.delenv("PLOTLY_RENDERER", raising=False)
    assert {"application/vnd.jupyter.widget-view+json", "text/html"} <= set(box._repr_mimebundle_())
    monkeypatch.setenv("PLOTLY_RENDERER", "plotly_mimetype+png")
    monkeypatch.setattr(screenshot, "screenshot", lambda html, *size: html.encode())
    assert set(box._repr_mimebundle_()) == {"image/png", "text/plain"}
