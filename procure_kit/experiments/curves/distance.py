"""Does a change that lies near the place where the model goes on hurt more? Drops by the tokens in between."""

from functools import cache

from procure_kit.evaluation.crossed import Estimate, difference, stacked, tally
from procure_kit.experiments.curves.problems import SPLITS, family_of, scored_pairs
from procure_kit.experiments.curves.results import Runs, arms_of, last_common
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
    sides = (
        stacked([tally((family, int(row["verdicts"][side][number])) for number, family in chosen) for row in rows])
        for side in ("original", "counterfactual")
    )
    return len(chosen), difference(*sides)


def table(runs: Runs) -> str:
    """Drops in points at each arm's last point, up to where the plan compares."""
    lines = []
    for arm in arms_of(runs):
        point = last_common(runs, arm)
        rows = list(runs[arm, point].values())
        for split in SPLITS:
            found = [drop(rows, split, *ends) for ends in BINS]
            cells = [f"{hundredths(*estimate[:3], '+.0f')}, {count} pairs" for count, estimate in found]
            lines.append([arm, f"{point / 1e6:g}", len(rows), split, *cells])
    names = [f"{least} to {most} tokens" if most < 10**6 else f"{least} and more" for least, most in BINS]
    return markdown.table(["arm", "million tokens", "seeds", "split", *names], lines)
