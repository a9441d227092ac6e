"""Results as Markdown: tables, and a figure with its interval."""

from collections.abc import Collection, Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence], right: Collection[str] = ()) -> str:
    """A row a line; the columns whose heads are in `right` hold numbers. A bar in a cell is escaped."""
    rules = ["---:" if name in right else "---" for name in head]
    lines = [[str(cell).replace("|", "\\|") for cell in row] for row in (head, rules, *rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def hundredths(value: float, low: float, high: float, form: str = ".1f", to: str = " to ") -> str:
    """A share in per cent, or a difference in points, with its 95 % interval; – where there is none of either."""
    if value != value:
        return "–"
    between = "–" if low != low else f"{100 * low:{form}}{to}{100 * high:{form}}"
    return f"{100 * value:{form}} ({between})"
