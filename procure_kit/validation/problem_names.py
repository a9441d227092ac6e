"""What the name of a problem set means: a set, a file, or the doctests of an installed package."""

from pathlib import Path

from procure_kit.problems.loading import load_set
from procure_kit.problems.problem import Problem
from procure_kit.validation.doctest_problems import problems_from_package


def load_problems(name: str | Path, **options) -> list[Problem]:
    """Load a problem set by its name or from a file, as `load_set` does, with its options and what it raises.

    `package:NAME` are the functions with doctests of an installed package (doctest_problems.py).
    """
    if str(name).startswith("package:"):
        return problems_from_package(str(name).removeprefix("package:"))
    return load_set(name, **options)
