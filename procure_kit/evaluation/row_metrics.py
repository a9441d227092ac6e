"""The metrics as ratios of two sums over rows."""

from collections.abc import Iterable

import numpy as np

from procure_kit.evaluation.metrics import pass_at_k


def row_sums(rows: Iterable[dict], tasks: list[str], part, whole) -> np.ndarray:
    """The two sums of a metric for each task: (tasks, 2)."""
    sums, places = np.zeros((len(tasks), 2)), {task: place for place, task in enumerate(tasks)}
    for row in rows:
        sums[places[row["task_id"]]] += part(row), whole(row)
    return sums


def row_metrics(k: tuple[int, ...], paired: bool) -> dict:
    """Of each metric two functions of a row, whose sums over rows it is the ratio of."""

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
