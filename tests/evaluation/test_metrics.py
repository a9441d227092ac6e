"""Metrics against values worked out by hand, intervals, paired differences and the memorisation probe."""

import itertools
import json
from math import isnan

import numpy as np
import pytest

from procure_kit.evaluation.differences import comparison, differences
from procure_kit.evaluation.metrics import (
    FEWEST,
    RESAMPLES,
    WHOLE,
    Z,
    ame,
    ccs_all,
    ccs_valid,
    dataset_of,
    draws,
    interval,
    open_ends,
    pass_at_k,
    ratio_interval,
)
from procure_kit.evaluation.report import Report
from procure_kit.validation.success import wilson

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


def test_json_has_null_for_a_score_without_evidence():
    found = json.loads(report(("if_else_flip", [False], [False])).to_json(), parse_constant=pytest.fail)
    assert found["scores"]["all"]["ame"] == [None, None, None]
    assert found["datasets"]["t"]["ccs_all"] == [1, None, None]


def test_all_n_by_n_pairs_count():
    scores = report(("if_else_flip", [True, True], [True, False]), k=(1, 2)).scores()
    assert scores["ccs_all"][0] == 1 / 2
    assert scores["pass@2 counterfactual"][0] == 1


@pytest.mark.parametrize("problems", [5, 17, 400])
@pytest.mark.parametrize("share", [0.0, 1.0])
def test_problems_that_agree_leave_open_what_wilson_says(problems, share):
    value, *between = ratio_interval(np.array([[share, 1.0]] * problems))
    assert value == share and between == pytest.approx(wilson(share, problems), abs=1e-9)


def test_values_between_and_differences_that_agree_have_a_width_too_and_stay_in_range():
    value, low, high = interval([[0.8]] * 9)
    assert low < value < high < 1
    assert interval([[1.0]] * 17, least=-1)[1:] == (pytest.approx(1 - 2 * Z * Z / (17 + Z * Z), abs=1e-4), 1)
    _, low, high = interval([[0.0]] * 17, least=-1)
    assert -0.2 < low < 0 < high < 0.2
    assert report(*[("if_else_flip", [True], [True])] * 5).scores()["ccs_all"][1] < 0.6


@pytest.mark.parametrize("problems", [0, 1, FEWEST - 1])
def test_few_problems_have_no_interval(problems):
    assert all(isnan(end) for end in interval([[1.0], [0.0], [1.0], [1.0]][:problems])[1:])
    none = np.array([[0.0, 0.0]] * 9 + [[1.0, 1.0]] * problems)  # problems without evidence do not count
    assert all(isnan(end) for end in ratio_interval(none)[1:])


def test_interval_covers_the_value():
    value, low, high = report(*[("if_else_flip", [True], [i % 2 == 0]) for i in range(40)]).scores()["ccs_all"]
    assert low < value < high and low > 0.3 and high < 0.7


def test_markdown_has_a_row_a_concept_and_a_dash_for_nothing():
    table = report(("def_use_break", [False], [False]), ("if_else_flip", [True], [True])).to_markdown().splitlines()
    assert [line.split(" | ")[0] for line in table[2:]] == ["| if_else_flip", "| def_use_break", "| all"]
    assert "| – | – |" in table[3]
    assert json.loads(report(("if_else_flip", [True], [True])).to_json())["scores"]["all"]["ccs_all"] == [1, None, None]


def test_the_mean_counts_every_value_and_the_interval_resamples_problems():
    value, low, high = interval([[1.0], [0.0], [1.0, 1.0], [0.0], [1.0]])
    assert value == pytest.approx(4 / 6, abs=1e-4) and low < value < high


def test_whole_functions_have_pass_at_k_alone():
    rows = tuple({"task_id": f"HumanEval/{i}", "concept": "whole", "original": [i > 0, False]} for i in range(4))
    scores = Report(rows, (1, 2)).scores()
    assert set(scores) == {"pass@1 original", "pass@2 original"}
    assert scores["pass@1 original"][0] == 3 / 8 and scores["pass@2 original"][0] == 3 / 4


def test_data_sets_have_rows_of_their_own_when_there_are_several():
    mixed = report(*[("if_else_flip", [True], [False])] * 2)
    mixed.rows[1]["task_id"] = "MBPP/7"
    assert mixed.datasets == ["MBPP", "t"]
    assert [line.split(" | ")[:2] for line in mixed.to_markdown().splitlines()[2:]][0] == ["| MBPP", "if_else_flip"]
    assert mixed.scores(None, "MBPP")["ame"][0] == 1


def test_differences_are_paired_and_narrower_than_two_intervals():
    before = report(*[("if_else_flip", [i % 2 == 0], [i % 2 == 0]) for i in range(60)])
    after = report(*[("if_else_flip", [i % 2 == 0 or i < 6], [i % 2 == 0]) for i in range(60)])
    value, low, high = differences(before, after)["pass@1 original"]
    assert value == pytest.approx(3 / 60) and 0 <= low < value < high < 0.12
    _, below, above = before.scores()["pass@1 original"]
    assert high - low < (above - below) / 2
    value, low, high = differences(before, after)["pass@1 counterfactual"]
    assert value == 0 and -0.07 < low < 0 < high < 0.07


def test_differences_over_seeds_are_means_and_as_wide_as_so_few_seeds_leave_open():
    none = report(*[("if_else_flip", [True], [False])] * 9)
    full = report(*[("if_else_flip", [True], [True])] * 9)
    assert differences([none, none], [full, none])["pass@1 counterfactual"] == (0.5, -1, 1)
    _, low, high = differences([none] * 6, [full, full, none] * 2)["pass@1 counterfactual"]
    assert 0 < low < 2 / 3 < high == 1
    assert differences([none, none], [full, full])["ccs_all"] == (1, pytest.approx(*open_ends(1, 9, -1)[:1]), 1)
    with pytest.raises(ValueError, match="not 1 and 2"):
        differences(none, [full, full])


def test_differences_need_pairs_in_common():
    with pytest.raises(ValueError, match="no pair in common"):
        differences(report(("if_else_flip", [True], [True])), report(("def_use_break", [True], [True])))


def test_the_probe_reads_each_way_of_each_operator():
    rows = [
        {"task_id": f"t/{i}", "concept": "if_else_flip", "operators": way, "original": [a], "counterfactual": [b]}
        for i, (way, a, b) in enumerate(
            [(["==", "!="], True, False), (["==", "!="], True, True), (["!=", "=="], False, True), (None, True, False)]
        )
    ]
    equal, unequal = Report(tuple(rows), (1,)).memorisation()
    assert (equal["from"], equal["to"], equal["pairs"]) == ("==", "!=", 2)
    assert equal["original"][0] == 1 and equal["counterfactual"][0] == 0.5 and equal["drop"][0] == 0.5
    assert (unequal["from"], unequal["drop"][0]) == ("!=", -1)


def test_the_papers_table_has_a_row_a_model_and_concept():
    one = report(("if_else_flip", [True], [True]), ("def_use_break", [False], [False]))
    lines = comparison({"untuned": one, "tuned": one}).splitlines()
    assert [line.split(" | ")[:2] for line in lines[2:5]] == [
        ["| untuned", "if_else_flip"], ["| untuned", "def_use_break"], ["| untuned", "all"]
    ]  # fmt: skip
    assert lines[4].startswith("| untuned | all | 50.0 | 50.0 | 100.0 | 100.0 | 0.0 |")


@pytest.mark.parametrize(
    ("task", "dataset"),
    [
        ("HumanEval/3", "HumanEval"),
        ("mine", "mine"),
        ("CodeContests/a/b", "CodeContests"),
        ("world/family/gaps/3", "world/family"),
    ],
)
def test_the_data_set_of_a_task(task, dataset):
    assert dataset_of({"task_id": task}) == dataset


def test_draws_are_the_same_every_time_and_nothing_is_drawn_from_nothing():
    assert (draws(5) == draws(5)).all() and draws(5).shape == (RESAMPLES, 5) and set(draws(5).flat) == set(range(5))
    assert draws(0).shape == (1, 0)
    assert all(isnan(x) for x in report().scores()["ccs_all"])


def test_scores_of_a_concept_are_those_of_its_rows():
    mixed = report(("if_else_flip", [True], [True]), ("def_use_break", [True], [False]), ("def_use_break", [1], [1]))
    assert [mixed.scores(concept)["ccs_all"][0] for concept in ("if_else_flip", "def_use_break", None)] == [
        1,
        1 / 2,
        2 / 3,
    ]
    assert mixed.concepts == ["if_else_flip", "def_use_break"] and mixed.datasets == ["t"]
    assert mixed.to_markdown().splitlines()[-1].startswith("| all | 3 | 100 (–) ")
    assert mixed._repr_markdown_().replace("\u2060", "") == mixed.to_markdown()  # of no width: keeps a line together


def test_differences_of_a_concept_and_of_the_sizes_that_all_have():
    before = report(("if_else_flip", [False], [False]), ("def_use_break", [True], [True]), k=(1,))
    after = report(("if_else_flip", [True, True], [False, True]), ("def_use_break", [True], [True]), k=(1, 2))
    found = differences(before, after, "if_else_flip")
    assert found["pass@1 original"][0] == 1 and found["pass@1 counterfactual"][0] == 0.5
    assert not any(name.startswith("pass@2") for name in found)
    assert isnan(found["ame"][0]) and found["ccs_all"][0] == -0.5


def test_a_comparison_has_a_dash_where_a_model_has_no_such_score():
    whole = Report(({"task_id": "a/1", "concept": WHOLE, "original": [True]},), (1,))
    lines = comparison({"pairs": report(("if_else_flip", [True], [False])), "whole": whole}).splitlines()
    assert lines[-1] == "| whole | all | 100.0 | – | – | – | – |"
