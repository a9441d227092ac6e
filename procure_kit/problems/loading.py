"""Problem sets by name or by path, one problem at a time: a set may be larger than memory."""

import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path

from procure_kit.problems.files import rows_file
from procure_kit.problems.formats import UNUSED, problem_of
from procure_kit.problems.problem import Problem
from procure_kit.problems.rows import BadRow, usable, warn_bad_row
from procure_kit.problems.sets import NEAR_COPIES, SETS, locate, near_copies_of


def iter_set(
    name: str | Path,
    *,
    split: str = "",
    languages: Collection[str] = ("PYTHON3",),
    on_bad: Callable[[BadRow], None] = warn_bad_row,
    near_copies: bool = False,
) -> Iterator[Problem]:
    """The problems of a set, by its name (sets.SETS) or from a file, in any format of formats.py, as they are read.

    A file is JSONL (also .gz), a JSON array, or Parquet. `split` names a part of a set of the Hub, by default the one
    that papers report on. `languages` are those whose accepted solutions may be a CodeContests problem's original. A
    bad row, and one whose `task_id` an earlier one has, is reported through `on_bad` by file and line and left out. So
    are, by one warning, a named set's near-copies of HumanEval's programs, unless `near_copies` keeps them: what is
    trained on should not be what models are scored on.

    Raises: ValueError for an unknown name or a file without a single usable row; ModuleNotFoundError when the package
    that carries a set, or pyarrow for Parquet, is not installed; OSError when a set can only come from the Hub, and
    that cannot be reached.
    """
    paths, without = _paths(name, split), _without(name, near_copies)
    return (problem for problem, _ in _found(name, paths, languages, on_bad, without))


class SetOnDisk(Mapping[str, Problem]):
    """A set's problems by task_id, in its order, each read when it is asked for.

    Who asks in the set's order reads the files once; who does not may read much of a packed one again and again. The
    set is looked through once before, for what is where. Arguments and what it raises as in `iter_set`.
    """

    def __init__(
        self, name: str | Path, *, split: str = "", languages=("PYTHON3",), on_bad=warn_bad_row, near_copies=False
    ):
        paths, without = _paths(name, split), _without(name, near_copies)
        found = _found(name, paths, languages, on_bad, without)
        self._read = {problem.task_id: again for problem, again in found}
        self._last: Problem | None = None

    def __getitem__(self, task_id: str) -> Problem:
        if self._last is None or self._last.task_id != task_id:  # several rows of one problem come one after the other
            self._last = self._read[task_id]()
        return self._last

    def __iter__(self) -> Iterator[str]:
        return iter(self._read)

    def __len__(self) -> int:
        return len(self._read)


def _paths(name: str | Path, split: str) -> list[Path]:
    if name not in SETS and not Path(name).is_file():
        known = ", ".join(map(repr, SETS))
        raise ValueError(f"no problem set {str(name)!r}: use {known} or the path of a JSONL or Parquet file")
    return locate(name, split) if name in SETS else [Path(name)]


def _without(name: str | Path, near_copies: bool) -> Collection[str]:
    """The task_ids to leave out. Warns that they are."""
    without = {} if near_copies else near_copies_of(name)
    if without:
        warnings.warn(
            f"{name}: {len(without)} programs that are near-copies of HumanEval's are left out; "
            f"{NEAR_COPIES.name} in data/ names them, and the rule",
            stacklevel=4,  # the caller of load_problems
        )
    return without


def _found(
    name: str | Path,
    paths: list[Path],
    languages: Collection[str],
    on_bad: Callable[[BadRow], None],
    without: Collection[str],
) -> Iterator[tuple[Problem, Callable[[], Problem]]]:
    """Each problem, and what reads it again."""
    seen: set[str] = set()
    bad: list[BadRow] = []  # until there is a good one: else the first says why there is none

    def make(row: dict) -> Problem:
        problem = problem_of(row, languages)
        if problem.task_id in seen:
            raise ValueError(f"an earlier problem has the task_id {problem.task_id!r}, and counts")
        return problem

    def tell(error: BadRow) -> None:
        on_bad(error) if seen else bad.append(error)

    for path in paths:
        file = rows_file(path, leave_out=UNUSED)
        for key, problem in usable(path, file, make, tell):
            while bad:
                on_bad(bad.pop(0))
            seen.add(problem.task_id)
            if problem.task_id in without:
                continue
            yield problem, partial(_again, file, key, languages)
    if not seen:
        raise ValueError(str(bad[0]) if bad else f"{name}: the file has no rows")


def _again(file, key: int, languages: Collection[str]) -> Problem:
    return problem_of(file.at(key), languages)


def with_code(problems: Iterable[Problem], name: str) -> Iterator[Problem]:
    """Those that can be rewritten; warns of others. Raises: ValueError at the end where there was none."""
    found = without = 0
    for problem in problems:
        if problem.has_code:
            found += 1
            yield problem
        else:
            without += 1
    if without and not found:
        raise ValueError(f"{name} has no reference code to rewrite: it is for scoring models")
    if without:
        warnings.warn(f"{without} problems of {name} have no reference code and are left out", stacklevel=2)
