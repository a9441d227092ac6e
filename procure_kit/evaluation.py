"""Do a model's completions survive the perturbation? Pass@k, the two consistency scores and AME, with intervals.

Definitions: pass@k is the unbiased estimator 1 - C(n-c, k) / C(n, k). CCS has two readings in the authors' artefact:
`ccs_all`, the share of pairs with equal verdicts (its README), and `ccs_valid`, both pass over at least one passes
(its code; the Jaccard similarity of the two solved sets). AME is CACP's mean |verdict difference| where at least one
side passes.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from math import comb, nan
from pathlib import Path

import numpy as np
from tqdm.auto import tqdm

from procure_kit.completion import complete
from procure_kit.concepts import CONCEPTS
from procure_kit.counterfactual import Counterfactual
from procure_kit.cuts import cut_pair
from procure_kit.problems import Problem
from procure_kit.rows import append_row, read_rows
from procure_kit.runner import run_many

RESAMPLES = 2000


def pass_at_k(n: int, c: int, k: int) -> float:
    """The chance that k of n samples, c of them correct, hold a correct one.

    Raises: ValueError unless 0 <= c <= n and 1 <= k <= n.
    """
    if not (0 <= c <= n and 1 <= k <= n):
        raise ValueError(f"pass@k needs 0 <= c <= n and 1 <= k <= n, not n={n}, c={c}, k={k}")
    return 1 - comb(n - c, k) / comb(n, k)


def ccs_all(pairs: Iterable[tuple[bool, bool]]) -> float:
    """The share of (original passes, counterfactual passes) pairs with equal verdicts; nan without pairs."""
    both, one, other, neither = _count(pairs)
    return _ratio(both + neither, both + one + other + neither)


def ccs_valid(pairs: Iterable[tuple[bool, bool]]) -> float:
    """Pairs in which both pass over pairs in which at least one does; nan where none does."""
    both, one, other, _ = _count(pairs)
    return _ratio(both, both + one + other)


def ame(pairs: Iterable[tuple[bool, bool]]) -> float:
    """The mean absolute difference of the two verdicts over pairs in which at least one passes; nan where none does."""
    both, one, other, _ = _count(pairs)
    return _ratio(one + other, both + one + other)


def _count(pairs: Iterable[tuple[bool, bool]]) -> tuple[int, int, int, int]:
    pairs = [(bool(a), bool(b)) for a, b in pairs]
    return tuple(pairs.count(verdicts) for verdicts in ((True, True), (True, False), (False, True), (False, False)))


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else nan


@dataclass(frozen=True)
class Report:
    """The verdicts of one evaluation: a row a pair, with `original` and `counterfactual` as lists of passes."""

    rows: tuple[dict, ...]
    k: tuple[int, ...]
    left_out: int  # pairs for which CACP has no cut point

    def scores(self, concept: str | None = None) -> dict[str, tuple[float, float, float]]:
        """Each metric as (value, low, high): a 95 % bootstrap interval over problems. None: all concepts together."""
        rows = [row for row in self.rows if concept in (None, row["concept"])]
        tasks = sorted({row["task_id"] for row in rows})
        draws = np.random.default_rng(0).integers(len(tasks), size=(RESAMPLES, len(tasks)))
        result = {}
        for name, (part, whole) in _metrics(self.k).items():
            sums = np.array(
                [np.sum([(part(r), whole(r)) for r in rows if r["task_id"] == task], axis=0) for task in tasks]
            )  # (tasks, 2)
            drawn = sums[draws].sum(axis=1)  # (RESAMPLES, 2)
            drawn = drawn[drawn[:, 1] > 0]
            low, high = np.quantile(drawn[:, 0] / drawn[:, 1], (0.025, 0.975)) if len(drawn) else (nan, nan)
            result[name] = _ratio(*map(float, sums.sum(axis=0))), float(low), float(high)
        return result

    @property
    def concepts(self) -> list[str]:
        return [concept for concept in CONCEPTS if any(row["concept"] == concept for row in self.rows)]

    def to_markdown(self) -> str:
        """The table in the layout of the papers: a row a concept, value and 95 % interval in per cent."""
        names = list(_metrics(self.k))
        lines = ["| concept | pairs | " + " | ".join(names) + " |", "| --- " * (len(names) + 2) + "|"]
        for concept in [*self.concepts, None]:
            count = sum(concept in (None, row["concept"]) for row in self.rows)
            cells = [_per_cent(*score) for score in self.scores(concept).values()]
            lines.append(f"| {concept or 'all'} | {count} | " + " | ".join(cells) + " |")
        return "\n".join(lines)

    def _repr_markdown_(self) -> str:
        return self.to_markdown()

    def to_json(self) -> str:
        scores = {concept or "all": self.scores(concept) for concept in [*self.concepts, None]}
        return json.dumps({"scores": scores, "left_out": self.left_out, "rows": self.rows}, indent=1)


def _metrics(k: tuple[int, ...]) -> dict:
    """Every metric as a ratio of two sums over rows, which is what makes resampling whole problems cheap."""

    def pass_k(side, size):
        return lambda row: pass_at_k(len(row[side]), sum(row[side]), size), lambda row: 1

    def pairs(*verdicts):  # all n x n pairs of a row count
        return lambda row: sum(row["original"].count(a) * row["counterfactual"].count(b) for a, b in verdicts)

    both, only_original, only_counterfactual, neither = (True, True), (True, False), (False, True), (False, False)
    some = pairs(both, only_original, only_counterfactual)
    metrics = {f"pass@{size} {side}": pass_k(side, size) for size in k for side in ("original", "counterfactual")}
    metrics["ccs_all"] = pairs(both, neither), pairs(both, only_original, only_counterfactual, neither)
    metrics["ccs_valid"] = pairs(both), some
    metrics["ame"] = pairs(only_original, only_counterfactual), some
    return metrics


def _per_cent(value: float, low: float, high: float) -> str:
    return "–" if value != value else f"{100 * value:.0f} ({100 * low:.0f}–{100 * high:.0f})"


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

    `samples=1` decodes greedily. Pairs for which CACP has no cut point are counted in `Report.left_out`. With
    `record`, every finished pair is appended there as a row with its completions, and a later call with the same
    file goes on where it stopped.

    Raises: ValueError when some k is larger than `samples`, or `record` holds rows of other settings.
    """
    if max(k) > samples:
        raise ValueError(f"pass@{max(k)} needs at least {max(k)} samples, not {samples}")
    candidates = [(cf, problem, cut_pair(cf)) for cf, problem in pairs]
    usable = [candidate for candidate in candidates if candidate[2]]
    left_out = len(candidates) - len(usable)
    settings = {"samples": samples, "temperature": temperature, "max_new_tokens": max_new_tokens, "seed": seed}
    done = _recorded(record, settings)
    todo = [entry for entry in usable if _key(entry[0].to_row()) not in done]
    for start in tqdm(range(0, len(todo), batch_size), desc="evaluate", unit="batch"):
        batch = todo[start : start + batch_size]
        cuts = [cut for _, _, both in batch for cut in both]  # original, counterfactual, original, …
        texts = complete(model, tokenizer, cuts, batch_size=2 * batch_size, **settings)
        jobs = [(cut.prefix + text + cut.suffix, batch[i // 2][1]) for i, cut in enumerate(cuts) for text in texts[i]]
        passed = [result.passed for result in run_many(jobs, workers=workers)]
        passed = [passed[i * samples : (i + 1) * samples] for i in range(len(cuts))]
        for i, (cf, _, _) in enumerate(batch):
            row = {name: getattr(cf, name) for name in ("task_id", "concept", "mode", "site")}
            row |= {"original": passed[2 * i], "counterfactual": passed[2 * i + 1], "settings": settings}
            row |= {"completions_original": texts[2 * i], "completions_counterfactual": texts[2 * i + 1]}
            done[_key(row)] = row
            if record:
                append_row(record, row)
    return Report(tuple(done[_key(cf.to_row())] for cf, _, _ in usable), tuple(k), left_out)


def _key(row: dict) -> tuple:
    return row["task_id"], row["concept"], row["mode"], row["site"]


def _recorded(record: str | Path | None, settings: dict) -> dict[tuple, dict]:
    if record is None or not Path(record).exists():
        return {}
    rows = list(read_rows(record, required=("task_id", "concept", "mode")))
    for row in rows:
        if row["settings"] != settings:
            raise ValueError(f"{record} holds an evaluation with other settings: {row['settings']}; name a new file")
    return {_key(row): row for row in rows}
