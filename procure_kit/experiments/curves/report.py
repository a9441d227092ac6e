"""The page of a file of runs: what was planned, what the likelihoods say, what was found besides, and all levels.

python -m procure_kit.experiments.curves.report data/results/curves_tiny.jsonl    # writes the .md beside it
"""

import argparse
from pathlib import Path

from procure_kit.errors import WHOLE, one_sentence
from procure_kit.evaluation.crossed import holm
from procure_kit.experiments.curves.arms import CONTROL, LOSSES
from procure_kit.experiments.curves.distance import table as distance_table
from procure_kit.experiments.curves.found import controls, sections
from procure_kit.experiments.curves.problems import SPLITS
from procure_kit.experiments.curves.results import (
    MEASURES,
    METRICS,
    NATS,
    PLANNED,
    Runs,
    arms_of,
    compared,
    last_common,
    level,
    load_runs,
    planned,
    points_of,
)
from procure_kit.problems import markdown
from procure_kit.problems.markdown import hundredths
from procure_kit.problems.rows import read_rows


def choice_table(path: str | Path) -> str:
    """What was tried on the choice problems: per cent by rate, rows a step, arm and point; single runs."""
    rows = []
    for row in read_rows(path, required=("arm",)):
        recipe, runs = row["recipe"], {(row["arm"], row["point"]): {row["seed"]: row}}
        size = [f"{recipe['lr']:g}", recipe["batches"] * recipe["rows"]] if row["point"] else ["–", "–"]
        for split in SPLITS:
            cells = [f"{100 * level(runs, row['arm'], row['point'], metric, split).value:.1f}" for metric in PLANNED]
            rows.append([row["arm"], *size, f"{row['point'] / 1e6:g}", split, *cells])
    return markdown.table(["arm", "rate", "rows a step", "million tokens", "split", *PLANNED], rows)


def levels_table(runs: Runs) -> str:
    """Per cent by arm, point and split, with intervals."""
    rows = []
    for arm in arms_of(runs):
        for point in points_of(runs, arm):
            seeds = len(runs[arm, point])
            for split in SPLITS:
                cells = [hundredths(*level(runs, arm, point, metric, split)[:3], ".0f") for metric in METRICS]
                rows.append([arm, f"{point / 1e6:g}", seeds, split, *cells])
    return markdown.table(["arm", "million tokens", "seeds", "split", *METRICS], rows)


def planned_table(runs: Runs) -> str:
    """The planned comparisons in points at the last point that two arms have in common. Beside them p where it is
    below 0.05, by Holm of the losses, as if all were there; none of single seeds, which know nothing of other seeds."""
    rows, points = [], {pair: last_common(runs, *pair) for pair in planned(runs)}
    seeds = {(a, b): len(set(runs[a, point]) & set(runs[b, point])) for (a, b), point in points.items()}
    for split in SPLITS:
        found = {
            pair: {metric: compared(runs, *pair, point, metric, split) for metric in PLANNED}
            for pair, point in points.items()
        }
        losses = [pair for pair in found if pair[0] in LOSSES and seeds[pair] > 1]
        corrected = {metric: holm({pair: found[pair][metric].p for pair in losses}, len(LOSSES)) for metric in PLANNED}
        for pair, estimates in found.items():
            cells = []
            for metric, estimate in estimates.items():
                p = corrected[metric].get(pair, estimate.p)
                shown = f" p {p:.2g}" if p < 0.05 and seeds[pair] > 1 else ""
                cells.append(hundredths(*estimate[:3], "+.1f") + shown)
            rows.append([" − ".join(pair), split, f"{points[pair] / 1e6:g}", seeds[pair], *cells])
    return markdown.table(["after − before", "split", "million tokens", "seeds", *PLANNED], rows)


def measures_table(runs: Runs) -> str:
    """What the planned comparisons say where verdicts do not: nats, and shares in points."""
    rows = []
    for after, before in planned(runs):
        point = last_common(runs, after, before)
        for split in SPLITS:
            cells = []
            for name in MEASURES:
                value, low, high, _ = compared(runs, after, before, point, name, split)
                nats = f"{value:+.3f} ({low:+.3f} to {high:+.3f})"
                cells.append(nats if name in NATS else hundredths(value, low, high, "+.1f"))
            rows.append([f"{after} − {before}", f"{point / 1e6:g}", split, *cells])
    return markdown.table(["after − before", "million tokens", "split", *MEASURES.values()], rows)


def page(path: Path) -> str:
    """Everything that a file of runs says."""
    if next(iter(read_rows(path, required=("arm",))))["recipe"]["part"] == "choice":
        return choice_table(path)
    runs = load_runs(path)
    seeds = {arm: max(len(runs[arm, point]) for point in points_of(runs, arm)) for arm in arms_of(runs)}
    parts = {
        "Runs at hand": ", ".join(f"`{arm}` {number}" for arm, number in seeds.items()) + " (arm, and its seeds).",
        "Planned comparisons": "In points, with 95 % intervals. Of several seeds p where it is below 0.05; of "
        f"the losses after Holm's correction for all {len(LOSSES)} of the plan.\n\n" + planned_table(runs),
        **({"Controls": controls(runs)} if any(arm.startswith(CONTROL) for arm in seeds) else {}),
        "Likelihoods and attention": measures_table(runs),
        "Drops by distance": "Original minus counterfactual, in points, by the tokens between change and cut.\n\n"
        + distance_table(runs),
        **{f"{title} (found, not planned)": text for title, text in sections(runs).items()},
        "All levels": levels_table(runs),
    }
    return "\n\n".join(f"### {title}\n\n{text}" for title, text in parts.items())


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", type=Path, help="a file that curves.runs wrote")
    args = parser.parse_args(argv)
    with one_sentence(parser, WHOLE):
        text = page(args.path)
        args.path.with_suffix(".md").write_text(text + "\n", encoding="utf-8")
        print(text)


if __name__ == "__main__":
    main()
