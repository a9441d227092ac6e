"""Means of likelihoods (likelihood.py) over pairs, and their paired differences, with 95 % intervals over problems."""

from collections.abc import Iterable, Sequence

import numpy as np

from procure_kit.evaluation.differences import paired_difference
from procure_kit.evaluation.metrics import Triple, ratio_interval
from procure_kit.evaluation.row_metrics import row_sums


def _more(after: str, before: str):
    return lambda row: None if row[after] is None else row[after] - row[before]


def _preferred(name: str):
    return lambda row: None if row[name] is None else float(row[name] > 0)


# Of a row, or None; and the least value that a mean may have, None for nats, which have no bounds.
MEASURES = {
    "behind_original": (lambda row: row["behind_original"], None),
    "behind_counterfactual": (lambda row: row["behind_counterfactual"], None),
    "behind_excess": (_more("behind_counterfactual", "behind_original"), None),
    "behind_kl": (lambda row: row["behind_kl"], None),
    "uses_original": (lambda row: row["uses_original"], None),
    "uses_counterfactual": (lambda row: row["uses_counterfactual"], None),
    "uses_excess": (_more("uses_counterfactual", "uses_original"), None),
    "prefers_original": (_preferred("original_over_twin"), 0.0),
    "prefers_counterfactual": (_preferred("counterfactual_over_twin"), 0.0),
}


def measures(rows: Sequence[dict]) -> dict[str, Triple]:
    """Means over the pairs that have a measure, with 95 % intervals over problems; nan where there is none.

    behind_…, uses_…: nats, as in `likelihoods`; `…_excess` is counterfactual minus original.
    prefers_original, prefers_counterfactual: the share that finds it likelier than the twin, whose interval is Wilson's
    where all pairs agree. Intervals of nats have no such bounds: where all are equal there is none.
    """
    tasks = sorted({row["task_id"] for row in rows})
    return {name: ratio_interval(measure_sums(rows, tasks, name), least) for name, (_, least) in MEASURES.items()}


def measure_differences(before: Sequence[Sequence[dict]], after: Sequence[Sequence[dict]]) -> dict[str, Triple]:
    """Each measure `after` minus `before`, on the same pairs, with a 95 % interval over problems and runs: rows i of
    one and rows i of the other are of one seed, as in `differences`.

    Raises: ValueError when not all have the same pairs, or the two not as many runs.
    """
    runs = [sorted(rows, key=lambda row: (row["task_id"], row["concept"])) for rows in (*before, *after)]
    pairs = [[(row["task_id"], row["concept"]) for row in rows] for rows in runs]
    if len(before) != len(after) or any(of_run != pairs[0] for of_run in pairs[1:]):
        raise ValueError("the same pairs and as many runs are needed on both sides")
    tasks, found = sorted({task for task, _ in pairs[0]}), {}
    for name, (_, least) in MEASURES.items():
        sums = np.array([measure_sums(rows, tasks, name) for rows in runs])  # (2 · runs, tasks, 2)
        found[name] = paired_difference(sums, None if least is None else least - 1)
    return found


def measure_sums(rows: Iterable[dict], tasks: list[str], name: str) -> np.ndarray:
    """The sum of a measure over each task's pairs, and how many have it: (tasks, 2)."""
    value = MEASURES[name][0]
    return row_sums(rows, tasks, lambda row: value(row) or 0.0, lambda row: value(row) is not None)
