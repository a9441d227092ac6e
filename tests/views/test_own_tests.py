"""Examples, one a line, as the tests of code of one's own."""

import pytest

from procure_kit.running.runner import run_tests
from procure_kit.views.own_tests import problem_of_examples

CODE = "def half(n):\n    return n // 2\n\n\ndef double(n):\n    return half(n) * 4\n"


def test_examples_become_a_check():
    problem = problem_of_examples(
        CODE, "double(4) == 8\n\n# the other one\n >>> half(5) == 2\nassert half(7) == 3  # rounds\n"
    )
    assert problem.entry_point == "double" and problem.program == CODE and problem.task_id == "own"
    assert (
        problem.test
        == "def check(candidate):\n    assert candidate(4) == 8\n    assert half(5) == 2\n    assert half(7) == 3\n"
    )
    assert run_tests(CODE, problem).passed


def test_a_wrong_example_fails():
    problem = problem_of_examples(CODE, "double(4) == 9")
    assert run_tests(CODE, problem).status == "tests_fail"


@pytest.mark.parametrize("examples", ["", "\n  \n", "# nothing yet"])
def test_without_an_example_there_is_no_problem(examples):
    assert problem_of_examples(CODE, examples) is None


@pytest.mark.parametrize(
    ("code", "examples", "said"),
    [
        (CODE, "double(4) =", "example 1, 'double(4) =': "),
        (CODE, "double(1) == 2\nx = 3", "example 2, 'x = 3': "),
        (CODE, "treble(1) == 3", "no example calls a function of the code, which defines double, half"),
        ("x = 1\n", "f(1)", "which defines none"),
    ],
)
def test_what_is_no_example_is_named(code, examples, said):
    with pytest.raises(ValueError, match="(?s).*") as raised:
        problem_of_examples(code, examples)
    assert said in str(raised.value)
