"""Nested condition: the two halves of an `and` are asked by two `if`s, or the other way round.

if a and b:        if a:
    act()     ↔        if b:
                           act()

Each half is asked for its truth once, in the same order, and the second only if the first holds: the two are the same
for every program. An `else` would belong to one of them alone, so there must be none.
"""

from collections.abc import Iterator
from functools import partial
from random import Random

import libcst as cst

from procure_kit.analysis.analysis import Analysis
from procure_kit.analysis.source_tree import one_line
from procure_kit.concepts.candidate import Candidate
from procure_kit.concepts.forms.lines import ODD, line_end, margin, next_line, reindent, unit
from procure_kit.concepts.negation import outer
from procure_kit.problems.counterfactual import Edit

_COMMENT = "a comment stands between the two conditions"


def find(analysis: Analysis, mode: str) -> Iterator[Candidate]:
    """Every `if` of a function with an `and` for its test, and every one with nothing but an `if` in it."""
    for block in analysis.blocks:
        for node in block.body if block.scope.kind == "function" else ():
            if not isinstance(node, cst.If):
                continue
            inner = _only(node.body)
            both = isinstance(node.test, cst.BooleanOperation) and isinstance(node.test.operator, cst.And)
            if not both and inner is None:
                continue
            if node.orelse is not None or inner is not None and inner.orelse is not None and not both:
                made = "it has an else, which would belong to one of the two conditions alone"
            else:
                made = _apart(analysis, node) if both else _together(analysis, node, inner)
            span, label = analysis.tree.span(node), f"if {one_line(analysis.tree.text(node.test))}"
            if isinstance(made, str):
                yield Candidate(span, label, refused=made)
            else:
                yield Candidate(span, label, partial(_as_they_are, made))


def _only(body: cst.BaseSuite) -> cst.If | None:
    alone = isinstance(body, cst.IndentedBlock) and len(body.body) == 1 and isinstance(body.body[0], cst.If)
    return body.body[0] if alone else None


def _apart(analysis: Analysis, node: cst.If) -> list[Edit] | str:
    source, before, test = analysis.source, margin(analysis, node), node.test
    if before is None:
        return ODD
    if len(test.lpar) > 1:
        return "its test stands in more than one pair of parentheses"
    left, right = outer(analysis, test.left)[1], outer(analysis, test.right)[0]
    if "#" in source[left:right]:
        return _COMMENT
    step = unit(analysis, node, before)
    close, open_ = (")", "(") if test.lpar else ("", "")
    edit = Edit(left, right, f"{close}:{analysis.tree.module.default_newline}{before}{step}if {open_}")
    made = _with_body(analysis, node, edit, before, before + step)
    if isinstance(made, str):
        return made
    # Its own margin stays, so that no other site moves the line, and not the one that is new; and so does the beginning
    # of its test, so that no other site negates it whole.
    start, test = analysis.tree.span(node)[0], outer(analysis, node.test)[0]
    stay = [(start - len(before), start), (test - 1, test + 1)]
    return [*(Edit(*span, source[slice(*span)]) for span in stay), *made]


def _together(analysis: Analysis, node: cst.If, inner: cst.If) -> list[Edit] | str:
    source, before, deeper = analysis.source, margin(analysis, node), margin(analysis, inner)
    start, end = outer(analysis, node.test)[1], outer(analysis, inner.test)[0]
    if before is None or deeper is None:
        return ODD
    if "#" in source[start:end] or "\\" in source[start:end]:
        return _COMMENT if "#" in source[start:end] else ODD
    loose = [_is_loose(test) for test in (node.test, inner.test)]
    edits = [Edit(*(2 * (outer(analysis, node.test)[0],)), "(")] * loose[0]
    edits.append(Edit(start, end, f"{')' * loose[0]} and {'(' * loose[1]}"))
    edits += [Edit(*(2 * (outer(analysis, inner.test)[1],)), ")")] * loose[1]
    moved = _with_body(analysis, inner, edits[-1], deeper, before)
    return moved if isinstance(moved, str) else edits[:-1] + moved


def _is_loose(test: cst.BaseExpression) -> bool:
    """Whether it binds less tightly than `and`."""
    if isinstance(test, cst.BooleanOperation) and isinstance(test.operator, cst.And):
        return False
    return not test.lpar and isinstance(test, cst.BooleanOperation | cst.IfExp | cst.Lambda | cst.NamedExpr)


def _with_body(analysis: Analysis, node: cst.If, edit: Edit, old: str, new: str) -> list[Edit] | str:
    """The edit of the head, and the body's lines with a margin that begins with `new` instead of `old`."""
    if isinstance(node.body, cst.SimpleStatementSuite):
        return [edit]
    source = analysis.source
    head = outer(analysis, node.test)[1]
    span = next_line(source, source.index(":", head)), line_end(source, analysis.tree.span(node.body.body[-1])[1])
    moved = reindent(analysis, tuple(node.body.body), span, old, new)
    return moved if isinstance(moved, str) else [edit, *moved]


def _as_they_are(edits: list[Edit], rng: Random) -> list[Edit]:
    return edits
