"""The charts hold the numbers they are given."""

import pytest

from procure_kit.views import figures
from tests.evaluation.test_evaluation import report


def test_outcomes_counts_in_the_order_of_the_concepts_with_valid_first():
    flip, swap = "if_else_flip", "independent_swap"
    figure = figures.outcomes([(swap, "crashed"), (swap, "valid"), (flip, "valid"), (swap, "valid")])
    assert [bar.name for bar in figure.data] == ["valid", "crashed"]
    assert list(figure.data[0].x) == [flip, swap]
    assert list(figure.data[0].y) == [1, 2] and list(figure.data[1].y) == [0, 1]


def test_a_number_too_large_for_its_bar_stands_above_it():
    flip, swap = "if_else_flip", "independent_swap"
    figure = figures.outcomes([(flip, "valid")] * 40 + [(flip, "timeout"), (swap, "valid")])
    valid, timeout = figure.data
    assert list(valid.text) == ["40", ""] and list(timeout.text) == ["", ""]
    assert [(note.x, note.y, note.text) for note in figure.layout.annotations] == [
        (flip, 41, "1 timeout"),
        (swap, 1, "1 valid"),
    ]


def test_loss_curves_leave_out_terms_without_tokens():
    log = [
        {"step": s, "nll": 3.0 - s, "mask": 4.0 * s, "attention": 0.5 * s, "mean_mass": s, "n_query": s - 1}
        for s in (1, 2)
    ]
    nll, mask, attention, mass = figures.loss_curves(log).data
    assert [line.name for line in (nll, mask, attention)] == ["nll", "mask", "attention"]
    assert list(nll.x) == [1, 2] and list(nll.y) == [2.0, 1.0]
    assert list(mask.x) == [2] and list(mask.y) == [8.0] and list(attention.y) == [1.0]
    without_counts = [{name: value for name, value in row.items() if name != "n_query"} for row in log]
    assert all(list(line.x) == [1, 2] for line in figures.loss_curves(without_counts).data)


def test_numbers_by_token_mark_what_is_altered():
    figure = figures.by_token(["a", "\n", " b"], {"map": [1, 2, 3], "kernel": [1, 2, 3]}, [False, False, True], "", "")
    bars, rings = figure.data
    assert list(bars.marker.color) == [figures.BLUE, figures.BLUE, figures.ORANGE] and list(rings.y) == [1, 2, 3]
    assert list(figure.layout.xaxis.ticktext) == ["a", "⏎", "b"]


def test_scores_carry_their_intervals():
    verdicts = report(*[("if_else_flip", [True], [i % 2 == 0]) for i in range(20)])
    figure = figures.scores(verdicts, ("ccs_all",))
    (bar,) = figure.data
    value, low, high = verdicts.scores()["ccs_all"]
    assert list(bar.x) == ["if_else_flip", "all"]
    assert bar.y[1] == pytest.approx(100 * value)
    assert bar.error_y.array[1] == pytest.approx(100 * (high - value))
    assert bar.error_y.arrayminus[1] == pytest.approx(100 * (value - low))


def test_no_cap_is_drawn_where_there_is_no_interval():
    verdicts = report(("if_else_flip", [True], [True]))
    (bar,) = figures.scores(verdicts, ("ccs_all",)).data
    assert list(bar.y) == [100, 100] and list(bar.error_y.array) == ["none", "none"]


def test_gains_draw_each_comparison_with_its_interval_from_the_top():
    found = {"a − b": {"m": (0.1, 0.0, 0.3)}, "c − d": {"m": (-0.2, -0.3, -0.1)}}
    (points,) = figures.gains(found, {"m": "shown"}, "").data
    assert list(points.x) == [-20, 10] and points.name == "shown"
    assert points.error_x.array[1] == pytest.approx(20) and points.error_x.arrayminus[1] == pytest.approx(10)


def test_the_probe_is_drawn_both_ways():
    probe = [{"from": "<", "to": ">=", "pairs": 3, "original": (1, 1, 1), "counterfactual": (0.5, 0.25, 0.75)}]
    before, after = figures.memorisation(probe).data
    assert list(before.x) == ["< → >= (3)"] and list(before.y) == [100] and after.error_y.array[0] == 25


def test_statuses_have_their_colours_and_unknown_ones_are_black_at_the_end():
    rows = [("if_else_flip", status) for status in ("odd", "refused", "tests_fail", "valid", "timeout")]
    bars = figures.outcomes(rows, "what came").data
    assert [(bar.name, bar.marker.color) for bar in bars] == [
        ("valid", figures.BLUE),
        ("tests_fail", figures.ORANGE),
        ("timeout", figures.PURPLE),
        ("refused", "#BBBBBB"),
        ("odd", "#000000"),
    ]
    assert not figures.outcomes([]).data


def test_scores_are_drawn_for_each_concept_and_all_of_them():
    verdicts = report(("if_else_flip", [True], [False]), ("def_use_break", [True], [True]))
    bars = figures.scores(verdicts).data
    assert [bar.name for bar in bars] == list(figures.SCORES)
    assert list(bars[2].x) == ["if_else_flip", "def_use_break", "all"] and list(bars[2].y) == [0, 100, 50]


def test_gains_of_two_metrics_stand_one_above_the_other_in_their_line():
    found = {"a": {"m": (0.1, 0.0, 0.2), "n": (0.0, 0.0, 0.0)}, "b": {"m": (0.3, 0.3, 0.3), "n": (0.5, 0.5, 0.5)}}
    figure = figures.gains(found, {"m": "first", "n": "second"}, "title")
    first, second = figure.data
    assert list(first.x) == [30, 10] and list(second.x) == [50, 0]  # plotly counts from below
    assert all(0 < high - low < 0.5 for high, low in zip(first.y, second.y, strict=True))
    assert list(figure.layout.yaxis.ticktext) == ["b", "a"]


def test_ticks_tell_yes_from_no_by_sign_as_well_as_by_colour():
    (table,) = figures.ticks({"left": [True, False], "right": [True, True]}, ["1", "2"], "").data
    assert [list(row) for row in table.text] == [["✓", "✗"], ["✓", "✓"]] and list(table.y) == ["left", "right"]
