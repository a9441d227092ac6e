"""The rows of runs.py as what evaluation/ scores and compares."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from procure_kit.evaluation.evaluation import Report
from procure_kit.evaluation.metrics import WHOLE
from procure_kit.problems.rows import read_rows

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


def level(reports: Iterable[Report], metric: str) -> float:
    """A metric's mean over seeds."""
    values = [report.scores()[metric][0] for report in reports]
    return sum(values) / len(values)
