"""An evaluation from prompts to verdicts: resumed, scored again without the model, and from samples files."""

import json
from dataclasses import replace

import pytest

from procure_kit.evaluation import evaluation, judging
from procure_kit.evaluation.evaluation import evaluate, evaluate_whole, rescore, score_samples
from procure_kit.evaluation.report import Report
from procure_kit.problems.problem import Problem
from tests.training.test_cuts import FLIP

AREA = Problem("t/0", "", FLIP.original, "def check(candidate):\n    assert candidate(1, 'cm') == 3.14\n", "area")
SIGN = Problem(
    "sign/0",
    'def sign(n):\n    """Of a number."""\n',
    "    return -1 if n < 0 else 1\n",
    "def check(candidate):\n    assert candidate(-3) == -1\n    assert candidate(3) == 1\n",
    "sign",
)
ECHO = Problem(
    "echo/0", '"""Print what you read."""\n', "print(input())\n", "", "", cases=(("a\n", "a\n"), ("b\n", "b\n"))
)


def report(*verdicts, k=(1,)):
    rows = [
        {"task_id": f"t/{i}", "concept": concept, "original": a, "counterfactual": b}
        for i, (concept, a, b) in enumerate(verdicts)
    ]
    return Report(tuple(rows), k, 0)


class Model:
    """Stands for a model: what it has of one."""

    name_or_path = "fake"

    def parameters(self):
        return ()


@pytest.fixture
def fake_stages(monkeypatch):
    """Every completion of an original is right and every completion of a counterfactual wrong; calls are counted."""
    calls = []

    def complete(model, tokenizer, cuts, *, samples, **settings):
        calls.append(len(cuts))
        return [["right" if i % 2 == 0 else "wrong"] * samples for i in range(len(cuts))]

    class Result:
        detail = ""

        def __init__(self, program):
            self.passed = "right" in program
            self.status = "passed" if self.passed else "tests_fail"

    monkeypatch.setattr(evaluation, "complete", complete)
    monkeypatch.setattr(judging, "run_many", lambda jobs, workers: (Result(program) for program, _ in jobs))
    return calls


@pytest.fixture
def writes(monkeypatch):
    """`writes(text)`: what the model puts behind each prompt; returns the cuts it was given."""

    def script(*texts):
        seen = []

        def complete(model, tokenizer, cuts, *, samples, **settings):
            seen.extend(cuts)
            return [list(texts[:samples]) for _ in cuts]

        monkeypatch.setattr(evaluation, "complete", complete)
        return seen

    return script


def test_evaluate_scores_each_side_and_resumes(fake_stages, tmp_path):
    pairs = [(FLIP, AREA)]
    first = evaluate(Model(), None, pairs, samples=5, record=tmp_path / "r.jsonl")
    assert first.rows[0]["original"] == [True] * 5 and first.rows[0]["counterfactual"] == [False] * 5
    assert first.rows[0]["operators"] == ["==", "!="]
    again = evaluate(Model(), None, pairs, samples=5, record=tmp_path / "r.jsonl")
    assert again.rows == first.rows and fake_stages == [2]


def test_evaluate_refuses_a_record_of_other_settings(fake_stages, tmp_path):
    evaluate(Model(), None, [(FLIP, AREA)], samples=5, record=tmp_path / "r.jsonl")
    with pytest.raises(ValueError, match="other settings"):
        evaluate(Model(), None, [(FLIP, AREA)], samples=6, record=tmp_path / "r.jsonl")
    other = Model()
    other.name_or_path = "another"
    with pytest.raises(ValueError, match="other settings"):
        evaluate(other, None, [(FLIP, AREA)], samples=5, record=tmp_path / "r.jsonl")


def test_evaluate_refuses_k_beyond_the_samples():
    with pytest.raises(ValueError, match="pass@5 needs at least 5 samples, not 3"):
        evaluate(None, None, [], samples=3)


def test_the_same_model_tuned_is_another_one():
    from torch import nn

    model = nn.Linear(2, 2)
    model.name_or_path = "some/model"
    before = evaluation._name(model)
    model.weight.data += 1
    assert before.startswith("model ") and evaluation._name(model) != before


def test_whole_functions_and_whole_programs_are_written_from_their_prompts(writes, tmp_path):
    cuts = writes("\n    return -1 if n < 0 else 1", "\nprint(input())")
    found = evaluate_whole(Model(), None, [SIGN, ECHO], (1, 2), 2, record=tmp_path / "r.jsonl")
    assert [row["original"] for row in found.rows] == [[True, False], [False, True]]
    assert [(cut.prefix[-3:], cut.indent) for cut in cuts] == [('"""', 0), ('"""', -1)]
    assert found.scores()["pass@2 original"][0] == 1


def test_tests_and_talk_behind_a_function_without_a_def_are_dropped(writes):
    problem = Problem("MBPP/1", '"""Add one."""\n', "", "assert one(1) == 2\n", "one")
    writes("\ndef one(n):\n    return n + 1\n\nassert one(1) == 3")
    assert evaluate_whole(Model(), None, [problem], (1,), 1).rows[0]["original"] == [True]


def test_a_margin_inside_a_string_is_no_talk(writes):
    problem = Problem("MBPP/1", '"""Write."""\n', "", "assert one() == '\\nprint(1)\\n'\n", "one")
    writes('\ndef one():\n    return """\nprint(1)\n"""\n\nprint(one())\nassert False')
    assert evaluate_whole(Model(), None, [problem], (1,), 1).rows[0]["original"] == [True]


UNJUDGED = "import gc\ndef check(candidate):\n    assert gc.get_objects() and candidate(3) == 1\n"
REFERENCES = {
    "never_called": ("", "def test_sign():\n    assert sign(3) == 1\n"),
    "tests_fail": ("", "def check(candidate):\n    assert candidate(3) == 2\n"),
    "crashed or tests_fail": ("", "import no_such_module\ndef check(candidate):\n    assert candidate(3) == 1\n"),
}


@pytest.mark.parametrize("status", REFERENCES)
def test_a_reference_that_fails_is_named_and_what_it_does_to_the_score(writes, status, tmp_path):
    setup, test = REFERENCES[status]
    odd = Problem("odd/0", SIGN.prompt, SIGN.canonical_solution, test, "sign", setup)
    writes("\n    return -1 if n < 0 else 1")
    found = evaluate_whole(Model(), None, [SIGN, odd], (1,), 1, record=tmp_path / "r.jsonl")
    assert [row["original"] for row in found.rows] == [[True], [False]]
    ((task, why),) = found.failing_references().items()
    assert task == "odd/0" and why.split(":")[0] in status
    said = "\n".join(found.notes())
    assert "The reference of odd/0 does not pass its own tests" in said
    assert "Without 1 problem: pass@1 original 100 (" in said
    assert found.statuses()["passed"] == 1 and sum(found.statuses().values()) == 2
    assert rescore(tmp_path / "r.jsonl", k=(1,)).notes() == found.notes()
    assert said.replace("\n", "\n\n") in found._repr_markdown_()
    kept = json.loads(found.to_json())
    assert kept["statuses"] == found.statuses() and kept["failing_references"] == {"odd/0": why}


def test_what_was_left_without_a_verdict_is_counted_by_status_with_its_reason(writes):
    open_ = Problem("open/0", SIGN.prompt, "", UNJUDGED, "sign")
    writes("\n    return -1 if n < 0 else 1", "\n    return 0")
    found = evaluate_whole(Model(), None, [SIGN, open_], (1,), 2)
    assert found.statuses() == {"passed": 1, "tests_fail": 1, "needs_own_process": 2}
    assert list(found.unjudged()) == ["needs_own_process"] and found.failing_references() == {}
    (said,) = [note for note in found.notes() if note.startswith("No verdict")]
    assert said.startswith(
        "No verdict, `needs_own_process`: 2 completions of 1 problem, which count as not passed. open/0"
    )
    assert "--own-process" in said and found.rows[1]["details_original"][0] in said
    solved = replace(open_, canonical_solution=SIGN.canonical_solution)  # runs there in any case: it is the set's own
    assert evaluate_whole(Model(), None, [solved], (1,), 2).rows[0]["reference"] == "passed_in_own_process"
    allowed = evaluate_whole(Model(), None, [open_], (1,), 2, own_process=True)
    assert allowed.rows[0]["statuses_original"] == ["passed_in_own_process", "tests_fail"]
    assert allowed.rows[0]["original"] == [True, False] and allowed.unjudged() == {}


def test_any_status_is_carried_by_its_name():
    row = {"task_id": "t/0", "concept": "whole", "original": [False], "reference": "a_new_one: the reason"}
    found = Report((row | {"statuses_original": ["a_new_one"], "details_original": ["the reason"]},), (1,))
    assert found.unjudged() == {"a_new_one": {"t/0": ["the reason"]}}
    assert found.failing_references() == {"t/0": "a_new_one: the reason"}
    assert report(("whole", [True], [True])).notes() == []


@pytest.mark.slow
def test_a_time_limit_of_ones_own(writes, tmp_path):
    writes("\n    import time\n    time.sleep(1)\n    return -1 if n < 0 else 1")
    given = {"record": tmp_path / "r.jsonl"}
    assert evaluate_whole(Model(), None, [SIGN], (1,), 1, timeout=0.3, **given).rows[0]["statuses_original"] == [
        "timeout"
    ]
    with pytest.raises(ValueError, match="other settings"):
        evaluate_whole(Model(), None, [SIGN], (1,), 1, **given)
    assert rescore(tmp_path / "r.jsonl", [SIGN], k=(1,), timeout=20).rows[0]["original"] == [True]


def test_damaged_rows_of_a_record_are_named_and_the_others_score(writes, tmp_path):
    record, said = tmp_path / "r.jsonl", []
    writes("\n    return -1 if n < 0 else 1")
    evaluate_whole(Model(), None, [SIGN], (1,), 1, record=record)
    good = json.loads(record.read_text())
    changes = [
        *({"cuts": value} for value in (None, [], "x", [["a", "b"]], [["a", "b", "0"]], [["", "", 0]] * 3)),
        *({"completions_original": value} for value in (None, [], [1], ["a", "b"])),
        *({"original": value} for value in (None, [1], "yes", [])),
        *({"statuses_original": value} for value in ("passed", [1], ["a", "b"])),
        {"settings": 3},
        {"reference": 1},
        {"operators": 3},
        {"task_id": 3},
    ]
    record.write_text("".join(json.dumps(row) + "\n" for row in ({**good, **change} for change in [*changes, {}])))
    assert rescore(record, [SIGN], (1,), on_bad=said.append).rows[0]["original"] == [True]
    assert [str(error).split(":")[1] for error in said] == [str(n) for n in range(1, len(changes) + 1)]


def test_a_program_of_standard_input_is_cut_outside_of_functions(writes):
    from procure_kit.concepts.perturbation import perturb

    source = "a = int(input())\nif a < 0:\n    print('minus')\nelse:\n    print('plus')\n"
    problem = Problem("s/0", "", source, "", "", cases=(("-1\n", "minus\n"), ("1\n", "plus\n")))
    writes("\n    print('minus')\nelse:\n    print('plus')")
    (row,) = evaluate(Model(), None, [(perturb(source, "if_else_flip", task_id="s/0"), problem)], (1,), 1).rows
    assert (row["original"], row["counterfactual"]) == ([True], [False])


def test_a_record_is_scored_again_without_the_model(writes, tmp_path):
    record = tmp_path / "r.jsonl"
    writes("\n    return -1 if n < 0 else 1", "\n    return 1")
    first = evaluate_whole(Model(), None, [SIGN], (1, 2), 2, record=record)
    assert rescore(record, k=(1, 2)).scores() == first.scores()
    stricter = Problem(SIGN.task_id, SIGN.prompt, SIGN.canonical_solution, "assert sign(0) == 0\n", "sign")
    assert rescore(record, [stricter], k=(1,)).rows[0]["original"] == [False, False]
    with pytest.warns(UserWarning, match="pass@5 needs 5 samples"):
        assert rescore(record, [SIGN]).rows == first.rows
    with pytest.raises(ValueError, match="nothing to score"):
        rescore(record, [ECHO])


def test_rows_that_are_none_of_a_record_are_named(tmp_path):
    record = tmp_path / "r.jsonl"
    record.write_text('{"task_id": "a/1", "concept": "whole"}\n')
    said = []
    with pytest.raises(ValueError, match="nothing to score"):
        rescore(record, on_bad=said.append)
    assert "r.jsonl:1: field 'settings' is missing" in str(said[0])


def test_samples_of_human_evals_format_score(tmp_path):
    rows = [
        {"task_id": "sign/0", "completion": "    return -1 if n < 0 else 1\n"},
        {"task_id": "sign/0", "completion": "    return 1\n"},
        {"task_id": "sign/9", "completion": "    return 1\n"},
        {"task_id": "sign/0"},
    ]
    samples, said = tmp_path / "samples.jsonl", []
    samples.write_text("".join(json.dumps(row) + "\n" for row in rows))
    given = {"k": (1, 2), "record": tmp_path / "r.jsonl", "on_bad": said.append}
    found = score_samples(samples, [SIGN, ECHO], **given)
    assert found.rows[0]["original"] == [True, False] and found.left_out == 1
    assert [found.scores()[f"pass@{k} original"][0] for k in (1, 2)] == [0.5, 1]
    assert "samples.jsonl:3: no problem 'sign/9'" in str(said[0])
    assert "samples.jsonl:4: field 'completion' is missing" in str(said[1])
    lines = (tmp_path / "r.jsonl").read_text()
    assert score_samples(samples, [SIGN, ECHO], **given) == found and (tmp_path / "r.jsonl").read_text() == lines
