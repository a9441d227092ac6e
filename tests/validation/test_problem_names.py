"""A problem of a set by its task_id, and what is said where it has none of that name."""

import pytest

import procure_kit as pk


def test_a_problem_is_found_by_its_task_id_and_else_the_nearest_are_named():
    problems = pk.load_problems("kit")
    assert pk.find_problem(problems, "kit/24").task_id == "kit/24"
    with pytest.raises(ValueError, match="no task 'kit/240' among the 48 of the set; nearest to it: .*kit/24"):
        pk.find_problem(problems, "kit/240")
    with pytest.raises(ValueError, match="among the 0 of the set; nearest to it: none at all"):
        pk.find_problem([], "kit/0")


def test_a_problem_whose_program_cannot_be_read_is_named_with_the_reason():
    unread = pk.Problem("mine/7", "def f(n):\n", "    return (\n", "def check(f): pass\n", "f")
    with pytest.raises(ValueError, match="^mine/7: line 2: the source does not parse"):
        pk.find_problem([unread], "mine/7")
