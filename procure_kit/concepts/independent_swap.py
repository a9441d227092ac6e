"""Independent Swap (CACP, control flow): two neighbouring statements trade places when neither needs the other.

total = 0             best = None
best = None     →     total = 0

Independence is SpecEval's rule (arXiv 2409.12866): def1 ∩ def2 = use1 ∩ def2 = def1 ∩ use2 = ∅, and effects on top.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from random import Random

import libcst as cst

from procure_kit.analysis.analysis import Analysis, Block
from procure_kit.analysis.effects import ACTS, INERT, Effect
from procure_kit.analysis.scopes import Occurrence, Variable
from procure_kit.analysis.source_tree import one_line, walk
from procure_kit.analysis.statement_effects import may_finalize, statement_effect
from procure_kit.concepts.candidate import Candidate, with_comment
from procure_kit.problems.counterfactual import Edit, Span, exchange


@dataclass(frozen=True, eq=False)
class Statement:
    """A small statement in its block. `alone`: no other statement of a block stands on its line, so that a comment at
    the line's end is its own."""

    analysis: Analysis
    node: cst.BaseSmallStatement
    block: Block
    alone: bool

    @property
    def span(self) -> Span:
        return self.analysis.tree.span(self.node)

    @property
    def text(self) -> str:
        return self.analysis.tree.text(self.node)

    @cached_property
    def occurrences(self) -> list[Occurrence]:
        found = self.analysis.scopes.occurrence
        return [found[node] for node in walk(self.node) if node in found]

    @cached_property
    def uses(self) -> set[Variable]:
        return {o.variable for o in self.occurrences if o.kind in ("load", "update", "delete")}

    @cached_property
    def definitions(self) -> set[Variable]:
        return {o.variable for o in self.occurrences if o.kind != "load"}

    @cached_property
    def spoken(self) -> set[str]:
        """The words of strings that it hands on."""
        return {word for _, word in self.analysis.onlookers.handed(self.node)}

    @cached_property
    def effect(self) -> Effect:
        return statement_effect(self.analysis, self.node)

    @cached_property
    def may_finalize(self) -> bool:
        own = [o for o in self.occurrences if o.kind in ("store", "update") and o.variable.scope is self.block.scope]
        return any(may_finalize(self.analysis, occurrence) for occurrence in own)


def find(analysis: Analysis, mode: str) -> Iterator[Candidate]:
    """Strict: each two neighbours of one block. Procure: also assignments further apart, effects unchecked."""
    pairs = _loose_pairs if mode == "procure" else _neighbours
    for block in analysis.blocks:
        yield from pairs(analysis, _statements(analysis, block))


def _statements(analysis: Analysis, block: Block) -> list[Statement | None]:
    """The block's statements in order; None stands for what never moves."""
    found = []
    for line in block.body:
        small = line.body if isinstance(line, cst.SimpleStatementLine) else [line]
        alone = len(small) == 1 and (len(block.body) == 1 or isinstance(line, cst.BaseStatement))
        found += [Statement(analysis, node, block, alone) if _moves(analysis, node) else None for node in small]
    return found


def _moves(analysis: Analysis, node: cst.CSTNode) -> bool:
    if isinstance(node, cst.Expr):
        return not isinstance(node.value, cst.BaseString | cst.Ellipsis)  # docstrings and `...`
    if isinstance(node, cst.AnnAssign):
        return node.value is not None and not analysis.tree.in_parentheses(node)
    return isinstance(node, cst.Assign | cst.AugAssign)


def _neighbours(analysis: Analysis, statements: list[Statement | None]) -> Iterator[Candidate]:
    for one, other in zip(statements, statements[1:], strict=False):
        if one is not None and other is not None:
            refused, soundness = judge(one, other)
            yield _candidate(analysis, one, other, refused, soundness)


def judge(one: Statement, other: Statement) -> tuple[str | None, str]:
    """The reason against swapping two neighbours, if there is one, and how sure the swap is without."""
    refused = dependence(one, other)
    if refused:
        return refused, "tested"
    scope = one.block.scope
    if scope.kind == "class":
        return "the order of a class's names can be seen (fields, members of an Enum)", "tested"
    if scope.kind == "function" and (reason := one.analysis.reader(scope)):
        return reason, "tested"
    calm, wild = sorted((one, other), key=lambda statement: statement.effect.level)
    if calm.effect.level != INERT:
        # Both may raise, and run operators of unknown types: which comes first can be seen, rarely.
        return _acts(one, other, wild), "tested"
    if wild.effect.level != INERT and one.block.guarded:
        return "if one of the two fails, the try or with around them can see whether the other has run", "tested"
    # An inert statement binds the function's own names to values that are known already. Nothing else can see when,
    # not even an exception: it leaves the function and its names behind. Only what the old value does at its end can.
    unseen = not calm.may_finalize or wild.effect.level == INERT and not wild.may_finalize
    if wild.effect.level == ACTS and one.analysis.onlookers.doubt(scope):
        unseen = False
    return None, "syntactic" if unseen else "tested"


def _acts(one: Statement, other: Statement, wild: Statement) -> str | None:
    if wild.effect.level < ACTS:
        return None
    which, rest = ("first", "second") if wild is one else ("second", "first")
    return f"the {which} {wild.effect.why}, and the {rest} may fail or depend on it"


def dependence(one: Statement, other: Statement) -> str | None:
    """Why one statement needs the other, by names."""
    for names, why in (
        (one.definitions & other.definitions, "both define {}"),
        (one.definitions & other.uses, "the second uses what the first defines: {}"),
        (one.uses & other.definitions, "the first uses what the second defines: {}"),
    ):
        if names:
            return why.format(", ".join(sorted(f"`{variable.name}`" for variable in names)))
    for defined, spoken in ((one.definitions, other.spoken), (other.definitions, one.spoken)):
        told = sorted({variable.name for variable in defined} & spoken)
        if told:
            return f"one hands on a string with the word `{told[0]}`, and that may look up what the other defines"
    return "the two statements are the same" if one.node.deep_equals(other.node) else None


def _loose_pairs(analysis: Analysis, statements: list[Statement | None]) -> Iterator[Candidate]:
    """For each assignment the nearest later one in its block that nothing between them, by names, stands against."""
    for start, one in enumerate(statements):
        if one is None or isinstance(one.node, cst.Expr):
            continue
        between: list[Statement] = []
        for other in statements[start + 1 :]:
            if other is None or dependence(one, other):
                break
            if not isinstance(other.node, cst.Expr) and not any(dependence(b, other) for b in between):
                refused, soundness = judge(one, other) if not between else (None, "tested")
                yield _candidate(analysis, one, other, None, "tested" if refused else soundness)
                break
            between.append(other)


def _candidate(analysis: Analysis, one: Statement, other: Statement, refused: str | None, sure: str) -> Candidate:
    label = f"{one_line(one.text)} ⇄ {one_line(other.text)}"
    rewrite = None if refused else partial(_rewrite, analysis, one, other)
    return Candidate((one.span[0], other.span[1]), label, rewrite, refused, sure)


def _rewrite(analysis: Analysis, one: Statement, other: Statement, rng: Random) -> list[Edit]:
    """Comments at the end of a line move with its statement; others stay."""
    source, (first, second) = analysis.source, (one.span, other.span)
    if one.alone and other.alone:
        first, second = (with_comment(source, span) for span in (first, second))
    return exchange(source, first, second)
