"""What the name of a problem set means: a set, a file, or the doctests of an installed package."""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path

from procure_kit.analysis.analysis import analyse
from procure_kit.problems.loading import SetOnDisk, iter_set
from procure_kit.problems.problem import Problem
from procure_kit.validation.doctest_problems import problems_from_package


def load_problems(name: str | Path, **options) -> list[Problem]:
    """Load a problem set by its name or from a file, as `iter_problems` does, with its options and what it raises."""
    return _of_package(name) or list(iter_set(name, **options))


def iter_problems(name: str | Path, **options) -> Iterator[Problem]:
    """The problems of a set one by one, as `iter_set` reads them, with its options and what it raises.

    `package:NAME` are the functions with doctests of an installed package (doctest_problems.py).
    """
    return iter(_of_package(name) or iter_set(name, **options))


def find_problem(problems: Iterable[Problem], task_id: str) -> Problem:
    """The problem of this task_id.

    Raises: ValueError where there is none, with the ones that are most like it, or where its program cannot be read.
    """
    found = {problem.task_id: problem for problem in problems}
    if task_id not in found:
        near = get_close_matches(task_id, found, cutoff=0) or ["none at all"]
        raise ValueError(f"no task {task_id!r} among the {len(found)} of the set; nearest to it: {', '.join(near)}")
    try:
        analyse(found[task_id].program)
    except ValueError as error:
        raise ValueError(f"{task_id}: {error}") from error
    return found[task_id]


def problems_by_id(name: str | Path, **options) -> Mapping[str, Problem]:
    """A set's problems by task_id, each read when it is asked for; as `iter_problems` otherwise."""
    return {problem.task_id: problem for problem in _of_package(name)} or SetOnDisk(name, **options)


def _of_package(name: str | Path) -> list[Problem]:
    """Never empty for a package: without a problem in it, that is an error."""
    return problems_from_package(str(name).removeprefix("package:")) if str(name).startswith("package:") else []
