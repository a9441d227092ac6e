"""Problem sets by name or by path: functions with their tests, and programs that read standard input."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, fields
from pathlib import Path

from procure_kit.rows import BadRow, read_rows, warn_bad_row

FIELDS = ("task_id", "prompt", "canonical_solution", "test", "entry_point")
DATA = Path(__file__).resolve().parent.parent / "data"


@dataclass(frozen=True)
class Problem:
    """One task: `prompt + canonical_solution` is the original program.

    A function: `test` defines `check(candidate)`, or tests the function `entry_point` by its name; `setup` is code that
    comes before the tests (its imports come before the program, too). A program has `cases` in place of tests: what
    standard input holds and what standard output must, compared word by word; words that are numbers may differ by
    `tolerance` (absolutely, or relative to the expected one), and `any_case` lets upper and lower case stand for each
    other. `time_limit` (seconds a case) is what the set says; runs are timed by the original instead (validation.py).
    """

    task_id: str
    prompt: str
    canonical_solution: str
    test: str
    entry_point: str
    setup: str = ""
    cases: tuple[tuple[str, str], ...] = ()
    tolerance: float = 0.0
    any_case: bool = False
    time_limit: float | None = None

    @property
    def program(self) -> str:
        return self.prompt + self.canonical_solution

    def to_row(self) -> dict:
        """HumanEval's five fields, and those of the others that are set."""
        row = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in row.items() if name in FIELDS or value not in ("", (), 0.0, False, None)}


def load_problems(
    name: str | Path,
    *,
    split: str = "",
    languages: Collection[str] = ("PYTHON3",),
    on_bad: Callable[[BadRow], None] = warn_bad_row,
) -> list[Problem]:
    """Load a problem set by its name (problem_sets.SETS) or from a file, in any format of problem_formats.py.

    `package:NAME` are the functions with doctests of an installed package (doctest_problems.py).
    A file is JSONL (also .gz), a JSON array, or Parquet. `split` names a part of a set of the Hub, by default the one
    that papers report on. `languages` are those whose accepted solutions may be a CodeContests problem's original. A
    bad row is reported through `on_bad` by file and line and left out.

    Raises: ValueError for an unknown name or a file without a single usable row; ModuleNotFoundError when the package
    that carries a set, or pyarrow for Parquet, is not installed; OSError when a set can only come from the Hub, and
    that cannot be reached.
    """
    if str(name).startswith("package:"):
        from procure_kit.doctest_problems import problems_from_package

        return problems_from_package(str(name).removeprefix("package:"))
    from procure_kit.problem_formats import problem_of
    from procure_kit.problem_sets import SETS, locate

    if name not in SETS and not Path(name).is_file():
        known = ", ".join(map(repr, SETS))
        raise ValueError(f"no problem set {str(name)!r}: use {known} or the path of a JSONL or Parquet file")
    found: list[Problem] = []
    bad: list[BadRow] = []
    for path in locate(name, split) if name in SETS else [Path(name)]:
        for _ in read_rows(path, check=lambda row: found.append(problem_of(row, languages)), on_bad=bad.append):
            pass
    if not found:
        raise ValueError(str(bad[0]) if bad else f"{name}: the file has no rows")
    for error in bad:
        on_bad(error)
    return found
