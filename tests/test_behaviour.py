"""The script that runs programs before and after: it sees every kind of change, and varies what it is given."""

import sys
from random import Random

from tests.benchmarks.behaviour import arguments, behaviour, compare, judge, vary

SOURCE = "def f(x):\n    y = 1\n    x.append(y)\n    print(y)\n    return x[0] + y\n"
INPUTS = [[[1, 2]], [["a"]], [[]]]


def test_a_change_is_named_by_what_shows_it():
    expected = behaviour(SOURCE, "f", INPUTS)
    assert [result for result, _, _ in expected] == ["2", "TypeError", "2"]
    for change, verdict in (
        (("y = 1", "y  =  1"), "same"),
        (("y = 1", "y = 2"), "the result differs"),
        (("y = 1", "y = 1 if x else bytearray(1 << 60)"), "it takes too much memory"),
        (("print(y)", "pass"), "what it prints differs"),
        (("append(y)", "append(y); x.append(y)"), "what becomes of its arguments differs"),
        (("def f", "def g"), "loading raises KeyError"),
    ):
        assert judge(expected, SOURCE.replace(*change), "f", INPUTS) == verdict


def test_every_accepted_site_of_both_modes_has_a_row():
    rows = compare(0, 3, ("t", SOURCE, "f", INPUTS))
    assert {row[4] for row in rows} == {"same"} and {row[1] for row in rows} == {"strict", "procure"}
    assert {"variable_name_random", "all"} <= {row[2] for row in rows}
    assert compare(0, 3, ("t", "import nothing_like_it", "f", []))[0][4] == "cannot be run: ModuleNotFoundError"


def test_a_program_that_is_random_is_left_out_though_two_runs_agreed():
    """The two runs before have one result, the seventh another: a rewrite then seems to change it."""
    source = "def f(x):\n    import sys\n    y = sys.runs = getattr(sys, 'runs', 0) + 1\n    return y // 7\n"
    try:
        rows = compare(0, 3, ("t", source, "f", [[1]]))
    finally:
        del sys.runs
    assert [row[4] for row in rows] == ["cannot be compared: two runs of the original differ"]


def test_a_swap_that_changes_something_says_what_speaks_against_it():
    source = "def f(x):\n    a = x.pop()\n    b = x.pop()\n    print(a)\n    x[0] = b\n    return a, b\n"
    said = "the second calls `x.pop`, which may change state, and the first may fail or depend on it"
    rows = [row for row in compare(0, 3, ("t", source, "f", [[[1, 2, 3]]])) if row[4] != "same"]
    assert [(row[1], row[2], row[4]) for row in rows] == [
        ("procure", "independent_swap", f"the result differs; {said}")
    ]


def test_inputs_are_those_of_the_tests_and_others_like_them():
    known = arguments("def check(candidate):\n    assert candidate([1, 'a'], -2) == candidate(other)\n")
    assert known == [[[1, "a"], -2]]
    drawn = [vary(Random(seed), known[0]) for seed in range(9)]
    assert drawn == [vary(Random(seed), known[0]) for seed in range(9)] and len(set(map(str, drawn))) > 2
