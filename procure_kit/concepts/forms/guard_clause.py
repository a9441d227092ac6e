"""Guard clause: what runs otherwise stands behind an `if` that always leaves, or in its `else`.

if n < 0:               if n < 0:
    return "minus"          return "minus"
return "plus"      ↔    else:
                            return "plus"

The two are the same for every program: the lines move, and nothing is evaluated in another order.
"""

from collections.abc import Iterator
from functools import partial
from random import Random

import libcst as cst

from procure_kit.analysis.analysis import Analysis
from procure_kit.analysis.source_tree import one_line
from procure_kit.concepts.candidate import Candidate
from procure_kit.concepts.forms.lines import ODD, line_end, line_start, margin, next_line, reindent, unit
from procure_kit.concepts.negation import outer
from procure_kit.problems.counterfactual import Edit

JUMPS = cst.Return | cst.Raise | cst.Break | cst.Continue
_RUNS_ON = "one of its branches does not leave: it runs on to what stands behind the if"


def find(analysis: Analysis, mode: str) -> Iterator[Candidate]:
    """Every `if` of a function, with its elifs, that has an `else` or all of whose branches leave, with something
    behind it."""
    for block in analysis.blocks:
        for at, node in enumerate(block.body):
            if not isinstance(node, cst.If) or block.scope.kind != "function":
                continue
            branches, last = chain(node)
            leaves = all(_leaves(branch.body) for branch in branches)
            rest = block.body[at + 1 :]
            if last is None and not (leaves and rest):
                continue
            made = (
                _RUNS_ON if not leaves else _into_else(analysis, node, rest) if last is None else _out(analysis, node)
            )
            span, label = analysis.tree.span(node), f"if {one_line(analysis.tree.text(node.test))}"
            if isinstance(made, str):
                yield Candidate(span, label, refused=made)
            else:
                yield Candidate(span, label, partial(_as_they_are, made))


def chain(node: cst.If) -> tuple[list[cst.If], cst.Else | None]:
    """An `if` with its elifs, and the `else` at the end."""
    branches = [node]
    while isinstance(branches[-1].orelse, cst.If):
        branches.append(branches[-1].orelse)
    return branches, branches[-1].orelse


def _leaves(body: cst.BaseSuite) -> bool:
    line = body.body[-1]
    last = line.body[-1] if isinstance(line, cst.SimpleStatementLine) else line
    return isinstance(last, JUMPS)


def _into_else(analysis: Analysis, node: cst.If, rest: tuple) -> list[Edit] | str:
    source, before = analysis.source, margin(analysis, node)
    if before is None or margin(analysis, rest[0]) != before:
        return ODD
    start = _first_line(source, next_line(source, analysis.tree.span(node)[1]), before)
    end = line_end(source, analysis.tree.span(rest[-1])[1])
    step = unit(analysis, node, before)
    edits = reindent(analysis, rest, (start, end), before, before + step)
    if isinstance(edits, str):
        return edits
    head = f"{before}else:{analysis.tree.module.default_newline}"
    # The margin of the `if` stays, so that no other site makes two of it: the else would belong to one of them.
    own = analysis.tree.span(node)[0]
    stays = Edit(own - len(before), own, before)
    return [stays, Edit(edits[0].start, edits[0].end, head + edits[0].text), *edits[1:]]


def _first_line(source: str, at: int, before: str) -> int:
    """The first line from here on that begins with the margin and goes on with something: comments may be indented
    deeper, and belong to the `if`."""
    while not source.startswith(before, at) or source[at + len(before)] in " \t\r\n\f":
        at = next_line(source, at)
    return at


def _out(analysis: Analysis, node: cst.If) -> list[Edit] | str:
    """The first edit leaves the head of the last branch as it is, so that no other site turns the two bodies round."""
    source, before = analysis.source, margin(analysis, node)
    branches, last = chain(node)
    test = branches[-1].test
    head = analysis.tree.span(branches[-1])[0], outer(analysis, test)[1]
    keyword, body = analysis.tree.span(last)[0], last.body
    first = analysis.tree.span(body.body[0])[0]
    edits = [Edit(*head, source[slice(*head)])]
    if isinstance(body, cst.SimpleStatementSuite):
        if "\n" in source[keyword:first] or "\r" in source[keyword:first]:
            return "a backslash joins its else to the next line"
        return [*edits, Edit(keyword, first, "")]
    inner, rest_of_line = margin(analysis, body.body[0]), source[keyword:first].partition(":")[2].lstrip(" \t")
    if before is None or inner is None or rest_of_line.startswith("\\"):
        return ODD
    if rest_of_line.startswith("#"):
        edits.append(Edit(keyword, source.index("#", keyword), ""))
    else:
        edits.append(Edit(line_start(source, keyword), next_line(source, keyword), ""))
    span = next_line(source, keyword), line_end(source, analysis.tree.span(body.body[-1])[1])
    moved = reindent(analysis, tuple(body.body), span, inner, before)
    return moved if isinstance(moved, str) else edits + moved


def _as_they_are(edits: list[Edit], rng: Random) -> list[Edit]:
    return edits
