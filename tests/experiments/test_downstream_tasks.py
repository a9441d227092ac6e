"""Downstream tasks: what is mutated and where, and which option is right."""

import pytest

from procure_kit.experiments.downstream_tasks import broken, defects, mutated_lines, perturbed, summaries
from procure_kit.problems.problem import Problem
from procure_kit.running.runner import run_tests
from procure_kit.validation.problem_names import load_problems

PROGRAM = """def f(é, k):
    if "ß" != é and k not in é:
        return "a"
    total = len(é) <= k
    return total + 7
"""


@pytest.fixture(scope="module")
def problems():
    return [p for p in load_problems("world") if "/composition/" in p.task_id][:5]


def test_one_place_of_a_line_is_mutated_and_nothing_else_of_it():
    assert mutated_lines(PROGRAM) == [
        (2, '    if "ß" != é and k in é:'),
        (2, '    if "ß" == é and k not in é:'),
        (4, "    total = len(é) > k"),
        (5, "    return None"),
        (5, "    return total + 8"),
    ]
    assert mutated_lines("def f(a):\n    return (a)  >(1)\n")[0][1] == "    return (a)  <=(1)"


def test_a_broken_function_is_rejected_by_its_tests_and_differs_in_one_line(problems):
    mutants = list(broken(problems))
    assert len({problem.task_id for problem, *_ in mutants}) == len(mutants) >= 3
    for problem, line, text in mutants:
        lines = problem.program.split("\n")
        assert lines[line - 1] != text and line > problem.prompt.rstrip().count("\n") + 1
        lines[line - 1] = text
        assert not run_tests("\n".join(lines), problem).passed
    assert mutants == list(broken(problems))


def test_a_mutant_that_its_tests_accept_is_left_out():
    problem = Problem("a/0", "def f(n):\n", "    return n\n", "def check(candidate):\n    candidate(1)\n", "f")
    assert list(broken([problem])) == []


def test_the_options_of_a_defect_share_their_beginning(problems):
    for choice in defects(broken(problems)):
        (given, right), (same, wrong) = choice.options
        assert given == same and right != wrong and right.startswith("\n")
        problem = next(p for p in problems if p.task_id == choice.task_id)
        assert (given + right).rstrip() == problem.program.rstrip()


def test_the_options_of_a_summary_differ_in_the_docstring_alone(problems):
    choices = summaries(problems)
    assert [choice.task_id for choice in choices] == [problem.task_id for problem in problems]
    for choice, problem in zip(choices, problems, strict=True):
        assert "".join(choice.options[0]).rstrip() == problem.program.rstrip()
        assert len({body for _, body in choice.options}) == 1 and len({given for given, _ in choice.options}) == 4
        assert all(given.endswith('"""') for given, _ in choice.options)


def test_perturbed_problems_still_pass_their_tests(problems):
    found = perturbed(problems)
    assert found and all(run_tests(problem.program, problem).passed for problem in found)
    assert all(
        problem.program != next(p for p in problems if p.task_id == problem.task_id).program for problem in found
    )
