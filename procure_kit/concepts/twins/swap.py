"""Independent Swap of what is not independent: two statements of which one needs the other, or a part of each.

total = 0             total = None
best = None     →     best = 0
"""

from collections.abc import Iterator
from itertools import product

import libcst as cst

from procure_kit.analysis.analysis import Analysis
from procure_kit.analysis.scopes import Occurrence, Variable
from procure_kit.concepts.independent_swap import Statement, dependence
from procure_kit.concepts.negation import outer
from procure_kit.concepts.twins.flip import Breaking
from procure_kit.concepts.twins.names import bound_before
from procure_kit.problems.counterfactual import Edit, Span, exchange


def breaking_swaps(analysis: Analysis, span: Span, edits: list[Edit]) -> Iterator[Breaking]:
    """Exchanges with a neighbour come first, those after which every name still has a value: they run, and give another
    result."""
    block, at = _block(analysis, {edit.start for edit in edits})
    near = dict.fromkeys((low, low + 1) for k in at for low in (k - 1, k) if 0 <= low < len(block) - 1)
    pairs = [(block[low], block[high]) for low, high in near]
    pairs = [pair for pair in pairs if None not in pair and dependence(*pair)]
    calm = [pair for pair in pairs if not _unbinds(*pair)]
    yield from (_exchanged(analysis, *pair) for pair in calm)
    one, other = (block[k] for k in at)
    if all(isinstance(statement.node, cst.Assign | cst.AugAssign | cst.AnnAssign) for statement in (one, other)):
        values = exchange(analysis.source, *(outer(analysis, statement.node.value) for statement in (one, other)))
        yield "the two statements trade their values, and not their places", values
    yield from _mixed_up(one, other, edits)
    yield from (_exchanged(analysis, *pair) for pair in pairs if pair not in calm)
    for statement, name in ((other, one), (one, other)):
        for a, b in product(_names(statement, "store"), _names(name, "store")):
            yield f"{b.name} is given the value that is meant for {a.name}", [*edits, Edit(*a.span, b.name)]


def _mixed_up(one: Statement, other: Statement, edits: list[Edit]) -> Iterator[Breaking]:
    """They are exchanged, and a use in one of them takes the name of another variable: of the other one's first."""
    for statement, near in ((one, _names(other, "store", "update")), (other, [])):
        for use in _names(statement, "load", "update"):
            for bound in (*near, *bound_before(use)):
                if bound.variable is not use.variable:
                    said = f"the two are exchanged, and a use of {use.name} takes the name of {bound.name}"
                    yield said, [*edits, Edit(*use.span, bound.name)]


def _names(statement: Statement, *kinds: str) -> list[Occurrence]:
    return [o for o in statement.occurrences if o.kind in kinds and o.variable.scope.kind == "function"]


def _block(analysis: Analysis, starts: set[int]) -> tuple[list[Statement | None], list[int]]:
    """The statements of the block that the two stand in, None for each that is compound, and the places of the two."""
    for block in analysis.blocks:
        found: list[Statement | None] = []
        for line in block.body:
            small = line.body if isinstance(line, cst.SimpleStatementLine) else [line]
            kept = cst.Assign | cst.AugAssign | cst.AnnAssign | cst.Expr
            found += [Statement(analysis, node, block, True) if isinstance(node, kept) else None for node in small]
        at = [k for k, statement in enumerate(found) if statement is not None and statement.span[0] in starts]
        if len(at) == 2:
            return found, at
    raise LookupError("no block holds two statements where the edits are")


def _unbinds(one: Statement, other: Statement) -> bool:
    """Whether the second, put first, may ask for a name that has no value yet."""
    return any(_may_be_new(one, variable) for variable in one.definitions & other.uses)


def _may_be_new(statement: Statement, variable: Variable) -> bool:
    flow = statement.analysis.flow(variable.scope) if variable.scope.kind == "function" else None
    if flow is None or not flow.covers(variable):
        return True
    return any(flow.reaching(o)[1] for o in statement.occurrences if o.variable is variable and o.kind == "store")


def _exchanged(analysis: Analysis, one: Statement, other: Statement) -> Breaking:
    return f"two statements are exchanged, and {dependence(one, other)}", exchange(
        analysis.source, one.span, other.span
    )
