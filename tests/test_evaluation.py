"""Metrics against values worked out by hand, intervals, and an evaluation that is resumed."""

import itertools
import json
from math import isnan

import pytest

from procure_kit import evaluation
from procure_kit.evaluation import Report, ame, ccs_all, ccs_valid, evaluate, pass_at_k
from tests.test_cuts import FLIP

FOUR = [(True, True), (True, False), (False, True), (False, False)]


@pytest.mark.parametrize("n, c, k", [(5, 0, 1), (5, 2, 1), (5, 2, 3), (5, 5, 2), (6, 1, 6), (4, 3, 2)])
def test_pass_at_k_equals_counting_all_draws(n, c, k):
    draws = list(itertools.combinations([True] * c + [False] * (n - c), k))
    assert pass_at_k(n, c, k) == pytest.approx(sum(map(any, draws)) / len(draws))


@pytest.mark.parametrize("n, c, k", [(5, 6, 1), (5, -1, 1), (5, 1, 0), (5, 1, 6)])
def test_pass_at_k_refuses_the_impossible(n, c, k):
    with pytest.raises(ValueError, match=f"n={n}, c={c}, k={k}"):
        pass_at_k(n, c, k)


def test_the_two_consistency_scores_differ_on_fail_fail():
    assert ccs_all(FOUR) == 2 / 4
    assert ccs_valid(FOUR) == 1 / 3
    assert ame(FOUR) == pytest.approx(1 - ccs_valid(FOUR))


def test_scores_without_evidence_are_nan():
    assert isnan(ccs_all([])) and isnan(ccs_valid([(False, False)])) and isnan(ame([(False, False)]))


def report(*verdicts, k=(1,)):
    rows = [
        {"task_id": f"t/{i}", "concept": concept, "original": a, "counterfactual": b}
        for i, (concept, a, b) in enumerate(verdicts)
    ]
    return Report(tuple(rows), k, 0)


def test_report_agrees_with_the_functions_on_single_samples():
    scores = report(*(("if_else_flip", [a], [b]) for a, b in FOUR)).scores()
    assert scores["ccs_all"][0] == ccs_all(FOUR)
    assert scores["ccs_valid"][0] == ccs_valid(FOUR)
    assert scores["ame"][0] == ame(FOUR)
    assert scores["pass@1 original"][0] == 1 / 2


def test_all_n_by_n_pairs_count():
    scores = report(("if_else_flip", [True, True], [True, False]), k=(1, 2)).scores()
    assert scores["ccs_all"][0] == 1 / 2
    assert scores["pass@2 counterfactual"][0] == 1


def test_interval_is_a_point_when_problems_agree_and_covers_the_value_when_not():
    assert report(*[("if_else_flip", [True], [True])] * 5).scores()["ccs_all"] == (1, 1, 1)
    value, low, high = report(*[("if_else_flip", [True], [i % 2 == 0]) for i in range(40)]).scores()["ccs_all"]
    assert low < value < high and low > 0.3 and high < 0.7


def test_markdown_has_a_row_a_concept_and_a_dash_for_nothing():
    table = report(("def_use_break", [False], [False]), ("if_else_flip", [True], [True])).to_markdown().splitlines()
    assert [line.split(" | ")[0] for line in table[2:]] == ["| if_else_flip", "| def_use_break", "| all"]
    assert "| – | – |" in table[3]
    assert json.loads(report(("if_else_flip", [True], [True])).to_json())["scores"]["all"]["ccs_all"] == [1, 1, 1]


@pytest.fixture
def fake_stages(monkeypatch):
    """Every completion of an original is right and every completion of a counterfactual wrong; calls are counted."""
    calls = []

    def complete(model, tokenizer, cuts, *, samples, **settings):
        calls.append(len(cuts))
        return [["right" if i % 2 == 0 else "wrong"] * samples for i in range(len(cuts))]

    class Result:
        def __init__(self, program):
            self.passed = "right" in program

    monkeypatch.setattr(evaluation, "complete", complete)
    monkeypatch.setattr(evaluation, "run_many", lambda jobs, workers: [Result(program) for program, _ in jobs])
    return calls


def test_evaluate_scores_each_side_and_resumes(fake_stages, tmp_path):
    pairs = [(FLIP, None)]
    first = evaluate(None, None, pairs, samples=5, record=tmp_path / "r.jsonl")
    assert first.rows[0]["original"] == [True] * 5 and first.rows[0]["counterfactual"] == [False] * 5
    again = evaluate(None, None, pairs, samples=5, record=tmp_path / "r.jsonl")
    assert again.rows == first.rows and fake_stages == [2]


def test_evaluate_refuses_a_record_of_other_settings(fake_stages, tmp_path):
    evaluate(None, None, [(FLIP, None)], samples=5, record=tmp_path / "r.jsonl")
    with pytest.raises(ValueError, match="other settings"):
        evaluate(None, None, [(FLIP, None)], samples=6, record=tmp_path / "r.jsonl")


def test_evaluate_refuses_k_beyond_the_samples():
    with pytest.raises(ValueError, match="pass@5 needs at least 5 samples, not 3"):
        evaluate(None, None, [], samples=3)
