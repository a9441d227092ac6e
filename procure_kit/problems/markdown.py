"""Results as Markdown: tables, and a figure with its interval."""

from collections.abc import Collection, Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence], right: Collection[str] = ()) -> str:
    """A row a line; the columns whose heads are in `right` hold numbers."""
    rules = ["---:" if name in right else "---" for name in head]
    return "\n".join(f"| {' | '.join(map(str, row))} |" for row in (head, rules, *rows))


def hundredths(value: float, low: float, high: float, form: str = ".1f", to: str = " to ") -> str:
    """A share in per cent, or a difference in points, with its 95 % interval; – where there is none of either."""
    if value != value:
        return "–"
    between = "–" if low != low else f"{100 * low:{form}}{to}{100 * high:{form}}"
    return f"{100 * value:{form}} ({between})"
