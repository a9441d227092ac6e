"""If-Else Flip (CACP, control flow): negate the test by De Morgan and swap the two bodies.

if n < 0:            if n >= 0:
    s = -1      →        s = 1
else:                else:
    s = 1                s = -1

Forms beside the plain one:
- `elif … else`: the last pair of a chain is a site. An `elif` in the middle is not: its else is the rest of the chain,
  and would have to be indented anew, which strings on several lines do not survive.
- `a if t else b`, and the guard clause `if t: return a` with a `return b` behind it, turn in the mode "procure" alone
  (b if not t else a; if not t: return b, return a): CACP's definition is about an `if` with two bodies.
- `while … else`, `for … else`: never; such an else is no other case of the test.
"""

import re
from collections.abc import Iterator
from functools import partial
from itertools import takewhile
from random import Random

import libcst as cst

from procure_kit.analysis.analysis import Analysis
from procure_kit.analysis.effects import ACTS, effect_of
from procure_kit.analysis.source_tree import one_line, walk
from procure_kit.concepts.candidate import Candidate, apart, is_word, with_comment
from procure_kit.concepts.negation import negate, negate_whole, outer
from procure_kit.problems.counterfactual import Edit, Span, exchange

_LOOP = "a loop's else is no second body: it runs when the loop ends without a break"


def find(analysis: Analysis, mode: str) -> Iterator[Candidate]:
    """Every `if` and `elif`, conditional expression and loop with an else."""
    guards = dict(_guards(analysis))
    quoted = {inner for node in analysis.nodes if isinstance(node, cst.FormattedString) for inner in walk(node)}
    for node in analysis.nodes:
        if isinstance(node, cst.For | cst.While) and node.orelse is not None:
            label = "while" if isinstance(node, cst.While) else "for"
            yield Candidate(analysis.tree.span(node), f"{label} … else", refused=_LOOP)
        if not isinstance(node, cst.If | cst.IfExp):
            continue
        span, label = analysis.tree.span(node), f"if {one_line(analysis.tree.text(node.test))}"
        second = guards.get(node)
        refused = _refuse(analysis, node, second, mode)
        if not refused and isinstance(node, cst.IfExp) and node in quoted:
            refused = "it stands in an f-string, where brackets and quotes mean other things"
        if refused:
            yield Candidate(span, label, refused=refused)
        else:
            exact = negate(analysis, node.test)[1]
            rewrite = partial(_rewrite, analysis, node, second, mode)
            yield Candidate(span, label, rewrite, soundness="syntactic" if exact else "tested")


def _guards(analysis: Analysis) -> Iterator[tuple[cst.If, tuple[cst.Return, cst.Return]]]:
    """Each `if c: return a` with the `return b` right behind it, and the two returns."""
    for block in analysis.blocks:
        for node, following in zip(block.body, block.body[1:], strict=False):
            if isinstance(node, cst.If) and node.orelse is None:
                one = node.body.body if isinstance(node.body, cst.IndentedBlock) else [node.body]
                lines = [*one, following]
                simple = cst.SimpleStatementLine | cst.SimpleStatementSuite
                small = [line.body[0] for line in lines if isinstance(line, simple) and len(line.body) == 1]
                if len(lines) == len(small) == 2 and all(isinstance(found, cst.Return) for found in small):
                    yield node, tuple(small)


def _refuse(analysis: Analysis, node: cst.If | cst.IfExp, second: tuple | None, mode: str) -> str | None:
    if isinstance(node, cst.IfExp):
        why = "a conditional expression has no bodies to swap: the concept is about statements"
        return None if mode == "procure" else why
    if node.orelse is None and second is not None:
        why = "a guard clause: what runs otherwise is the return behind it, not an else"
        return None if mode == "procure" else why
    if node.orelse is None:
        return "it has no else branch to swap with"
    if isinstance(node.orelse, cst.If):
        return "an elif follows: only the last test of such a chain has an else of its own to swap with"
    if any(isinstance(inside, cst.Global | cst.Nonlocal) for body in (node.body, node.orelse) for inside in walk(body)):
        return "a global or nonlocal statement in a body must stand before the first use of its name"
    if mode == "procure":
        return None
    effect = effect_of(analysis, node.test)
    if effect.level == ACTS:
        return f"its test {effect.why}"
    given = next((inside.target for inside in walk(node.test) if isinstance(inside, cst.NamedExpr)), None)
    if given is not None:
        return f"its test does more than ask: it gives {analysis.tree.quoted(given)} a value"
    return None


def _rewrite(analysis: Analysis, node: cst.If | cst.IfExp, second: tuple | None, mode: str, rng: Random) -> list[Edit]:
    # The authors' data negates about half of the tests by operators and half by `not (...)`.
    whole = mode == "procure" and rng.random() < 0.5
    edits = negate_whole(analysis, node.test) if whole else negate(analysis, node.test)[0]
    edits = [apart(analysis.source, edit) for edit in edits]
    if isinstance(node, cst.IfExp):
        return edits + _swap_values(analysis, node)
    if second is not None:
        return edits + exchange(
            analysis.source, *(with_comment(analysis.source, analysis.tree.span(r)) for r in second)
        )
    return edits + _swap_bodies(analysis, node)


def _swap_values(analysis: Analysis, node: cst.IfExp) -> list[Edit]:
    source, (one, other) = analysis.source, (outer(analysis, part) for part in (node.body, node.orelse))
    text = source[slice(*other)]
    if isinstance(node.orelse, cst.IfExp | cst.Lambda) and not node.orelse.lpar:
        text = f"({text})"
    return [between(source, *one, text, other), between(source, *other, source[slice(*one)], one)]


def between(source: str, start: int, end: int, text: str, moved: Span) -> Edit:
    """Keep what comes to stand here from running into the words beside it: another site may make `list()` of `[]`."""
    before = " " * is_word(source, start - 1)
    after = " " * (is_word(source, end) and is_word(text, len(text) - 1))
    return Edit(start, end, before + text + after, moved)


def _swap_bodies(analysis: Analysis, node: cst.If) -> list[Edit]:
    source = analysis.source
    last = node.test.rpar[-1] if node.test.rpar else node.test
    one = _body(analysis, analysis.tree.span(last)[1], node, node.body)
    other = _body(analysis, analysis.tree.span(node.orelse)[0] + len("else"), node, node.orelse.body)
    texts = [source[slice(*one)], source[slice(*other)]]
    # Line breaks and indentation that both bodies begin with are no part of the change.
    same = takewhile(lambda pair: pair[0] == pair[1] and pair[0].isspace(), zip(*texts, strict=False))
    common = len(list(same))
    return exchange(source, (one[0] + common, one[1]), (other[0] + common, other[1]))


def _body(analysis: Analysis, before_colon: int, node: cst.If, body: cst.BaseSuite) -> Span:
    """From behind the colon to the end of the body's last line, with the comments that are indented under it."""
    source = analysis.source
    start = source.index(":", before_colon) + 1
    end = _line_end(source, analysis.tree.span(body)[1])
    own = analysis.tree.span(node)[0]
    line_start = max(source.rfind("\n", 0, own), source.rfind("\r", 0, own)) + 1
    margin = re.match(r"[ \t\f]*", source[line_start:])[0]
    comment = re.compile(rf"(?:\r?\n[ \t\f]*)*\r?\n{re.escape(margin)}[ \t]+#[^\r\n]*")
    while found := comment.match(source, end):
        end = found.end()
    return start, end


_TRAILING = re.compile(r"(?:[ \t\f;]|\\(?:\r\n?|\n))*(?P<comment>#[^\r\n]*)?")
_SEMICOLONS = re.compile(r"(?:[ \t\f]*;)*")


def _line_end(source: str, position: int) -> int:
    """The end of a logical line behind its last statement, with its comment. A backslash before an empty line stays
    behind: elsewhere it would join other lines."""
    rest = _TRAILING.match(source, position)
    return rest.end() if rest["comment"] or "\\" not in rest[0] else _SEMICOLONS.match(source, position).end()
