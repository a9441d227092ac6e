"""The exercises: each solution printed in a notebook is right, and wrong answers hear what is wrong."""

import re

import nbformat
import pytest

from procure_kit.commands.run import NOTEBOOKS
from procure_kit.views.lessons import EXERCISES, SIGN, check


def solutions() -> dict[str, object]:
    """The name of each exercise, and its folded solution run as code."""
    found = {}
    for path in sorted(NOTEBOOKS.glob("[0-9]*.ipynb")):
        name = None
        for cell in nbformat.read(path, as_version=4).cells:
            if asked := re.search(r'^check\("([^"]+)", answer\)', cell.source, re.M):
                name = asked[1]
            elif solved := re.search(r"Solution</summary>\s+```python\n(.*?)```", cell.source, re.S):
                scope: dict[str, object] = {}
                exec(solved[1], scope)
                found[name] = scope["answer"]
    return found


SOLUTIONS = solutions()


def test_every_exercise_stands_in_a_notebook():
    assert set(SOLUTIONS) == set(EXERCISES)


@pytest.mark.parametrize("name", SOLUTIONS)
def test_the_printed_solution_is_right(name, capsys):
    check(name, SOLUTIONS[name])
    assert capsys.readouterr().out == f"{name}: right.\n"


@pytest.mark.parametrize("name", EXERCISES)
def test_none_is_not_answered_yet(name, capsys):
    check(name, None)
    assert "not answered yet" in capsys.readouterr().out


@pytest.mark.parametrize(
    "name, answer, wrong",
    [
        ("a flip of your own", "def f(x):\n    return x\n", "no site at all"),
        ("a flip of your own", "def f(:", "could not use it"),
        ("which concept", "if_else_flip", "changes names or branches"),
        ("nothing to swap", "def f(x):\n    y = 1\n    z = 2\n    return y + z\n", "can rewrite it"),
        ("nothing to swap", "def f(x):\n    return x\n", "no two neighbouring statements"),
        ("negate", "not (n > 0 and not done)", "needs none"),
        ("negate", "n < 0 or done", "for n = 0 and done = False it should be True"),
        ("order matters", "def f(x):\n    y = x\n    z = y\n    return z\n", "no pair is refused because of a call"),
        ("second definition", "def f(x):\n    t = 1\n    return t\n", "finds no site"),
        ("verdict on a reply", "valid", "bodies are still where they were"),
        ("a reply that passes", "Negate it.", "no program"),
        ("a reply that passes", f"```python\n{SIGN}```", "no_change"),
        ("most generations", 4, "no repair"),
        ("stronger test", "def check(candidate):\n    assert candidate(5, 2) == 3\n", "broken program passes"),
        ("stronger test", "def check(candidate):\n    assert candidate(5, 2) == 4\n", "the right program fails"),
        ("right but another concept", "def distance(a, b):\n    return a - b\n", "must still pass"),
        ("endless", "def distance(a, b):\n    return 0\n", "the runner says 'tests_fail'"),
        ("total loss", 5.5, "not the value"),
        ("changed tokens", [0, 0, 0, 1, 0], "overlaps the changed span"),
        ("merged map", [[1, 0], [1, 0.5]], "average the rows"),
        ("strongest head", (0, 1), "largest entry"),
        ("both scores", (0.8, 0.5), "ccs_valid is another value"),
        ("consistent and useless", [(True, True)], "ccs_valid has a value"),
    ],
)
def test_wrong_answers_hear_why(name, answer, wrong, capsys):
    check(name, answer)
    assert wrong in capsys.readouterr().out
