"""Problem sets by name or by path."""

from collections.abc import Callable, Collection
from pathlib import Path

from procure_kit.problems.formats import problem_of
from procure_kit.problems.problem import Problem
from procure_kit.problems.rows import BadRow, read_rows, warn_bad_row
from procure_kit.problems.sets import SETS, locate


def load_set(
    name: str | Path,
    *,
    split: str = "",
    languages: Collection[str] = ("PYTHON3",),
    on_bad: Callable[[BadRow], None] = warn_bad_row,
) -> list[Problem]:
    """Load a problem set by its name (sets.SETS) or from a file, in any format of formats.py.

    A file is JSONL (also .gz), a JSON array, or Parquet. `split` names a part of a set of the Hub, by default the one
    that papers report on. `languages` are those whose accepted solutions may be a CodeContests problem's original. A
    bad row, and one whose `task_id` an earlier one has, is reported through `on_bad` by file and line and left out.

    Raises: ValueError for an unknown name or a file without a single usable row; ModuleNotFoundError when the package
    that carries a set, or pyarrow for Parquet, is not installed; OSError when a set can only come from the Hub, and
    that cannot be reached.
    """
    if name not in SETS and not Path(name).is_file():
        known = ", ".join(map(repr, SETS))
        raise ValueError(f"no problem set {str(name)!r}: use {known} or the path of a JSONL or Parquet file")
    found: dict[str, Problem] = {}
    bad: list[BadRow] = []

    def check(row: dict) -> None:
        problem = problem_of(row, languages)
        if problem.task_id in found:
            raise ValueError(f"an earlier problem has the task_id {problem.task_id!r}, and counts")
        found[problem.task_id] = problem

    for path in locate(name, split) if name in SETS else [Path(name)]:
        for _ in read_rows(path, check=check, on_bad=bad.append):
            pass
    if not found:
        raise ValueError(str(bad[0]) if bad else f"{name}: the file has no rows")
    for error in bad:
        on_bad(error)
    return list(found.values())
