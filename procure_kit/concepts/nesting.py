"""What is written must compile: CPython reads 200 brackets in each other, 100 levels of indentation, and trees up to
its own depth of recursion. A rewrite adds some: where a source is deep already, each is tried before it is offered, and
many at once are tried together."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import replace

from procure_kit.analysis.analysis import analyse
from procure_kit.analysis.python_tree import check_syntax
from procure_kit.concepts.candidate import Candidate
from procure_kit.concepts.composition import Composition, compose
from procure_kit.problems.counterfactual import Edit, Site

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


def compose_readable(source: str, chosen: Iterable[tuple[Site, Candidate]], seed: int) -> Composition:
    """As `compose`; of the sites that add brackets or lines the last are left out where all would be too deep."""
    chosen = list(chosen)
    made = compose(source, chosen, seed)
    why = _why(made)
    if why is None:
        return made
    growing = [site for site, edits in zip(made.sites, made.edits, strict=True) if any(map(_grows, edits))]

    def with_the_first(number: int) -> Composition:
        out = set(growing[number:])
        return compose(source, [pair for pair in chosen if pair[0] not in out], seed)

    fit = bisect_right(range(1, len(growing) + 1), False, key=lambda k: _why(with_the_first(k)) is not None)
    made = with_the_first(fit)
    return replace(made, left_out=(*made.left_out, *((site, why) for site in growing[fit:])))


def _why(made: Composition) -> str | None:
    return too_deep(made.original, (edit for edits in made.edits for edit in edits), made.counterfactual)


def _grows(edit: Edit) -> bool:
    return any(sign in edit.text for sign in "(\n\r")
