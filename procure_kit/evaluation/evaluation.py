"""Do a model's completions survive the perturbation? Generate, run the tests (judging.py), score (report.py).

Every row can be kept in a record, which a later call goes on with, and which can be scored again (rescoring.py).

A model is a local one with its tokenizer, or a `Client` of an OpenAI-compatible server, with None for a tokenizer.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
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
Item = tuple[dict, tuple[Cut, ...], Problem]  # a row in the making, one or two cuts, and whose tests judge


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
    left_out = 0

    def items() -> Iterator[Item]:
        nonlocal left_out
        for cf, problem in pairs:
            cuts = cut_pair(cf, program=bool(problem.cases))
            left_out += cuts is None
            if cuts:
                row = {name: getattr(cf, name) for name in IDENTITY}
                yield row | ({"operators": list(found)} if (found := operators(cf)) else {}), cuts, problem

    settings = {"samples": samples, "temperature": temperature, "max_new_tokens": max_new_tokens, "seed": seed}
    judging = {"workers": workers, "timeout": timeout, "own_process": own_process}
    report = _evaluate(model, tokenizer, items(), k, settings, batch_size, judging, record)
    return replace(report, left_out=left_out)


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
    items = (({"task_id": p.task_id, "concept": WHOLE}, (whole_cut(p),), p) for p in problems)
    settings = {"samples": samples, "temperature": temperature, "max_new_tokens": max_new_tokens, "seed": seed}
    judging = {"workers": workers, "timeout": timeout, "own_process": own_process}
    return _evaluate(model, tokenizer, items, k, settings, batch_size, judging, record)


def whole_cut(problem: Problem) -> Cut:
    """The prompt, whose function ends where its `def` says; without a `def` in the prompt, nothing ends it."""
    defs = re.findall(rf"^([ \t]*)(?:async )?def {re.escape(problem.entry_point)}\b", problem.prompt, re.M)
    return Cut(problem.prompt.rstrip(), "\n", len(defs[-1]) if defs and problem.entry_point else -1)


def _evaluate(model, tokenizer, items: Iterable[Item], k, settings, batch_size, judging, record) -> Report:
    numbers = {name: value for name, value in settings.items() if name in RANGES}
    refuse_impossible(k=k, batch_size=batch_size, workers=judging["workers"], timeout=judging["timeout"], **numbers)
    if max(k) > settings["samples"]:
        raise ValueError(f"pass@{max(k)} needs at least {max(k)} samples, not {settings['samples']}")
    settings = {"model": _name(model), **settings, **limits_asked(judging["timeout"], judging["own_process"])}
    done, faults = recorded(record, settings), {}
    order: list[str] = []  # of the rows, by their keys

    def todo() -> Iterator[Item]:
        known = set(done)
        for row, cuts, problem in items:
            row["cuts"] = [[cut.prefix, cut.suffix, cut.indent] for cut in cuts]
            order.append(row_key(row))
            if order[-1] not in known:
                known.add(order[-1])
                yield row, cuts, problem

    waiting = todo()
    for batch in tqdm(iter(lambda: list(islice(waiting, batch_size)), []), desc="evaluate", unit="batch"):
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
    return Report(tuple(done[key] for key in order if key in done), tuple(k), 0, tuple(faults.values()))


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
