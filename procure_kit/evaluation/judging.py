"""Completions put back into their programs and judged by the tests: an evaluation's rows, and its record on disk."""

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from procure_kit.evaluation.function_end import statements
from procure_kit.evaluation.metrics import row_key
from procure_kit.problems.problem import Problem
from procure_kit.problems.rows import BadRow, read_rows, warn_bad_row
from procure_kit.running.runner import MEMORY_MB, TIMEOUT, TestResult, run_many, run_original

SIDES = ("original", "counterfactual")
# What ends a function that no `def` of the prompt begins: tests and talk that a model adds.
NO_FUNCTION = re.compile(r'\n(?=assert\b|print\(|if __name__|"""|\'\'\'|```|class \w+\(unittest)')
SHOWN = 300  # characters of a detail


def judged(
    rows: Iterable[tuple[dict, Problem]], workers: int, timeout: float | None = None, own_process: bool = False
) -> Iterator[dict]:
    """Each row with the verdicts of its completions, put back where their prompts were cut, in the rows' order.

    A row gains for each side `original` or `counterfactual` (a list of passes), `statuses_…` and `details_…` (of the
    same length, see runner.py), and `reference`: the status of the problem's own solution by the same tests, with its
    detail where that is no pass; "" where there is none. `timeout` (seconds) and `own_process` as in `run_tests`.
    """
    waiting: deque[tuple[dict, Problem]] = deque()

    def jobs() -> Iterator[tuple[str, Problem]]:
        for row, problem in rows:
            waiting.append((row, problem))
            for side, cut in zip(SIDES, row["cuts"], strict=False):
                for text in row[f"completions_{side}"]:
                    yield _program(cut, text, problem), problem

    results = run_many(jobs(), workers, **limits_asked(timeout, own_process))
    for first in results:
        row, problem = waiting.popleft()
        sides = {side: len(row[f"completions_{side}"]) for side in SIDES[: len(row["cuts"])]}
        found = [first, *(next(results) for _ in range(sum(sides.values()) - 1))]
        row = row | {"reference": _reference(problem, timeout or TIMEOUT, own_process)}
        for side, count in sides.items():
            row |= _verdicts(side, found[:count])
            del found[:count]
        yield row


def limits_asked(timeout: float | None, own_process: bool) -> dict:
    """What of the two is not the default: a verdict depends on it, so that it belongs to a record's settings."""
    return ({"timeout": timeout} if timeout else {}) | ({"own_process": True} if own_process else {})


def _verdicts(side: str, results: list[TestResult]) -> dict:
    return {
        side: [result.passed for result in results],
        f"statuses_{side}": [result.status for result in results],
        f"details_{side}": [result.detail[:SHOWN] for result in results],
    }


def _reference(problem: Problem, timeout: float, own_process: bool) -> str:
    if not problem.canonical_solution.strip():
        return ""
    limits = {"timeout": timeout, "memory_mb": MEMORY_MB, "require": None}
    result = run_original(problem.program, problem, own_process=own_process, **limits)  # done, for the others' limits
    if result.status == "needs_own_process":  # which a solution of the set's own may have
        result = run_original(problem.program, problem, own_process=True, **limits)
    return result.status if result.passed else f"{result.status}: {result.detail[:SHOWN]}"


def _program(cut: list, text: str, problem: Problem) -> str:
    prefix, suffix, indent = cut
    if indent < 0 and not problem.cases:
        ends = (start for start, _ in statements(text, prefix) if NO_FUNCTION.match(text, start))
        text = text[: next(ends, None)]
    return prefix + text + suffix


def recorded(record: str | Path | None, settings: dict) -> dict[str, dict]:
    """A record's finished rows by their `row_key`. Raises: ValueError when it holds rows of other settings."""
    if record is None or not Path(record).exists():
        return {}
    rows = list(read_record(record))
    for row in rows:
        if row["settings"] != settings:
            raise ValueError(f"{record} holds an evaluation with other settings: {row['settings']}; name a new file")
    return {row_key(row): row for row in rows if "fault" not in row}


def read_record(
    record: str | Path, on_bad: Callable[[BadRow], None] = warn_bad_row, completions: bool = False
) -> Iterator[dict]:
    """The rows of an evaluation's record; any other row goes to `on_bad`. `completions`: they are needed, to be judged
    anew."""

    def check(row: dict) -> None:
        if not isinstance(row.get("settings"), dict):
            raise ValueError("field 'settings' is missing: this is no row of an evaluation's record")
        if "fault" in row:
            return
        if not isinstance(row.get("reference", ""), str):
            raise ValueError("field 'reference' must be a string")
        if "operators" in row:
            _listed(row, "operators", str, "two operators")
        if completions or "cuts" in row:
            _cuts(row)
        for side in SIDES[: len(row.get("cuts", SIDES))]:
            if side == "original" or side in row or "cuts" in row:
                count = len(_listed(row, side, bool, "verdicts, true or false"))
                told = (f"statuses_{side}", f"details_{side}")
                given = [name for name in told if name in row] + [f"completions_{side}"] * ("cuts" in row)
                for name in given:
                    if len(_listed(row, name, str, "strings")) != count:
                        raise ValueError(f"field {name!r} must be as long as {side!r}")

    return read_rows(record, required=("task_id", "concept"), check=check, on_bad=on_bad)


def _cuts(row: dict) -> None:
    cuts = row.get("cuts")
    kinds = (str, str, int)
    if not isinstance(cuts, list) or not 1 <= len(cuts) <= len(SIDES):
        raise ValueError("field 'cuts' must be a list of one or two cuts")
    for cut in cuts:
        if not isinstance(cut, list) or len(cut) != 3 or not all(map(isinstance, cut, kinds)):
            raise ValueError("a cut must be [prefix, suffix, indent]")


def _listed(row: dict, name: str, kind: type, what: str) -> list:
    value = row.get(name)
    if not (isinstance(value, list) and value and all(isinstance(item, kind) for item in value)):
        raise ValueError(f"field {name!r} must be a list of {what}")
    return value
