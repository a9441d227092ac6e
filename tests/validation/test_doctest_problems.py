"""Problems out of packages: what a function needs, what its doctests become, and what is left out with its reason."""

import pytest

from procure_kit.generation.rules import generate
from procure_kit.running.runner import run_many, run_tests
from procure_kit.validation.doctest_problems import problems_from_package
from procure_kit.validation.problem_names import load_problems
from procure_kit.validation.validation import validate

MODULE = '''
from __future__ import annotations
import math as m

LIMIT = 3
UNSET = object()

def capped(values: list, top=LIMIT) -> list:
    """No more than a few.

    >>> from shapes.lists import capped
    >>> capped([1, 2, 3, 4, 5])
    [1, 2, 3]
    >>> import shapes.lists as lists
    >>> lists.capped([1], LIMIT - 3)
    []
    >>> capped([1], -1)
    Traceback (most recent call last):
    ...
    ValueError: below zero
    """
    if top < 0:
        raise ValueError("below zero")
    else:
        kept = values[: m.floor(top)]
    return kept

def told(n):
    """
    >>> print(told(2))
    2 items
    >>> told(10**6)  # doctest: +ELLIPSIS
    '10...00 items'
    """
    text = f"{n} items"
    return text

def wrong(n):
    """
    >>> wrong(1)
    2
    """
    return n

def silent(n):
    """
    >>> silent(1)
    """
    return n

def nothing(n):
    """
    >>> nothing(1) is None
    True
    """
    return None

def bare(n):
    """No doctest."""
    return n
'''


@pytest.fixture
def package(tmp_path, monkeypatch):
    """In a folder that Python reads; what runs in the sandbox does not see it."""
    folder = tmp_path / "shapes"
    (folder / "tests").mkdir(parents=True)
    (folder / "__init__.py").write_text("raise RuntimeError('imported')\n")
    (folder / "lists.py").write_text(MODULE)
    (folder / "broken.py").write_text("def f(:\n")
    (folder / "tests" / "t.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def test_doctests_become_asserts_on_the_function_under_test(package, monkeypatch):
    seen = {}

    def passing(jobs, workers, **limits):
        for program, problem in jobs:
            seen.setdefault(problem.entry_point, problem)
            yield type("Result", (), {"passed": "lambda" not in program, "status": "", "detail": ""})

    monkeypatch.setattr("procure_kit.validation.doctest_problems.run_many", passing)
    left = []
    found = {p.entry_point: p for p in problems_from_package("shapes", on_left_out=left.append)}
    assert set(found) == {"capped", "told", "wrong", "nothing"}
    capped = found["capped"]
    assert capped.task_id == "shapes.lists/capped" and capped.prompt.endswith('below zero\n    """\n')
    head = "from __future__ import annotations\nfrom shapes.lists import LIMIT, m\n\n\ndef capped("
    assert capped.program.startswith(head) and capped.canonical_solution.endswith("return kept\n")
    assert capped.setup == "from shapes.lists import LIMIT\n"
    assert "from shapes" not in capped.test and "lists.capped" not in capped.test
    assert "assert capped([1, 2, 3, 4, 5]) == [1, 2, 3]" in capped.test and "except ValueError" in capped.test
    assert "assert str(told(2)) == '2 items'" in found["told"].test and "OutputChecker" in found["told"].test
    assert run_tests(found["told"].program, found["told"]).passed
    assert not run_tests(found["wrong"].program, found["wrong"]).passed
    assert any("silent: no doctest compares" in why for why in left) and any("broken" in why for why in left)


def test_commands_take_a_package_for_a_problem_set():
    assert [p.task_id for p in load_problems("package:textwrap")] == ["textwrap/shorten"]


def test_the_functions_of_an_installed_module_are_perturbed_and_judged_as_any_problem():
    left = []
    problems = problems_from_package("statistics", on_left_out=left.append)
    assert {"mean", "median", "mode"} <= {p.entry_point for p in problems} and len(problems) >= 12
    assert all(result.passed for result in run_many((p.program, p) for p in problems))
    assert "_sum" in {p.entry_point for p in problems}  # its doctests compare types and fractions
    assert not left
    median = next(p for p in problems if p.entry_point == "median")
    (cf,) = [row for row in generate([median], ["variable_name_random"]) if row.status != "not_applicable"]
    assert validate(cf, median).status == "valid"


def test_a_function_whose_doctests_notice_nothing_is_left_out(package):
    left = []
    (told,) = problems_from_package("shapes", on_left_out=left.append)
    assert told.entry_point == "told"
    assert any(why.startswith("shapes.lists/wrong: tests_fail") for why in left)
    assert "shapes.lists/nothing: its doctests also pass for a function that returns None" in left


@pytest.mark.parametrize("name", ["no_such_package", "math", "", "a..b"])
def test_what_is_no_python_package_is_refused(name):
    with pytest.raises(ValueError, match="installed|no Python source"):
        problems_from_package(name)
