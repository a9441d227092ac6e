"""The rows of tests.benchmarks.loss_cost as a table, and what they say of what was aimed at. Needs no torch."""

from procure_kit.problems import markdown

NO_ROOM, NOT_HERE, FAILS = "does not fit", "not installed", "fails"  # why a row has no figures
AGAIN = {False: "", True: " with checkpointing"}
HEADS = ["tokens", "checkpointing", "loss", "s/step", "time by plain", "(least to most)", "peak MiB", "memory by plain"]


def table(rows: list[dict]) -> str:
    """A line for each measurement, in Markdown."""

    def cells(row: dict) -> list[str]:
        begin = [f"{row['tokens']:,}", "yes" if row["checkpointing"] else "no", row["loss"]]
        if "note" in row:
            return [*begin, row["note"], "-", "-", "-", "-"]
        spread = "{:.2f} to {:.2f}".format(*row["time_ratio_range"]) if "time_ratio_range" in row else "-"
        ratios = [f"{row[name]:.2f}" if name in row else "-" for name in ("time_ratio", "memory_ratio")]
        return [*begin, f"{row['seconds']:.3f}", ratios[0], spread, f"{row['MiB']:,.0f}", ratios[1]]

    return markdown.table(HEADS, map(cells, rows), right=[*HEADS[:1], *HEADS[3:]])


def aims(rows: list[dict]) -> str:
    """What was aimed at, and whether the rows reach it: a Markdown list."""
    fused = [row for row in rows if row["loss"] == "fused" and "time_ratio" in row]

    def missing(ratio: str, limit: float) -> str:
        over = [
            f"{row['tokens']:,}{AGAIN[row['checkpointing']]} ({row[ratio]:.2f})" for row in fused if row[ratio] > limit
        ]
        return f"not at {', '.join(over)}" if over else "at every length"

    kinds = dict.fromkeys(row["checkpointing"] for row in fused)
    lines = [
        f"fused within 1.10 of plain's time: {missing('time_ratio', 1.10)}",
        f"fused at or below plain's memory: {missing('memory_ratio', 1)}",
    ]
    for kind in kinds:
        of_kind = [f"{1024 * row['MiB'] / row['tokens']:.0f}" for row in fused if row["checkpointing"] == kind]
        lines.append(f"fused, KiB a token{AGAIN[kind]}: {', '.join(of_kind)}")
    return "\n".join(f"- {line}" for line in lines if fused)
