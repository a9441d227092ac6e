"""Mirrored comparison: the operands trade places, and the operator turns round.

if len(word) > longest:    →    if longest < len(word):

Python asks the left operand first, unless the right one's type is derived from the left one's. For an equality it comes
to the same where one side is exactly an int, a str, bytes or None, whose methods know nothing but themselves; for an
order both must be numbers, or both strings, since the error between others names the operator. Types that are not known
may answer differently from the two sides, and what both operands do may be seen in its order: `tested`.
"""

from collections.abc import Iterator
from functools import partial
from random import Random

import libcst as cst

from procure_kit.analysis.analysis import Analysis
from procure_kit.analysis.effects import ACTS, INERT, effect_of
from procure_kit.analysis.inference import PLAIN, kind
from procure_kit.analysis.source_tree import one_line, walk
from procure_kit.concepts.candidate import Candidate
from procure_kit.concepts.if_else_flip import between
from procure_kit.concepts.negation import outer
from procure_kit.problems.counterfactual import Edit

MIRROR = {cst.LessThan: ">", cst.LessThanEqual: ">=", cst.GreaterThan: "<", cst.GreaterThanEqual: "<="}
MIRROR |= {cst.Equal: "==", cst.NotEqual: "!="}
_ITS_OWN = {"int", "str", "bytes", "none"}  # compare with nothing else, and leave it to the other side


def find(analysis: Analysis, mode: str) -> Iterator[Candidate]:
    """Every comparison by an order or an equality."""
    told = cst.FormattedString | cst.TemplatedString | cst.Annotation
    quoted = {inner for node in analysis.nodes if isinstance(node, told) for inner in walk(node)}
    for node in analysis.nodes:
        if isinstance(node, cst.Comparison) and type(node.comparisons[0].operator) in MIRROR:
            span, label = analysis.tree.span(node), one_line(analysis.tree.text(node))
            refused, soundness = _judge(analysis, node)
            if node in quoted:
                refused = "it stands in an f-string or an annotation, where its text can be seen"
            if refused:
                yield Candidate(span, label, refused=refused)
            else:
                yield Candidate(span, label, partial(_rewrite, analysis, node), soundness=soundness)


def _judge(analysis: Analysis, node: cst.Comparison) -> tuple[str | None, str]:
    if len(node.comparisons) > 1:
        return "a chain of comparisons: its middle is compared with both of its neighbours", ""
    sides = node.left, node.comparisons[0].comparator
    if sides[0].deep_equals(sides[1]):
        return "its two sides are the same", ""
    if any(isinstance(inner, cst.NamedExpr) for side in sides for inner in walk(side)):
        return "one side gives a name a value, which the other may use", ""
    calm, wild = sorted((effect_of(analysis, side) for side in sides), key=lambda effect: effect.level)
    if calm.level != INERT and wild.level == ACTS:
        return f"one side {wild.why}, and the other may fail or depend on it", ""
    kinds = {kind(analysis, side) for side in sides}
    if isinstance(node.comparisons[0].operator, cst.Equal | cst.NotEqual):
        agree = bool(kinds & _ITS_OWN) or kinds <= PLAIN
    else:
        agree = kinds <= {"int", "float"} or kinds in ({"str"}, {"bytes"})
    return None, "syntactic" if agree and calm.level == INERT else "tested"


def _rewrite(analysis: Analysis, node: cst.Comparison, rng: Random) -> list[Edit]:
    source, target = analysis.source, node.comparisons[0]
    one, other = outer(analysis, node.left), outer(analysis, target.comparator)
    return [
        between(source, *one, source[slice(*other)], other),
        Edit(*analysis.tree.span(target.operator), MIRROR[type(target.operator)]),
        between(source, *other, source[slice(*one)], one),
    ]
