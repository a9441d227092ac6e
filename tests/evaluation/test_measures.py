"""Means of likelihoods, and differences between models, against values worked out by hand."""

from math import isnan

import pytest

from procure_kit.evaluation.likelihood import NATS
from procure_kit.evaluation.measures import MEASURES, measure_differences, measures
from procure_kit.evaluation.metrics import open_ends


def row_of(task, **values):
    return {"task_id": task, "concept": "if_else_flip"} | dict.fromkeys(NATS) | values


def test_measures_are_means_over_the_pairs_that_have_one():
    rows = [row_of("a", behind_original=1.0, behind_counterfactual=2.5, original_over_twin=3.0) for _ in range(2)]
    rows += [row_of(f"b{i}", behind_original=1.0, behind_counterfactual=i + 1.0) for i in range(8)]
    rows.append(row_of("c", original_over_twin=-1.0))
    found = measures(rows)
    assert list(found) == list(MEASURES)
    assert found["behind_original"][0] == 1 and isnan(found["behind_original"][1])  # all equal: nats have no bounds
    value, low, high = found["behind_excess"]
    assert value == pytest.approx((2 * 1.5 + sum(range(8))) / 10) and low < value < high
    assert found["prefers_original"][0] == pytest.approx(2 / 3) and isnan(found["prefers_original"][1])  # two problems
    assert isnan(found["behind_kl"][0])


def test_a_share_that_all_agree_on_has_wilsons_interval():
    rows = [row_of(f"t{i}", counterfactual_over_twin=2.0) for i in range(9)]
    assert measures(rows)["prefers_counterfactual"] == (1.0, *open_ends(1.0, 9))


def test_differences_are_paired_over_problems_and_runs():
    def run(gain):
        return [
            row_of(f"t{i}", behind_original=10.0 * i, behind_counterfactual=10.0 * i + 1 - gain, behind_kl=1.0)
            for i in range(8)
        ]

    found = measure_differences([run(0), run(0)], [run(0.5), list(reversed(run(0.7)))])
    value, low, high = found["behind_excess"]
    student = 12.7  # two seeds: one degree of freedom, and a standard error of 0.1
    assert value == pytest.approx(-0.6) and (high - value, value - low) == pytest.approx([0.1 * student] * 2, rel=0.05)
    assert found["behind_kl"][0] == 0 and isnan(found["behind_kl"][1])
    assert isnan(found["uses_excess"][0])


def test_a_share_that_never_moves_has_an_interval_all_the_same():
    rows = [row_of(f"t{i}", original_over_twin=1.0) for i in range(9)]
    assert measure_differences([rows], [rows])["prefers_original"] == (0.0, *open_ends(0.0, 9, -1))


def test_other_pairs_are_no_pairs():
    rows = [row_of("a"), row_of("b")]
    with pytest.raises(ValueError, match="the same pairs"):
        measure_differences([rows], [rows[:1]])
    with pytest.raises(ValueError, match="as many runs"):
        measure_differences([rows, rows], [rows])
