"""What the runs of runs.py say: scores by arm, and paired differences over problems and seeds."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from procure_kit.evaluation.evaluation import Report, differences
from procure_kit.evaluation.metrics import WHOLE, Triple, dataset_of
from procure_kit.problems import markdown
from procure_kit.problems.markdown import hundredths
from procure_kit.problems.rows import read_rows

# after minus before: what the figure and the table compare
CONTRASTS = (
    ("originals", "untuned"),
    ("plain", "untuned"),
    ("both", "untuned"),
    ("plain", "originals"),
    ("mask", "plain"),
    ("attention", "plain"),
    ("both", "plain"),
    ("both 0.03", "plain"),
    ("both 0.3", "plain"),
    ("both 1", "plain"),
    ("both 3", "plain"),
    ("plain procure", "plain"),
    ("both procure", "both"),
    ("plain names", "plain"),
    ("both names", "plain names"),
    ("plain from:kit", "untuned"),
    ("plain from:kit", "plain"),
    ("both from:kit", "plain from:kit"),
)
METRICS = ("pass@1 original", "pass@1 counterfactual", "ccs_all", "ccs_valid")
SHOWN = {"pass@1 original": "original", "pass@1 counterfactual": "counterfactual"}
Runs = dict[str, dict[int, dict]]  # arm → seed → row


def load_runs(path: str | Path) -> Runs:
    """Rows of runs.py by arm and seed."""
    runs: Runs = defaultdict(dict)
    for row in read_rows(path, required=("arm",)):
        runs[row["arm"]][row["seed"]] = row
    return dict(runs)


def report_of(row: dict, dataset: str = "", whole: bool = False) -> Report:
    """The verdicts of one run as a Report: of pairs, or of whole functions; `dataset` is how a task_id begins."""
    rows = []
    for key, passed in row["verdicts"].items():
        task, concept = key.rsplit(" ", 1)
        if task.startswith(dataset) and (concept == WHOLE) == whole:
            sides = zip(("original", "counterfactual"), passed, strict=False)
            rows.append({"task_id": task, "concept": concept} | {side: [one == "1"] for side, one in sides})
    return Report(tuple(rows), (1,))


def compared(runs: Runs, after: str, before: str, dataset: str = "") -> dict[str, Triple]:
    """`differences` of two arms over the seeds that both have, and of `whole function` among the metrics; the untuned
    model is the same at every seed.

    Raises: KeyError for an arm without a run; ValueError without a seed in common.
    """
    arms = [runs[name] for name in (after, before)]
    tuned = [set(runs[name]) for name in (after, before) if name != "untuned"]
    seeds = sorted(set.intersection(*tuned)) if tuned else [0]
    if not seeds:
        raise ValueError(f"the arms {after!r} and {before!r} have no seed in common")

    def reports(arm: dict[int, dict], whole: bool) -> list[Report]:
        return [report_of(arm.get(seed, arm[min(arm)]), dataset, whole) for seed in seeds]

    whole = differences(reports(arms[1], True), reports(arms[0], True))
    found = differences(reports(arms[1], False), reports(arms[0], False))
    return found | {"whole function": whole["pass@1 original"]}


def contrasts(runs: Runs) -> list[tuple[str, str]]:
    return [(after, before) for after, before in CONTRASTS if after in runs and before in runs]


def level(reports: Iterable[Report], metric: str) -> float:
    """A metric's mean over seeds."""
    values = [report.scores()[metric][0] for report in reports]
    return sum(values) / len(values)


def table(runs: Runs) -> str:
    """Two Markdown tables: levels by arm, in per cent, and paired differences in points with 95 % intervals."""
    names = [*(SHOWN.get(metric, metric) for metric in METRICS), "whole function"]
    levels, gains = [], []
    for arm, of_seed in runs.items():
        rows = list(of_seed.values())
        cells = [level(map(report_of, rows), metric) for metric in METRICS]
        cells.append(level((report_of(row, whole=True) for row in rows), "pass@1 original"))
        tokens = round(sum(row["tokens"] for row in rows) / len(rows))
        levels.append([arm, len(rows), tokens, *(f"{100 * x:.1f}" for x in cells)])
    for after, before in contrasts(runs):
        for dataset in ("", *datasets(runs)):
            found = compared(runs, after, before, dataset)
            cells = [hundredths(*found[metric], "+.1f") for metric in (*METRICS, "whole function")]
            gains.append([f"{after} − {before}", dataset.rstrip("/") or "all", *cells])
    return "\n\n".join(
        [
            markdown.table(["arm", "seeds", "tokens", *names], levels),
            "Paired differences in points, with 95 % intervals over problems, and over seeds where there are several:",
            markdown.table(["after − before", "on", *names], gains),
        ]
    )


def datasets(runs: Runs) -> list[str]:
    """How the task_ids of the sets begin that the runs were scored on, where there are several."""
    keys = next(iter(next(iter(runs.values())).values()))["verdicts"]
    found = sorted({dataset_of({"task_id": key.rsplit(" ", 1)[0]}) + "/" for key in keys})
    return found if len(found) > 1 else []
