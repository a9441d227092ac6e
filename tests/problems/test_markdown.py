"""Tables and intervals as Markdown."""

from math import nan

from procure_kit.problems.markdown import hundredths, table


def test_a_table_has_its_numbers_on_the_right():
    lines = table(["what", "n"], [("a", 1), ("b", 20)], right=["n"]).splitlines()
    assert lines == ["| what | n |", "| --- | ---: |", "| a | 1 |", "| b | 20 |"]


def test_a_bar_in_a_cell_does_not_end_it():
    assert table(["what"], [("a|b",)]).splitlines()[2] == r"| a\|b |"


def test_shares_and_differences_come_with_their_intervals():
    assert hundredths(0.5, 0.25, 0.755) == "50.0 (25.0 to 75.5)"
    assert hundredths(-0.031, -0.08, 0.016, "+.1f") == "-3.1 (-8.0 to +1.6)"
    assert hundredths(0.5, 0.25, 1, ".0f", "–") == "50 (25–100)"
    assert hundredths(nan, nan, nan) == "–"
    assert hundredths(0.8, nan, nan) == "80.0 (–)"
