"""What the plan does not count among its comparisons: gains by concept and by family, weights of a term, `procure`
rows, a concept left out, a language model's rows, and the arm that goes to SmolLM2, each said to be found; and the
plan's controls."""

from statistics import fmean

from procure_kit.concepts.table import PAPER_CONCEPTS
from procure_kit.experiments.curves.arms import CONTROL, MAIN, SETS, UNTUNED, arm_named
from procure_kit.experiments.curves.problems import SPLITS
from procure_kit.experiments.curves.results import (
    AT,
    PLANNED,
    Runs,
    arms_of,
    common_points,
    compared,
    last_common,
    level,
    planned,
    sums_of,
)
from procure_kit.problems import markdown
from procure_kit.problems.markdown import hundredths

WITHOUT = "plain without "
MODEL, RULES = SETS["writers"]
TRANSFERABLE = ("mask", "mask uses", "no mentions", "attention", "both")
ON_THE_WAY = (("originals", UNTUNED), ("plain", "originals"), ("both", "plain"))
COLUMNS = ["after − before", "split", "million tokens", "seeds", *PLANNED]
WRITERS = ((MODEL, RULES), (RULES, "plain"), (MODEL, "originals"))


def controls(runs: Runs) -> str:
    """How far another diet from the start moves the scores, away from the untuned model's: differences in points."""
    return _differences(runs, [(arm, UNTUNED) for arm in arms_of(runs) if arm.startswith(CONTROL)])


def by_concept(runs: Runs) -> str:
    """Differences of Pass@1 on counterfactuals in points, a column a concept, at the last point of both arms."""
    rows = []
    for after, before in planned(runs):
        point = last_common(runs, after, before)
        for split in SPLITS:
            found = [compared(runs, after, before, point, "counterfactual", split, key) for key in PAPER_CONCEPTS]
            cells = [hundredths(*each[:3], "+.0f") for each in found]
            rows.append([f"{after} − {before}", split, f"{point / 1e6:g}", *cells])
    return markdown.table(["after − before", "split", "million tokens", *PAPER_CONCEPTS], rows)


def by_family(runs: Runs) -> str:
    """Differences of Pass@1 in points on each family that no training shows (with its pairs), at the last point of both
    arms: the mean of the seeds, and their range, which is no interval; where seeds are alike there is none."""
    rows, heads = [], []
    for after, before in planned(runs):
        point = last_common(runs, after, before)
        seeds = sorted(_seeds(runs, (after, before), point))
        for metric in ("counterfactual", "original"):
            of_seeds = [
                [sums_of(runs[arm, point][seed], metric, "family") for arm in (after, before)] for seed in seeds
            ]
            pairs = {family: int(of) for family, (_, of) in sorted(of_seeds[0][0].items())}
            heads = [f"{family} ({of})" for family, of in pairs.items()]
            cells = []
            for family, of in pairs.items():
                gains = [100 * (tuned[family][0] - plain[family][0]) / of for tuned, plain in of_seeds]
                mean, low, high = (round(found) for found in (fmean(gains), min(gains), max(gains)))
                cells.append(f"{mean:+}" + (f" [{low:+} … {high:+}]" if low < high else ""))
            rows.append([f"{after} − {before}", metric, f"{point / 1e6:g}", len(seeds), *cells])
    return markdown.table(["after − before", "score", "million tokens", "seeds", *heads], rows)


def weighed(runs: Runs) -> dict[str, int]:
    """The arms with other weights, term by term with λ rising, and the point at which each is compared with `plain`;
    among them the plan's own λ, at the last of these points."""
    found = {}
    for term in MAIN:
        arms = {arm: last_common(runs, arm, "plain") for arm in arms_of(runs) if arm.startswith(f"{term} λ ")}
        at = max(arms.values(), default=0)
        arms |= {term: at} if (term, at) in runs else {}
        found |= {arm: arms[arm] for arm in sorted(arms, key=lambda arm: arm_named(arm).lam)}
    return found


def variants(runs: Runs) -> str:
    """Other weights of a term, and other rows, against `plain`: differences in points."""
    weights = [line for arm, at in weighed(runs).items() for line in _lines(runs, (arm, "plain"), at)]
    modes = [(arm, "plain") for arm in arms_of(runs) if arm.endswith(" procure")]
    return markdown.table(COLUMNS, [*weights, *_compared(runs, modes)])


def writers(runs: Runs) -> str:
    """A model's counterfactuals against the rules' of the same sites, these against fresh ones, and a model's against
    originals alone: differences in points."""
    return _differences(runs, [pair for pair in WRITERS if set(pair) <= set(arms_of(runs))])


def on_the_way(runs: Runs) -> str:
    """What tuning does by itself, what pairs do and what the paper's loss does, at every point: in points."""
    lines = []
    for pair in ON_THE_WAY:
        if pair[1] in arms_of(runs):
            lines += [line for point in common_points(runs, *pair) for line in _lines(runs, pair, point)]
    return markdown.table(COLUMNS, lines)


def _differences(runs: Runs, pairs: list[tuple[str, str]]) -> str:
    return markdown.table(COLUMNS, _compared(runs, pairs))


def _compared(runs: Runs, pairs: list[tuple[str, str]]) -> list[list]:
    return [line for pair in pairs for line in _lines(runs, pair, last_common(runs, *pair))]


def _lines(runs: Runs, pair: tuple[str, str], point: int) -> list[list]:
    lines = []
    for split in SPLITS:
        cells = [hundredths(*compared(runs, *pair, point, metric, split)[:3], "+.1f") for metric in PLANNED]
        lines.append([" − ".join(pair), split, f"{point / 1e6:g}", len(_seeds(runs, pair, point)), *cells])
    return lines


def _seeds(runs: Runs, pair: tuple[str, str], point: int) -> set[int]:
    return set.intersection(*(set(runs[arm, point]) for arm in pair if arm != UNTUNED))


def left_out(runs: Runs) -> str:
    """What a concept gains that tuning never showed: Pass@1 on its counterfactuals, in points, against originals alone
    and against pairs of all concepts."""
    rows = []
    for concept in PAPER_CONCEPTS:
        arm = f"{WITHOUT}{concept}"
        for before in ("originals", "plain") if arm in arms_of(runs) else ():
            point = last_common(runs, arm, before)
            for split in SPLITS:
                found = compared(runs, arm, before, point, "counterfactual", split, concept)
                cell = hundredths(*found[:3], "+.1f")
                seeds = len(_seeds(runs, (arm, before), point))
                rows.append([f"`{concept}`", f"{arm} − {before}", split, f"{point / 1e6:g}", seeds, cell])
    return markdown.table(["left out", *COLUMNS[:4], "on its counterfactuals"], rows)


def transferred(runs: Runs) -> str:
    """Seed 0's Pass@1 on counterfactuals, per cent, of the arms that the rule of smollm2_plan.md chooses from."""
    found = {}
    for arm in TRANSFERABLE:
        if 0 in runs.get((arm, AT), {}):
            alone = {(arm, AT): {0: runs[arm, AT][0]}}
            shares = [100 * level(alone, arm, AT, "counterfactual", split).value for split in SPLITS]
            found[arm] = [fmean(shares), *shares]
    best = sorted(found.items(), key=lambda each: -each[1][0])
    rows = [[arm, *(f"{share:.2f}" for share in shares)] for arm, shares in best]
    return markdown.table(["arm", "mean of the splits", *SPLITS], rows)


def sections(runs: Runs) -> dict[str, str]:
    """Title and table of each kind that there are runs of."""
    others = set(arms_of(runs)) - set(MAIN)
    found = {"Differences on the way": on_the_way(runs), "Counterfactuals by concept": by_concept(runs)}
    found["New families one by one: mean of the seeds [their range]"] = by_family(runs)
    if any((arm, AT) in runs for arm in TRANSFERABLE):
        found["Which of them SmolLM2 is tuned by"] = transferred(runs)
    if weighed(runs) or any(arm.endswith(" procure") for arm in others):
        found["Other weights, other rows"] = variants(runs)
    if any(arm.startswith(WITHOUT) for arm in others):
        found["A concept left out of tuning"] = left_out(runs)
    if others & set(SETS["writers"]):
        found["Counterfactuals by a language model"] = writers(runs)
    return found
