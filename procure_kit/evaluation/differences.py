"""One evaluation beside another: paired differences with their intervals, and the papers' table."""

from collections.abc import Sequence
from math import inf, nan

import numpy as np

from procure_kit.evaluation.crossed import difference
from procure_kit.evaluation.metrics import Triple, draws, ends, row_key
from procure_kit.evaluation.report import Report
from procure_kit.evaluation.row_metrics import row_metrics, row_sums
from procure_kit.problems.markdown import table


def differences(
    before: Report | Sequence[Report], after: Report | Sequence[Report], concept: str | None = None
) -> dict[str, Triple]:
    """Each metric's `after` minus `before`, with a 95 % interval, on the pairs that both have.

    Two lists of reports are runs by seed: report i of one belongs to report i of the other. Of one seed the interval is
    a bootstrap over problems, of several it is over problems and seeds (crossed.py).

    Raises: ValueError when the two have no pair in common, or lists differ in length.
    """
    before, after = ([reports] if isinstance(reports, Report) else list(reports) for reports in (before, after))
    if len(before) != len(after) or not before:
        raise ValueError(f"as many reports on both sides are needed, not {len(before)} and {len(after)}")
    known = [{row_key(row): row for row in report.chosen(concept)} for report in (*before, *after)]
    common = sorted(set.intersection(*map(set, known)))
    if not common:
        raise ValueError("the reports have no pair in common")
    tasks = sorted({known[0][key]["task_id"] for key in common})
    sizes = tuple(size for size in before[0].k if all(size in report.k for report in (*before, *after)))
    found = {}
    paired = all("counterfactual" in rows[key] for rows in known for key in common)
    for name, parts in row_metrics(sizes, paired).items():
        chosen = ([rows[key] for key in common] for rows in known)
        found[name] = paired_difference(np.array([row_sums(rows, tasks, *parts) for rows in chosen]), least=-1)
    return found


def paired_difference(sums: np.ndarray, least: float | None) -> Triple:
    """Of ratios, from the two sums of each problem: (2 · runs, problems, 2), the runs before and then those after.

    Of two or three runs a bootstrap would draw the same few again and again, and give an interval too narrow.
    `least`: as in `ratio_interval`.
    """
    before, after = np.split(sums, 2)
    if len(before) > 1:
        bounds = (-inf, inf) if least is None else (least, -least)
        return difference(after.swapaxes(0, 1), before.swapaxes(0, 1), *bounds)[:3]
    total = sums.sum(axis=1)
    drawn = sums[:, draws(sums.shape[1])].sum(axis=2)  # (2, RESAMPLES, 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = np.subtract(*(total[:, 0] / total[:, 1])[::-1])
        gained = np.subtract(*(drawn[..., 0] / drawn[..., 1])[::-1])
    evidence = int((sums[..., 1] > 0).all(axis=0).sum())
    return float(value), *ends(gained[~np.isnan(gained)], float(value), evidence, least)


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
