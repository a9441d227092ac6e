"""What the rows of runs.py say: levels and differences by arm, point, split and concept."""

from collections import defaultdict
from collections.abc import Iterable
from math import inf
from pathlib import Path

import numpy as np

from procure_kit.evaluation.crossed import Estimate, difference, share, stacked, tally
from procure_kit.experiments.curves.arms import LOSSES, UNTUNED
from procure_kit.experiments.curves.problems import family_of, scored_pairs, scored_problems
from procure_kit.problems.rows import read_rows

METRICS = ("counterfactual", "original", "whole", "ccs_valid", "ccs_all", "ame")
PLANNED = ("counterfactual", "original", "whole", "ccs_valid")
AT = 3_000_000  # tokens; where the plan compares
# A measure of `scoring.measured`, and what it is a mean of
MEASURES = {
    "behind_original": "loss behind the change, original (nats)",
    "behind_counterfactual": "loss behind the change, counterfactual (nats)",
    "behind_kl": "KL behind the change (nats)",
    "uses_original": "loss on a name's uses, original (nats)",
    "uses_counterfactual": "loss on a name's uses, counterfactual (nats)",
    "original_over_twin": "prefers the original to its breaking twin",
    "counterfactual_over_twin": "prefers the counterfactual to the breaking twin",
    "mass": "last layer's attention on altered tokens",
}
NATS = tuple(name for name, said in MEASURES.items() if said.endswith("(nats)"))
Runs = dict[tuple[str, int], dict[int, dict]]  # (arm, point in tokens) → seed → row


def load_runs(path: str | Path) -> Runs:
    """Rows of runs.py by arm and point, then seed."""
    runs: Runs = defaultdict(dict)
    for row in read_rows(path, required=("arm",)):
        runs[row["arm"], row["point"]][row["seed"]] = row
    return dict(runs)


def arms_of(runs: Runs) -> list[str]:
    return list(dict.fromkeys(arm for arm, _ in runs))


def points_of(runs: Runs, arm: str) -> list[int]:
    return sorted(point for name, point in runs if name == arm)


def sums_of(row: dict, metric: str, split: str, concept: str | None = None) -> dict[str, tuple[float, float]]:
    """The two sums of a metric for each family of a split; the measures of likelihood are not kept by concept."""
    found: dict = defaultdict(lambda: np.zeros(2))
    part = tuple(row["recipe"][name] for name in ("part", "composition", "family"))
    if metric == "whole":
        whole = zip(scored_problems(*part), row["verdicts"]["whole"], strict=True)
        of_split = ((problem.task_id, passed) for problem, passed in whole if problem.task_id.split("/")[1] == split)
        return tally((family_of(task), int(passed)) for task, passed in of_split)
    if metric in MEASURES:
        for key, cells in row["measures"].items():
            kind, family = key.split("/")
            if kind == split and metric in cells:
                found[family] += cells[metric]
        return found
    sides = zip(row["verdicts"]["original"], row["verdicts"]["counterfactual"], strict=True)
    for (cf, _), (before, after) in zip(scored_pairs(*part), sides, strict=True):
        if cf.task_id.split("/")[1] == split and concept in (None, cf.concept):
            found[family_of(cf.task_id)] += _pair(metric, before == "1", after == "1")
    return found


def _pair(metric: str, original: bool, counterfactual: bool) -> tuple[float, float]:
    """What one pair adds to the two sums of a metric."""
    some = original or counterfactual
    return {
        "original": (original, 1),
        "counterfactual": (counterfactual, 1),
        "ccs_all": (original == counterfactual, 1),
        "ccs_valid": (original and counterfactual, some),
        "ame": (original != counterfactual, some),
    }[metric]


def array(rows: Iterable[dict], metric: str, split: str, concept: str | None = None) -> np.ndarray:
    """(F, S, 2): families of the split, seeds, the two sums."""
    return stacked([sums_of(row, metric, split, concept) for row in rows])


def level(runs: Runs, arm: str, point: int, metric: str, split: str, concept: str | None = None) -> Estimate:
    """A metric of an arm at a point, over families and seeds. Raises: KeyError without a run."""
    bounds = (-inf, inf) if metric in NATS else (0, 1)
    return share(array(runs[arm, point].values(), metric, split, concept), *bounds)


def curve(runs: Runs, arm: str, metric: str, split: str, concept: str | None = None) -> list[tuple]:
    """(tokens, value, low, high) of each point of an arm: what `figures.curves` draws."""
    return [(point, *level(runs, arm, point, metric, split, concept)[:3]) for point in points_of(runs, arm)]


def compared(
    runs: Runs, after: str, before: str, point: int, metric: str, split: str, concept: str | None = None
) -> Estimate:
    """The paired difference of two arms at a point, on the seeds that both have; the untuned model is one for all.

    Raises: KeyError for an arm without a run; ValueError without a seed in common.
    """
    chosen = {arm: runs[arm, 0] if arm == UNTUNED else runs[arm, point] for arm in (after, before)}
    seeds = sorted(set.intersection(*(set(of) for arm, of in chosen.items() if arm != UNTUNED)))
    if not seeds:
        raise ValueError(f"{after!r} and {before!r} have no seed in common at {point:,} tokens")
    both = [[chosen[arm][0 if arm == UNTUNED else seed] for seed in seeds] for arm in (after, before)]
    bounds = (-inf, inf) if metric in NATS else (-1, 1)
    return difference(*(array(rows, metric, split, concept) for rows in both), *bounds)


def gap(runs: Runs, after: str, before: str, metric: str, split: str) -> list[tuple]:
    """(tokens, value, low, high) of the paired difference at each point where both arms have a seed in common."""
    points = common_points(runs, after, before)
    return [(point, *compared(runs, after, before, point, metric, split)[:3]) for point in points]


def planned(runs: Runs) -> list[tuple[str, str]]:
    """The comparisons that the plan names, as far as there are runs of both: after, before."""
    wanted = [("plain", "originals"), *((arm, "plain") for arm in LOSSES)]
    return [pair for pair in wanted if all(points_of(runs, arm) for arm in pair)]


def common_points(runs: Runs, *arms: str) -> list[int]:
    """The points at which all the arms have a seed in common; the untuned model has one point for all."""
    tuned = [arm for arm in arms if arm != UNTUNED] or [UNTUNED]
    points = set.intersection(*(set(points_of(runs, arm)) for arm in tuned))
    return sorted(point for point in points if set.intersection(*(set(runs[arm, point]) for arm in tuned)))


def last_common(runs: Runs, *arms: str) -> int:
    """The last of them, up to AT. Raises: ValueError without one."""
    points = [point for point in common_points(runs, *arms) if point <= AT]
    if not points:
        raise ValueError(f"{' and '.join(arms)} have no point with a seed in common")
    return points[-1]
