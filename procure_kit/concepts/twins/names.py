"""Renaming gone wrong at one place: a use that takes another variable's name, or keeps the old one.

qkzwm = 0                            qkzwm = 0
for brtya in xs: qkzwm += brtya  →   for brtya in xs: qkzwm += qkzwm
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

from procure_kit.analysis.analysis import Analysis
from procure_kit.analysis.inference import definition_kind
from procure_kit.analysis.scopes import Occurrence, Variable
from procure_kit.concepts.twins.flip import Breaking
from procure_kit.problems.counterfactual import Edit, Span

_TAKES_A_VALUE = {"store", "update", "parameter"}


def breaking_names(analysis: Analysis, span: Span, edits: list[Edit]) -> Iterator[Breaking]:
    """Random names: one use takes the name of another variable; where there is no other, it keeps its old one."""
    uses = _uses(analysis, edits)
    yield from _mixed_up(analysis, uses, edits)
    yield from _left(analysis, uses, edits)


def breaking_shuffles(analysis: Analysis, span: Span, edits: list[Edit]) -> Iterator[Breaking]:
    """Shuffled names: two uses trade their names, the nearest two first."""
    uses = _uses(analysis, edits)
    pairs = [(a, b) for a, b in combinations(uses, 2) if a[0].variable is not b[0].variable and a[1].text != b[1].text]
    for (a, one), (b, other) in sorted(pairs, key=lambda pair: pair[1][0].span[0] - pair[0][0].span[0]):
        rest = [edit for edit in edits if edit not in (one, other)]
        wrong = [replace(one, text=other.text), replace(other, text=one.text)]
        lines = sorted({analysis.tree.line(o.span[0]) for o in (a, b)})
        yield f"line {' and '.join(map(str, lines))}: uses of {a.name} and {b.name} are mixed up", [*rest, *wrong]
    yield from _mixed_up(analysis, uses, edits)
    yield from _left(analysis, uses, edits)


def breaking_webs(analysis: Analysis, span: Span, edits: list[Edit]) -> Iterator[Breaking]:
    """Def-Use Break: one use of the second definition keeps the old name, and so sees the first. Where the whole
    variable is renamed, it takes another's name."""
    uses = _uses(analysis, edits)
    renamed = {(edit.start, edit.end) for edit in edits}
    whole = all(o.span in renamed for use, _ in uses for o in use.variable.occurrences)
    ways = (_mixed_up, _left) if whole else (_left, _mixed_up)
    for way in ways:
        yield from way(analysis, uses, edits)


def _uses(analysis: Analysis, edits: list[Edit]) -> list[tuple[Occurrence, Edit]]:
    """The renamed uses, in the order of the text, with what each is renamed to."""
    at = {(edit.start, edit.end): edit for edit in edits}
    found = analysis.scopes.in_order()
    return [(o, at[o.span]) for o in found if o.span in at and o.kind in ("load", "update")]


def _left(analysis: Analysis, uses: list[tuple[Occurrence, Edit]], edits: list[Edit]) -> Iterator[Breaking]:
    for use, edit in uses:
        line = analysis.tree.line(use.span[0])
        yield f"line {line}: a use of {use.name} keeps the old name", [other for other in edits if other is not edit]


def _mixed_up(analysis: Analysis, uses: list[tuple[Occurrence, Edit]], edits: list[Edit]) -> Iterator[Breaking]:
    """Others that may be of the same type come first, and of these the ones that were given a value last."""
    new_name = {(edit.start, edit.end): edit.text for edit in edits}
    choices = []
    for use, edit in uses:
        for other in bound_before(use):
            far = use.span[0] - other.span[0]
            choices.append((not _alike(analysis, use.variable, other.variable), far, use, edit, other))
    for *_, use, edit, other in sorted(choices, key=lambda choice: choice[:2]):
        wrong = replace(edit, text=new_name.get(other.span, other.name))
        said = f"line {analysis.tree.line(use.span[0])}: a use of {use.name} takes the name of {other.name}"
        yield said, [wrong if each is edit else each for each in edits]


def bound_before(use: Occurrence) -> list[Occurrence]:
    """Of each other variable of the same scope the last definition above the use, in the text."""
    found = []
    for variable in use.variable.scope.variables.values():
        above = [o for o in variable.occurrences if o.kind in _TAKES_A_VALUE and o.span < use.span]
        if above and variable is not use.variable:
            found.append(max(above, key=lambda o: o.span))
    return found


def _alike(analysis: Analysis, one: Variable, other: Variable) -> bool:
    return bool(_kinds(analysis, one) & _kinds(analysis, other))


def _kinds(analysis: Analysis, variable: Variable) -> set[str | None]:
    if variable.scope.frame.kind != "function":
        return {None}
    return {definition_kind(analysis, o) for o in variable.occurrences if o.kind in _TAKES_A_VALUE}
