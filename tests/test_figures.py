"""The charts hold the numbers they are given."""

import pytest

from procure_kit import figures
from tests.test_evaluation import report


def test_outcomes_counts_and_puts_valid_first():
    figure = figures.outcomes([("a", "timeout"), ("a", "valid"), ("b", "valid"), ("a", "valid")])
    assert [bar.name for bar in figure.data] == ["valid", "timeout"]
    assert list(figure.data[0].y) == [2, 1] and list(figure.data[1].y) == [1, 0]


def test_loss_curves_follow_the_steps():
    log = [{"step": s, "nll": 3.0 - s, "mask": 4.0, "attention": 0.5} for s in (1, 2)]
    figure = figures.loss_curves(log)
    assert [line.name for line in figure.data] == ["nll", "mask", "attention"]
    assert list(figure.data[0].x) == [1, 2] and list(figure.data[0].y) == [2.0, 1.0]


def test_scores_carry_their_intervals():
    verdicts = report(*[("c", [True], [i % 2 == 0]) for i in range(20)])
    figure = figures.scores(verdicts, ("ccs_all",))
    (bar,) = figure.data
    value, low, high = verdicts.scores()["ccs_all"]
    assert list(bar.x) == ["c", "all"]
    assert bar.y[1] == pytest.approx(100 * value)
    assert bar.error_y.array[1] == pytest.approx(100 * (high - value))
    assert bar.error_y.arrayminus[1] == pytest.approx(100 * (value - low))
