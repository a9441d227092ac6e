"""Do a model's completions survive the perturbation? Generate, run the tests (judging.py), score (report.py).

Every row can be kept in a record, which a later call goes on with, and which can be scored again (rescoring.py).

A model is a local one with its tokenizer, or a `Client` of an OpenAI-compatible server, with None for a tokenizer.
"""

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

from tqdm.auto import tqdm

from procure_kit.evaluation.completion import complete
from procure_kit.evaluation.differences import comparison, differences
from procure_kit.evaluation.judging import SIDES, judged, limits_asked, recorded
from procure_kit.evaluation.metrics import WHOLE, ame, ccs_all, ccs_valid, pass_at_k, row_key
from procure_kit.evaluation.report import Report
from procure_kit.evaluation.rescoring import rescore, score_samples
from procure_kit.generation.llm.client import Client
from procure_kit.problems.counterfactual import IDENTITY, Counterfactual
from procure_kit.problems.problem import Problem
from procure_kit.problems.ranges import RANGES, refuse_impossible
from procure_kit.problems.rows import append_row
from procure_kit.training.cuts import Cut, cut_pair, operators

__all__ = ["Report", "ame", "ccs_all", "ccs_valid", "comparison", "differences", "evaluate", "evaluate_whole"]
__all__ += ["pass_at_k", "rescore", "score_samples"]


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
    timeout: float | None = None,
    own_process: bool = False,
    record: str | Path | None = None,
) -> Report:
    """Complete both programs of every pair from their cut points, run the tests, and score.

    `samples=1` decodes greedily, and so does temperature 0. A program may take `timeout` seconds, by default what its
    problem's own solution takes leaves it (`run_tests`); `own_process` lets tests that look into the program run there,
    where a program can forge their outcome.

    Pairs for which CACP has no cut point are counted in `Report.left_out`; what a server failed at is in
    `Report.faults`; samples without a verdict, and references that fail, are in `Report.notes()`. With `record`, every
    finished pair is appended there as a row with its prompts and completions, and a later call with the same file goes
    on where it stopped.

    Raises: ValueError when some k is larger than `samples`, a number cannot be meant, or `record` holds rows of other
    settings.
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
    judging = {"workers": workers, "timeout": timeout, "own_process": own_process}
    return _evaluate(model, tokenizer, items, left_out, k, settings, batch_size, judging, record)


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
    timeout: float | None = None,
    own_process: bool = False,
    record: str | Path | None = None,
) -> Report:
    """Let the model write each problem's whole function, or program, from its prompt alone. As `evaluate` otherwise."""
    items = [
        ({"task_id": problem.task_id, "concept": WHOLE}, (whole_cut(problem),), problem)
        for problem in problems
    ]  # fmt: skip
    settings = {"samples": samples, "temperature": temperature, "max_new_tokens": max_new_tokens, "seed": seed}
    judging = {"workers": workers, "timeout": timeout, "own_process": own_process}
    return _evaluate(model, tokenizer, items, 0, k, settings, batch_size, judging, record)


def whole_cut(problem: Problem) -> Cut:
    """The prompt, whose function ends where its `def` says; without a `def` in the prompt, nothing ends it."""
    defs = re.findall(rf"^([ \t]*)(?:async )?def {re.escape(problem.entry_point)}\b", problem.prompt, re.M)
    return Cut(problem.prompt.rstrip(), "\n", len(defs[-1]) if defs and problem.entry_point else -1)


def _evaluate(model, tokenizer, items, left_out, k, settings, batch_size, judging, record) -> Report:
    """Items are (row, one or two cuts, problem)."""
    numbers = {name: value for name, value in settings.items() if name in RANGES}
    refuse_impossible(k=k, batch_size=batch_size, workers=judging["workers"], timeout=judging["timeout"], **numbers)
    if max(k) > settings["samples"]:
        raise ValueError(f"pass@{max(k)} needs at least {max(k)} samples, not {settings['samples']}")
    settings = {"model": _name(model), **settings, **limits_asked(judging["timeout"], judging["own_process"])}
    for row, cuts, _ in items:
        row["cuts"] = [[cut.prefix, cut.suffix, cut.indent] for cut in cuts]
    done = recorded(record, settings)
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
        for row in judged(made, **judging):
            done[row_key(row)] = row | {"settings": settings}
            if record:
                append_row(record, done[row_key(row)])
    rows = tuple(done[row_key(row)] for row, _, _ in items if row_key(row) in done)
    return Report(rows, tuple(k), left_out, tuple(faults.values()))


def _texts(model, tokenizer, cuts: list[Cut], batch_size: int, settings: dict) -> list[list[str] | str]:
    chosen = {name: settings[name] for name in ("samples", "temperature", "max_new_tokens", "seed")}
    if isinstance(model, Client):
        from procure_kit.evaluation.completion_server import complete_by_server

        return complete_by_server(model, cuts, batch_size=batch_size, **chosen)
    return complete(model, tokenizer, cuts, batch_size=batch_size, **chosen)


def _name(model) -> str:
    """What tells two models apart: a local one by some of its weights, since a tuned one keeps its name."""
    if isinstance(model, Client):
        return f"{model.model} at {model.base_url or 'api.openai.com'}"
    digest = hashlib.sha256()
    for weights in model.parameters():
        digest.update(weights.detach().flatten()[:8].float().cpu().numpy().tobytes())
    return f"{Path(model.name_or_path).name} {digest.hexdigest()[:12]}"
