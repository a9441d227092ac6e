"""What is written must compile: CPython reads 200 brackets in each other, 100 levels of indentation, and trees up to
its own depth of recursion. A rewrite adds some: where a source is deep already, each is tried before it is offered, and
many at once are tried together."""

from bisect import bisect_right
from collections.abc import Iterable

from procure_kit.analysis.analysis import analyse
from procure_kit.analysis.python_tree import check_syntax
from procure_kit.problems.counterfactual import Edit

BRACKETS, LEVELS = 200, 100  # more are "too many nested parentheses" and "too many levels of indentation"
DEPTH = 1_000  # of syntax trees: those that are no deeper compile wherever they are


def is_deep(source: str) -> bool:
    """Whether one rewrite may be too much: it adds one level at most, and of brackets as many as there are and one."""
    layout = analyse(source).tree.layout
    return 2 * layout.brackets + 1 >= BRACKETS or layout.levels + 1 >= LEVELS


def too_deep(source: str, edits: Iterable[Edit], text: str) -> str | None:
    """Why the text that the edits make of a source does not compile; None where it does."""
    more, tree = sum(1 + edit.text.count("(") for edit in edits), analyse(source).tree
    if tree.layout.brackets + more < BRACKETS and tree.layout.levels + more < LEVELS and tree.depth + more < DEPTH:
        return None
    try:
        check_syntax(text)
    except ValueError as error:
        return f"rewritten, the program would be nested deeper than Python reads: {error}"
    return None


def most(count: int, fits) -> int:
    """The largest number up to `count` that fits, where all below it do; 0 is taken to."""
    return bisect_right(range(1, count + 1), False, key=lambda number: not fits(number))
