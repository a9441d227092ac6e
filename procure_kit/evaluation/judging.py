"""Completions put back into their programs and judged by the tests: an evaluation's rows, and its record on disk."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from procure_kit.evaluation.metrics import row_key
from procure_kit.problems.problem import Problem
from procure_kit.problems.rows import BadRow, read_rows, warn_bad_row
from procure_kit.running.runner import run_many

SIDES = ("original", "counterfactual")
NO_FUNCTION = re.compile(r'\n(?=assert\b|print\(|if __name__|"""|\'\'\'|```|class \w+\(unittest)')


def judged(rows: list[tuple[dict, Problem]], workers: int) -> Iterator[dict]:
    """Each row with the verdicts of its completions, put back where their prompts were cut."""
    jobs = [
        (program, problem)
        for row, problem in rows
        for side, cut in zip(SIDES, row["cuts"], strict=False)
        for program in (_program(cut, text, problem) for text in row[f"completions_{side}"])
    ]
    results = run_many(jobs, workers=workers)
    for row, _ in rows:
        sides = SIDES[: len(row["cuts"])]
        yield row | {side: [next(results).passed for _ in row[f"completions_{side}"]] for side in sides}


def _program(cut: list, text: str, problem: Problem) -> str:
    prefix, suffix, indent = cut
    if indent < 0 and not problem.cases:  # tests and talk that a model adds are not the function
        text = NO_FUNCTION.split(text, maxsplit=1)[0]
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


def read_record(record: str | Path, on_bad: Callable[[BadRow], None] = warn_bad_row) -> Iterator[dict]:
    """The rows of an evaluation's record; any other row goes to `on_bad`."""

    def check(row: dict) -> None:
        if not isinstance(row.get("settings"), dict):
            raise ValueError("field 'settings' is missing: this is no row of an evaluation's record")
        if "fault" not in row and not isinstance(row.get("original"), list):
            raise ValueError("field 'original' must be a list of verdicts")

    return read_rows(record, required=("task_id", "concept"), check=check, on_bad=on_bad)
