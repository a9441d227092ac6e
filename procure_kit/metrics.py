"""Pass@k, the two consistency scores, AME and CACP's memorisation probe; intervals over problems; paired differences.

Definitions: pass@k is the unbiased estimator 1 - C(n-c, k) / C(n, k). CCS has two readings in the authors' artefact:
`ccs_all`, the share of pairs with equal verdicts (its README), and `ccs_valid`, both pass over at least one passes
(its code; the Jaccard similarity of the two solved sets). AME is CACP's mean |verdict difference| where at least one
side passes. Every metric is a ratio of two sums over rows, which makes resampling whole problems cheap.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import comb, nan

import numpy as np

from procure_kit.concepts import CONCEPTS
from procure_kit.counterfactual import IDENTITY
from procure_kit.markdown import hundredths, table

RESAMPLES = 2000
WHOLE = "whole"  # the concept of a row without a counterfactual: the model wrote the whole function, or program
OPERATORS = (("==", "!="), (">", "<="), ("<", ">="))
Triple = tuple[float, float, float]  # value, and the two ends of its 95 % interval


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


def interval(groups: Sequence[Sequence[float]]) -> Triple:
    """The mean of all values, with a 95 % interval from resampling the groups, one group a problem."""
    return tuple(round(x, 4) for x in _interval(np.array([(sum(group), len(group)) for group in groups])))


def _interval(sums: np.ndarray) -> Triple:
    """Of a ratio, from (problems, 2) sums of its two parts."""
    drawn = sums[_draws(len(sums))].sum(axis=1)  # (RESAMPLES, 2)
    drawn = drawn[drawn[:, 1] > 0]
    low, high = np.quantile(drawn[:, 0] / drawn[:, 1], (0.025, 0.975)) if len(drawn) else (nan, nan)
    return _ratio(*map(float, sums.sum(axis=0))), float(low), float(high)


def _draws(problems: int) -> np.ndarray:
    return (
        np.random.default_rng(0).integers(problems, size=(RESAMPLES, problems)) if problems else np.zeros((1, 0), int)
    )


@dataclass(frozen=True)
class Report:
    """The verdicts of one evaluation: a row a pair, with `original` and `counterfactual` as lists of passes.

    A row of a whole function has no `counterfactual`.
    """

    rows: tuple[dict, ...]
    k: tuple[int, ...]
    left_out: int = 0  # pairs for which CACP has no cut point, or problems without a sample
    faults: tuple[str, ...] = ()  # why a server gave nothing for a pair, which is asked again with the same record

    def scores(self, concept: str | None = None, dataset: str | None = None) -> dict[str, Triple]:
        """Each metric as (value, low, high): a 95 % bootstrap interval over problems. None: all together."""
        rows = self._chosen(concept, dataset)
        tasks = sorted({row["task_id"] for row in rows})
        return {name: _interval(_sums(rows, tasks, *parts)) for name, parts in self.metrics.items()}

    def _chosen(self, concept: str | None, dataset: str | None = None) -> list[dict]:
        return [r for r in self.rows if concept in (None, r["concept"]) and dataset in (None, dataset_of(r))]

    @property
    def metrics(self) -> dict:
        return _metrics(self.k, all("counterfactual" in row for row in self.rows))

    @property
    def concepts(self) -> list[str]:
        return [concept for concept in (WHOLE, *CONCEPTS) if any(row["concept"] == concept for row in self.rows)]

    @property
    def datasets(self) -> list[str]:
        return sorted(set(map(dataset_of, self.rows)))

    def memorisation(self) -> list[dict]:
        """CACP's probe: how a flip from one relational operator to its complement changes the accuracy, each way.

        A row for each operator an original tests by: pairs, accuracy of both sides, and the paired drop, as triples. A
        model that understands loses nothing either way; one that remembers loses where the form becomes the rarer one.
        """
        probe = []
        for form, complement in [way for pair in OPERATORS for way in (pair, pair[::-1])]:
            rows = [row for row in self.rows if tuple(row.get("operators") or ()) == (form, complement)]
            if rows:
                means = [(row["task_id"], _mean(row["original"]), _mean(row["counterfactual"])) for row in rows]
                found = {"from": form, "to": complement, "pairs": len(rows)}
                found["original"] = _by_task((task, a) for task, a, _ in means)
                found["counterfactual"] = _by_task((task, b) for task, _, b in means)
                probe.append(found | {"drop": _by_task((task, a - b) for task, a, b in means)})
        return probe

    def to_markdown(self) -> str:
        """A row a concept, and with several data sets a row for each of theirs: value and 95 % interval in per cent."""
        several = self.datasets if len(self.datasets) > 1 else []
        head = [*(["data set"] if several else []), "concept", "pairs", *self.metrics]
        lines = []
        for dataset in [*several, None]:
            for concept in [*self.concepts, None]:
                if rows := self._chosen(concept, dataset):
                    cells = [hundredths(*score, ".0f", "–") for score in self.scores(concept, dataset).values()]
                    first = [dataset or "all"] if several else []
                    lines.append([*first, concept or "all", len(rows), *cells])
        return table(head, lines)

    def _repr_markdown_(self) -> str:
        return self.to_markdown()

    def to_json(self) -> str:
        """Scores, by concept and by data set, the probe, and the rows; null where a metric has no value."""
        whole = {"scores": {concept or "all": _plain(self.scores(concept)) for concept in [*self.concepts, None]}}
        whole["datasets"] = {dataset: _plain(self.scores(None, dataset)) for dataset in self.datasets}
        whole |= {"memorisation": self.memorisation(), "left_out": self.left_out, "faults": self.faults}
        return json.dumps(whole | {"rows": self.rows}, indent=1)


def _plain(scores: dict[str, Triple]) -> dict[str, list[float | None]]:
    """JSON has no nan."""
    return {name: [None if x != x else x for x in triple] for name, triple in scores.items()}


def dataset_of(row: dict) -> str:
    """`HumanEval` of HumanEval/3, `world/family` of world/family/gaps/3."""
    parts = row["task_id"].split("/")
    return "/".join(parts[:2]) if len(parts) > 3 else parts[0]


def _mean(passes: list[bool]) -> float:
    return sum(passes) / len(passes)


def _by_task(values: Iterable[tuple[str, float]]) -> Triple:
    groups: dict[str, list[float]] = {}
    for task, value in values:
        groups.setdefault(task, []).append(value)
    return interval([groups[task] for task in sorted(groups)])


def _sums(rows: Iterable[dict], tasks: list[str], part, whole) -> np.ndarray:
    """The two sums of a metric for each task: (tasks, 2)."""
    sums, places = np.zeros((len(tasks), 2)), {task: place for place, task in enumerate(tasks)}
    for row in rows:
        sums[places[row["task_id"]]] += part(row), whole(row)
    return sums


def _metrics(k: tuple[int, ...], paired: bool) -> dict:
    def pass_k(side, size):
        return lambda row: pass_at_k(len(row[side]), sum(row[side]), size), lambda row: 1

    def pairs(*verdicts):  # all n x n pairs of a row count
        return lambda row: sum(row["original"].count(a) * row["counterfactual"].count(b) for a, b in verdicts)

    if not paired:
        return {f"pass@{size} original": pass_k("original", size) for size in k}
    both, only_original, only_counterfactual, neither = (True, True), (True, False), (False, True), (False, False)
    some = pairs(both, only_original, only_counterfactual)
    metrics = {f"pass@{size} {side}": pass_k(side, size) for size in k for side in ("original", "counterfactual")}
    metrics["ccs_all"] = pairs(both, neither), pairs(both, only_original, only_counterfactual, neither)
    metrics["ccs_valid"] = pairs(both), some
    metrics["ame"] = pairs(only_original, only_counterfactual), some
    return metrics


def row_key(row: dict) -> str:
    """What makes a row the same pair in two evaluations."""
    return json.dumps([row.get(name) for name in (*IDENTITY, "cuts")])


def differences(
    before: Report | Sequence[Report], after: Report | Sequence[Report], concept: str | None = None
) -> dict[str, Triple]:
    """Each metric's `after` minus `before`, with a 95 % interval, on the pairs that both have.

    Two lists of reports are runs by seed: report i of one belongs to report i of the other, seeds are resampled as well
    as problems, and the value is the mean over seeds.

    Raises: ValueError when the two have no pair in common, or lists differ in length.
    """
    before, after = ([reports] if isinstance(reports, Report) else list(reports) for reports in (before, after))
    if len(before) != len(after) or not before:
        raise ValueError(f"as many reports on both sides are needed, not {len(before)} and {len(after)}")
    known = [{row_key(row): row for row in report._chosen(concept)} for report in (*before, *after)]
    common = sorted(set.intersection(*map(set, known)))
    if not common:
        raise ValueError("the reports have no pair in common")
    tasks = sorted({known[0][key]["task_id"] for key in common})
    sizes = tuple(size for size in before[0].k if all(size in report.k for report in (*before, *after)))
    draws, seeds = _draws(len(tasks)), np.random.default_rng(1).integers(len(before), size=(RESAMPLES, len(before)))
    found = {}
    paired = all("counterfactual" in rows[key] for rows in known for key in common)
    for name, parts in _metrics(sizes, paired).items():
        sums = np.array([_sums([rows[key] for key in common], tasks, *parts) for rows in known])  # (2 · runs, tasks, 2)
        total = sums.sum(axis=1)
        drawn = sums[:, draws].sum(axis=2)  # (2 · runs, RESAMPLES, 2)
        with np.errstate(invalid="ignore", divide="ignore"):
            value = np.subtract(*np.split(total[:, 0] / total[:, 1], 2)[::-1]).mean()
            gained = np.subtract(*np.split(drawn[..., 0] / drawn[..., 1], 2)[::-1])  # (runs, RESAMPLES)
        gained = gained[seeds.T, np.arange(RESAMPLES)].mean(axis=0)
        gained = gained[~np.isnan(gained)]
        low, high = np.quantile(gained, (0.025, 0.975)) if len(gained) else (nan, nan)
        found[name] = float(value), float(low), float(high)
    return found


def comparison(reports: dict[str, Report]) -> str:
    """The layout of the papers: a row a model and concept, a column a metric, the value alone in per cent."""
    metrics = list(next(iter(reports.values())).metrics)
    lines = []
    for model, report in reports.items():
        for concept in [*report.concepts, None]:
            values = (report.scores(concept).get(name, (nan,))[0] for name in metrics)
            cells = ["–" if value != value else f"{100 * value:.1f}" for value in values]
            lines.append([model, concept or "all", *cells])
    return table(["model", "concept", *metrics], lines)
