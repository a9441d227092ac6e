"""Does a change that lies near the place where the model goes on hurt more? Drops by the tokens in between."""

from functools import cache

import numpy as np

from procure_kit.evaluation.crossed import Estimate, difference
from procure_kit.experiments.curves.problems import SPLITS, family_of, scored_pairs
from procure_kit.experiments.curves.results import Runs, arms_of, points_of
from procure_kit.problems import markdown
from procure_kit.problems.counterfactual import Counterfactual
from procure_kit.problems.markdown import hundredths
from procure_kit.training.cuts import cut_pair

BINS = ((0, 3), (4, 15), (16, 40), (41, 10**6))  # tokens, both ends included


def distance(tokenizer, cf: Counterfactual) -> int:
    """Tokens of the counterfactual from the end of its last change before the cut to the cut."""
    prefix = cut_pair(cf)[1].prefix
    last = max(min(end, len(prefix)) for start, end in cf.changed if start < len(prefix))
    return len(tokenizer(prefix[last:])["input_ids"])


@cache
def distances(*part) -> tuple[int, ...]:
    """Of each of `scored_pairs`."""
    from procure_kit.training.models import load_model

    tokenizer = load_model("tiny")[1]
    return tuple(distance(tokenizer, cf) for cf, _ in scored_pairs(*part))


def drop(rows: list[dict], split: str, least: int, most: int) -> tuple[int, Estimate]:
    """How many pairs lie so far from the cut, and the loss of Pass@1 from original to counterfactual on them."""
    part = tuple(rows[0]["recipe"][name] for name in ("part", "composition", "family"))
    chosen = [
        (number, family_of(cf.task_id))
        for number, ((cf, _), far) in enumerate(zip(scored_pairs(*part), distances(*part), strict=True))
        if cf.task_id.split("/")[1] == split and least <= far <= most
    ]
    families = sorted({family for _, family in chosen})
    sums = {side: np.zeros((len(families), len(rows), 2)) for side in ("original", "counterfactual")}
    for seed, row in enumerate(rows):
        for number, family in chosen:
            for side, cells in sums.items():
                cells[families.index(family), seed] += int(row["verdicts"][side][number]), 1
    return len(chosen), difference(sums["original"], sums["counterfactual"])


def table(runs: Runs) -> str:
    """Drops in points at each arm's last point."""
    lines = []
    for arm in arms_of(runs):
        rows = list(runs[arm, points_of(runs, arm)[-1]].values())
        for split in SPLITS:
            found = [drop(rows, split, *ends) for ends in BINS]
            cells = [f"{hundredths(*estimate[:3], '+.0f')}, {count} pairs" for count, estimate in found]
            lines.append([arm, f"{points_of(runs, arm)[-1] / 1e6:g}", len(rows), split, *cells])
    names = [f"{least} to {most} tokens" if most < 10**6 else f"{least} and more" for least, most in BINS]
    return markdown.table(["arm", "million tokens", "seeds", "split", *names], lines)
