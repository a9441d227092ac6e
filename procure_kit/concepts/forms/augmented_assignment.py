"""Augmented assignment: `x += y` and `x = x + y` trade places where `x` cannot be changed in place.

total += n    →    total = total + n

Of an int, float, str, bytes or tuple Python makes the two the same by its own rules. What stands on the right must be
of a known type, too, to be sure: where the two do not go together, the error names the operator. A list, or an object
of a type that is not known, may be changed in place, and others may hold it.
"""

from collections.abc import Iterator
from functools import partial
from random import Random

import libcst as cst

from procure_kit.analysis.analysis import Analysis
from procure_kit.analysis.inference import definition_kind, kind
from procure_kit.analysis.source_tree import one_line
from procure_kit.concepts.candidate import Candidate
from procure_kit.concepts.negation import outer
from procure_kit.problems.counterfactual import Edit

_FIXED = {"int", "float", "str", "bytes", "tuple"}
_ATOMS = cst.Name | cst.BaseNumber | cst.SimpleString | cst.FormattedString | cst.Call | cst.Subscript | cst.Attribute
_ATOMS |= cst.List | cst.Dict | cst.Set | cst.ListComp | cst.DictComp | cst.SetComp


def find(analysis: Analysis, mode: str) -> Iterator[Candidate]:
    """Every augmented assignment, and every `x = x + …` of one variable."""
    for node in analysis.nodes:
        if isinstance(node, cst.AugAssign):
            old, edits = node.target, partial(_spelled_out, analysis, node)
        elif isinstance(node, cst.Assign) and _is_update(node):
            old, edits = node.value.left, partial(_shortened, analysis, node)
        else:
            continue
        span, label = analysis.tree.span(node), one_line(analysis.tree.text(node))
        refused, soundness = _judge(analysis, node, old, mode)
        if refused:
            yield Candidate(span, label, refused=refused)
        else:
            yield Candidate(span, label, edits, soundness=soundness)


def _is_update(node: cst.Assign) -> bool:
    """`x = x + y`: one target, the left operand is the same name, and no parentheses stand around."""
    value, target = node.value, node.targets[0].target
    if len(node.targets) > 1 or not isinstance(target, cst.Name) or not isinstance(value, cst.BinaryOperation):
        return False
    same = isinstance(value.left, cst.Name) and value.left.value == target.value
    return same and not (value.lpar or value.left.lpar or target.lpar)


def _judge(
    analysis: Analysis, node: cst.AugAssign | cst.Assign, old: cst.BaseExpression, mode: str
) -> tuple[str | None, str]:
    """`old`: what is read."""
    text = analysis.tree.quoted(old)
    if not isinstance(old, cst.Name) or old.lpar:
        return f"{text} would be evaluated twice", ""
    found = kind(analysis, old)
    if found in _FIXED:
        target = node.target if isinstance(node, cst.AugAssign) else node.targets[0].target
        given = definition_kind(analysis, analysis.scopes.occurrence[target])
        return None, "syntactic" if given is not None else "tested"
    if found is not None:
        return f"a {found} is changed in place by one of the two forms, and replaced by the other", ""
    if mode == "procure":
        return None, "tested"
    return f"{text} may be of a type that `+=` and its like change in place", ""


def _spelled_out(analysis: Analysis, node: cst.AugAssign, rng: Random) -> list[Edit]:
    """The first edit covers the target, so that no other site renames it alone."""
    name = node.target.value
    (start, end), sign = outer(analysis, node.value), analysis.tree.text(node.operator).removesuffix("=")
    bare = not node.value.lpar and not isinstance(node.value, _ATOMS)
    first = Edit(analysis.tree.span(node.target)[0], start, f"{name} = {name} {sign} {'(' * bare}")
    return [first, *[Edit(end, end, ")")] * bare]


def _shortened(analysis: Analysis, node: cst.Assign, rng: Random) -> list[Edit]:
    name, sign = node.targets[0].target.value, analysis.tree.text(node.value.operator)
    start, end = analysis.tree.span(node)[0], outer(analysis, node.value.right)[0]
    return [Edit(start, end, f"{name} {sign}= ")]
