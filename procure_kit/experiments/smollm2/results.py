"""What the runs say: what the untuned model can do, levels by arm, and paired differences with what they could show."""

from statistics import fmean

from procure_kit.concepts.table import DEFAULT_CONCEPTS
from procure_kit.evaluation.evaluation import differences
from procure_kit.evaluation.measures import MEASURES, measure_differences, measures
from procure_kit.evaluation.metrics import Triple
from procure_kit.experiments.smollm2.reports import METRICS, SHOWN, Runs, level, report_of
from procure_kit.problems import markdown

FLOOR, CEILING = 0.1, 0.9  # a score is compared where the untuned model passes at least and at most so many
PLANNED = (("plain", "originals"), ("both", "plain"), ("mask", "plain"))  # the last by the plan's rule
ATTENTION = ("both", "mask")  # what the attention term adds to the other
AGAIN = ("originals, other order", "originals")  # the same programs: what one training differs by from the next
WHOLE_FUNCTION = "whole function"
SCORES = (*METRICS, WHOLE_FUNCTION)
SHARES = (*SCORES, "prefers_original", "prefers_counterfactual")  # in per cent and points; all others are nats
BY_CONCEPT = ("pass@1 original", "pass@1 counterfactual", "ccs_valid", "behind_excess", "behind_kl", "uses_excess")
BY_CONCEPT += ("prefers_counterfactual",)
HEAD = """\
# {model} tuned on real programs

LoRA of rank {lora_r} on {kind} weights; {pairs} programs of {programs}, each with one counterfactual and each seen once
(`originals`: twice as many programs; the other half is of about the counterfactuals' lengths as far as the sets have
such, so that its tokens are fewer), at a rate of {lr}. Scored on other problems, in {where}.
[The plan](smollm2_plan.md), written before the runs, says what is asked.

## What the untuned model can do

Chosen before tuning: a score is compared where the untuned model passes {rule}. Likelihoods have no such floor."""
LEVELS = """\
Means over runs: shares in per cent, all else in nats. `behind` is the loss on untouched tokens behind the change,
`uses` on the uses of changed names, `excess` the counterfactual's minus the original's; `prefers` is the share of
pairs in which that side is likelier than its breaking twin."""
INTERVALS = """\
Paired differences with 95 % intervals over problems and seeds: shares in points, all else in nats. **Visible** is the
effect that would leave zero outside of such an interval in 80 % of repetitions, (1.96 + 0.84) / (2 · 1.96) of its
width."""
SEEDS = {  # that two arms share at the least
    1: "\nWhere two arms share one seed, they say nothing about what another would give.",
    2: "\nTwo seeds leave their own spread all but unknown: where it is large, five of six such intervals hold the\n"
    "truth, not nineteen of twenty.",
}
NOISE = """
`originals, other order` read the same programs as `originals`, the second half in the order that an earlier version of
this command drew. How those two differ, one training from the next, is told in smollm2.md under what was found."""
REACH = (1.96 + 0.8416) / (2 * 1.96)  # of an interval's width: the effect that it would show in 80 % of repetitions


def datasets(runs: Runs) -> list[str]:
    """How the task_ids of each scored set begin."""
    verdicts = next(iter(next(iter(runs.values())).values()))["verdicts"]
    return sorted({key.split("/")[0] + "/" for key in verdicts})


def measured_rows(row: dict, dataset: str = "", concept: str | None = None) -> list[dict]:
    """The likelihoods of one run as rows."""
    split = [(*key.rsplit(" ", 1), values) for key, values in row["likelihoods"].items()]
    return [
        {"task_id": task, "concept": own} | values
        for task, own, values in split
        if task.startswith(dataset) and concept in (None, own)
    ]


def chosen(runs: Runs, dataset: str) -> dict[str, tuple[float, bool]]:
    """How the untuned model scores from the cut points and in whole functions, and whether that is compared: the rule
    was there before any run. Raises: KeyError without a run of it."""
    (row,) = runs["untuned"].values()
    found = {
        name: level([report_of(row, dataset, name == WHOLE_FUNCTION)], "pass@1 original")
        for name in ("pass@1 original", WHOLE_FUNCTION)
    }
    return {name: (value, FLOOR <= value <= CEILING) for name, value in found.items()}


def compared(runs: Runs, after: str, before: str, dataset: str, concept: str | None = None) -> dict[str, Triple]:
    """Every metric and measure of one arm minus those of another, paired by problem and seed. The untuned model has
    one run for all seeds. Raises: ValueError without a seed in common."""
    seeds = set.intersection(*(set(runs[arm]) for arm in (after, before) if arm != "untuned"))
    if not seeds:
        raise ValueError(f"the arms {after!r} and {before!r} have no seed in common")
    rows = [[runs[arm][0 if arm == "untuned" else seed] for seed in sorted(seeds)] for arm in (before, after)]
    found = differences(*([report_of(row, dataset) for row in of_arm] for of_arm in rows), concept)
    found = {name: found[name] for name in METRICS}
    if concept is None:
        whole = differences(*([report_of(row, dataset, whole=True) for row in of_arm] for of_arm in rows))
        found[WHOLE_FUNCTION] = whole["pass@1 original"]
    return found | measure_differences(*([measured_rows(row, dataset, concept) for row in arm] for arm in rows))


def contrasts(runs: Runs) -> list[tuple[str, str]]:
    """After, before: the planned ones first, then each arm with the untuned model, and others with plain pairs."""
    others = [(arm, "untuned") for arm in runs] + [(arm, "plain") for arm in runs if arm not in AGAIN]
    pairs = dict.fromkeys([*PLANNED, ATTENTION, AGAIN, *others])
    return [(a, b) for a, b in pairs if a != b and a in runs and b in runs and a != "untuned"]


def detectable(low: float, high: float) -> float:
    """The least effect that such an interval would leave off zero in 80 % of repetitions: (z₀.₉₇₅ + z₀.₈) standard
    errors, of which the 95 % interval is 2 · z₀.₉₇₅ wide."""
    return REACH * (high - low)


def page(runs: Runs) -> str:
    """The whole page in Markdown, made from the rows alone."""
    everything = [row for of_seed in runs.values() for row in of_seed.values()]
    recipe = everything[0]["recipe"]
    sets, asked = datasets(runs), contrasts(runs)
    planned, found = ([pair for pair in asked if (pair in PLANNED) == wanted] for wanted in (True, False))
    count, off = told(runs, sets, planned)
    parts = [
        *HEAD.format(
            **recipe,
            programs=" and ".join(recipe["trained"]),
            kind="4-bit (NF4)" if recipe["four_bit"] else "whole",
            where=" and ".join(sorted({f"{row['dtype']} on {row['device']}" for row in everything})),
            rule=f"{100 * FLOOR:.0f} to {100 * CEILING:.0f} %",
        ).split("\n\n"),
        _choice(runs, sets) if "untuned" in runs else "The untuned model has no run yet, so that nothing is chosen.",
        "## Levels",
        LEVELS,
        _levels(runs, sets, SCORES),
        _levels(runs, sets, tuple(MEASURES)),
        "## Planned comparisons",
        INTERVALS
        + SEEDS.get(min((len(set(runs[a]) & set(runs[b])) for a, b in planned), default=0), "")
        + (NOISE if AGAIN in found else ""),
        _differences(runs, sets, planned),
        f"{count} intervals. Where nothing is, one in twenty lies off zero by chance. Off zero lie:"
        + ("".join(f"\n- {line}" for line in off) or " none."),
        *(_folded(f"{a} − {b}, by concept", _by_concept(runs, sets, a, b)) for a, b in planned),
        "## Found, not planned",
        *(_folded(f"{a} − {b}", _differences(runs, sets, [(a, b)])) for a, b in found),
    ]
    return "\n\n".join(parts) + "\n"


def told(runs: Runs, sets: list[str], pairs: list[tuple[str, str]]) -> tuple[int, list[str]]:
    """How many intervals the comparisons have, and those that lie off zero."""
    count, off = 0, []
    for after, before, dataset in ((*pair, dataset) for pair in pairs for dataset in sets):
        for name, triple in _read(runs, after, before, dataset).items():
            count += triple[1] == triple[1]
            if triple[1] > 0 or triple[2] < 0:
                shown = SHOWN.get(name, name)
                off.append(f"{after} − {before}, {dataset.rstrip('/')}, {shown}: {interval(name, triple)}")
    return count, off


def _choice(runs: Runs, sets: list[str]) -> str:
    (row,) = runs["untuned"].values()
    lines = []
    for dataset in sets:
        for name, (value, read) in chosen(runs, dataset).items():
            number = len(report_of(row, dataset, name == WHOLE_FUNCTION).rows)
            said = "yes" if read else "no: shown among the levels alone"
            lines.append([dataset.rstrip("/"), SHOWN.get(name, name), number, _cell(name, value, ""), said])
    head = ["set", "score", "pairs or problems", "passed", "compared"]
    return markdown.table(head, lines, right=head[2:4])


def _levels(runs: Runs, sets: list[str], names: tuple[str, ...]) -> str:
    lines = []
    for arm, of_seed in runs.items():
        rows = list(of_seed.values())
        tokens = round(fmean(row["tokens"] for row in rows))
        for dataset in sets:
            cells = [_cell(name, _level(rows, dataset, name), "") for name in names]
            lines.append([arm, dataset.rstrip("/"), len(rows), f"{tokens:,}", *cells])
    head = ["arm", "on", "runs", "tokens", *(SHOWN.get(name, name) for name in names)]
    return markdown.table(head, lines, right=head[2:])


def _level(rows: list[dict], dataset: str, name: str) -> float:
    if name in MEASURES:
        return fmean(measures(measured_rows(row, dataset))[name][0] for row in rows)
    whole = name == WHOLE_FUNCTION
    return level((report_of(row, dataset, whole) for row in rows), "pass@1 original" if whole else name)


def _differences(runs: Runs, sets: list[str], pairs: list[tuple[str, str]]) -> str:
    lines = []
    for after, before, dataset in ((*pair, dataset) for pair in pairs for dataset in sets):
        for name, triple in _read(runs, after, before, dataset).items():
            visible = "–" if triple[1] != triple[1] else _cell(name, detectable(*triple[1:]), "")
            shown = SHOWN.get(name, name)
            lines.append([f"{after} − {before}", dataset.rstrip("/"), shown, interval(name, triple), visible])
    head = ["after − before", "on", "measure", "difference", "visible"]
    return markdown.table(head, lines, right=head[3:]) if lines else "There are no runs of both arms yet."


def _by_concept(runs: Runs, sets: list[str], after: str, before: str) -> str:
    lines = []
    for dataset, concept in ((dataset, concept) for dataset in sets for concept in DEFAULT_CONCEPTS):
        pairs = measured_rows(next(iter(runs[after].values())), dataset, concept)
        if pairs:
            found = _read(runs, after, before, dataset, concept)
            cells = [interval(name, found[name]) if name in found else "–" for name in BY_CONCEPT]
            lines.append([dataset.rstrip("/"), f"`{concept}`", len(pairs), *cells])
    return markdown.table(["on", "concept", "pairs", *(SHOWN.get(name, name) for name in BY_CONCEPT)], lines)


def _read(runs: Runs, after: str, before: str, dataset: str, concept: str | None = None) -> dict[str, Triple]:
    """What is compared: every measure, and scores where the untuned model's allow it; what has no value is left out."""
    rule = chosen(runs, dataset) if "untuned" in runs else {}
    allowed = {name: read for name, (_, read) in rule.items()}
    allowed |= dict.fromkeys(METRICS, allowed.get("pass@1 original", False))
    found = compared(runs, after, before, dataset, concept)
    return {name: x for name, x in found.items() if x[0] == x[0] and allowed.get(name, name in MEASURES)}


def interval(name: str, triple: Triple) -> str:
    """In points for shares, in nats for all else."""
    value, low, high = (_cell(name, end, "+") for end in triple)
    return f"{value} ({low} to {high})" if triple[1] == triple[1] else f"{value} (–)"


def _cell(name: str, value: float, sign: str) -> str:
    if value != value:
        return "–"
    return f"{100 * value:{sign}.1f}" if name in SHARES else f"{value:{sign}.3f}"


def _folded(title: str, body: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>"
