"""Lines that move into a block or out of one: their margins, and the edits that change them."""

import re

import libcst as cst

from procure_kit.analysis.analysis import Analysis
from procure_kit.analysis.python_tree import line_starts
from procure_kit.analysis.source_tree import walk
from procure_kit.problems.counterfactual import Edit, Span

_BEGINS_A_LINE = (
    cst.SimpleStatementLine | cst.BaseCompoundStatement | cst.Else | cst.Finally | cst.MatchCase | cst.Decorator
    | cst.ExceptHandler | cst.ExceptStarHandler
)  # fmt: skip
ODD = "one of its lines is indented unlike the others, or joined to another by a backslash or a semicolon"


def line_start(source: str, position: int) -> int:
    return max(source.rfind("\n", 0, position), source.rfind("\r", 0, position)) + 1


def line_end(source: str, position: int) -> int:
    """Where the line ends that a position is in, before its line break."""
    return re.compile(r"[^\r\n]*").match(source, position).end()


def next_line(source: str, position: int) -> int:
    return re.compile(r"[^\r\n]*(\r\n?|\n)?").match(source, position).end()


def margin(analysis: Analysis, node: cst.CSTNode) -> str | None:
    """The blanks before a statement; None when something else stands there, or a backslash before its line."""
    source, position = analysis.source, analysis.tree.span(node)[0]
    start = line_start(source, position)
    text = source[start:position]
    behind = source[:start].rstrip("\r\n").endswith("\\")
    return None if text.strip(" \t") or behind else text


def unit(analysis: Analysis, node: cst.If, outer: str) -> str:
    """One step of indentation: that of the statement's own body, or where that is on its line the file's."""
    inner = margin(analysis, node.body.body[0]) if isinstance(node.body, cst.IndentedBlock) else None
    return inner.removeprefix(outer) if inner is not None else analysis.tree.module.default_indent


def reindent(analysis: Analysis, nodes: tuple, span: Span, old: str, new: str) -> list[Edit] | str:
    """The edits that give every line of a span that begins with the margin `old` the margin `new`, or the reason
    against it. `nodes` are the statements in it. Lines inside a string stay, and so do blank ones."""
    source = analysis.source
    held: set[int] = set()  # where lines begin that lie in a string
    starts = [start for start in line_starts(source) if span[0] <= start < span[1]]
    for node in (inner for statement in nodes for inner in walk(statement)):
        if isinstance(node, _BEGINS_A_LINE):
            before = margin(analysis, node)
            if before is None or not before.startswith(old):
                return ODD
            if {" ", "\t"} <= set(before + new):
                return "its indentation mixes tabs and blanks"
        elif isinstance(node, cst.SimpleString | cst.FormattedString | cst.TemplatedString):
            begin, end = analysis.tree.span(node)
            held |= {start for start in starts if begin < start < end}
    lines = [start for start in starts if start not in held and source.startswith(old, start)]
    return [Edit(at, at + len(old), new) for at in lines if source[at : line_end(source, at)].strip()]
