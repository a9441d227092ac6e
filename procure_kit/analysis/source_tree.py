"""One parse a source: LibCST's tree with the character span of every node.

LibCST knows where names stand inside f-strings (Python 3.11's own parser does not). It reads the source in a plain
layout (layout.py). Rewrites never print the tree: they edit the text at the nodes' places in the source, so all that
is not changed stays byte for byte.
"""

import ast
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from functools import cached_property

import libcst as cst
from libcst.metadata.span_provider import CodeSpan, SpanProvidingCodegenState

from procure_kit.analysis.depth import check_depth, with_room
from procure_kit.analysis.layout import Layout, lay_out
from procure_kit.analysis.python_tree import PythonTree, line_starts
from procure_kit.problems.counterfactual import Span

# Layout that carries no names: skipping it makes a walk several times shorter.
_LAYOUT = {
    "leading_lines", "lines_after_decorators", "header", "footer", "trailing_whitespace", "comma", "lpar", "rpar",
    "lbracket", "rbracket", "lbrace", "rbrace", "semicolon", "equal", "dot", "colon", "first_colon", "second_colon",
    "operator", "operators", "indent", "asynchronous", "separator", "star", "default_indent", "default_newline",
    "leading_whitespace", "trailing_comma",
}  # fmt: skip
_WORD = re.compile(r"\w+")
_FIELDS: dict[type, tuple[str, ...]] = {}


class _Spans:
    """What LibCST's span-recording printer writes to."""

    def __init__(self):
        self._computed: dict[cst.CSTNode, CodeSpan] = {}


@dataclass(frozen=True, eq=False)
class SourceTree:
    """A source, its LibCST module, whose names are in the form that Python compares (NFKC), and where each node stands
    in the layout that LibCST has read."""

    source: str
    module: cst.Module
    spans: dict[cst.CSTNode, CodeSpan]
    layout: Layout
    strings: frozenset[str]  # what the literals of the source say
    depth: int  # levels of Python's own syntax tree

    def span(self, node: cst.CSTNode) -> Span:
        """[start, end) of the node in characters of the source, without its parentheses and layout."""
        found = self.spans[node]
        return self.layout.span(found.start, found.start + found.length)

    def text(self, node: cst.CSTNode) -> str:
        start, end = self.span(node)
        return self.source[start:end]

    def quoted(self, node: cst.CSTNode) -> str:
        """The node's text in a sentence: what stands between backquotes there is the reader's own code."""
        return f"`{short(self.text(node))}`"

    def in_parentheses(self, node: cst.AnnAssign) -> bool:
        """Whether it is `(x): int`, whose parentheses are in no span."""
        return self.span(node.target)[0] in self.layout.wrapped

    def line(self, position: int) -> int:
        """The line of a character, from 1."""
        return bisect_right(self._line_starts, position)

    @cached_property
    def spoken(self) -> set[str]:
        """Every word in a string, as Python reads it."""
        return {word for text in self.strings for word in _WORD.findall(text)}

    @cached_property
    def words(self) -> set[str]:
        """Every word of the text, also in strings and comments, as it is written and as Python reads it."""
        written = {self.source, unicodedata.normalize("NFKC", self.source)}
        return self.spoken.union(*map(_WORD.findall, written))

    @cached_property
    def _line_starts(self) -> list[int]:
        return line_starts(self.source)


@with_room
def parse_source(source: str) -> SourceTree:
    """Parse a whole program.

    Raises: ValueError with one clear sentence for what Python does not compile, or LibCST cannot read.
    """
    parsed = PythonTree(source)
    layout = lay_out(parsed)
    try:
        module, spans = _read(source, layout)
    except (ValueError, TypeError, cst.CSTValidationError):
        if not layout.told:
            raise
        layout = lay_out(parsed, told=False)  # LibCST minds what Python does not there, too
        module, spans = _read(source, layout)
    return SourceTree(source, module, spans, layout, frozenset(_strings(parsed.tree)), check_depth(parsed.tree))


def _read(source: str, layout: Layout) -> tuple[cst.Module, dict[cst.CSTNode, CodeSpan]]:
    """LibCST's tree of a layout, and where its nodes stand in it. Raises: ValueError, with the line of the source."""
    try:
        module = cst.parse_module(layout.text)
        spans = _Spans()
        # What MetadataWrapper does for ByteSpanPositionProvider, but in characters and without its two extra walks.
        state = SpanProvidingCodegenState(module.default_indent, module.default_newline, spans, get_length=len)
        module._codegen(state)
    except cst.ParserSyntaxError as error:
        start = layout.text.split("\n")[: error.raw_line - 1]
        place = layout.starts[min(sum(len(line) + 1 for line in start), len(layout.text))]
        line = bisect_right(line_starts(source), place)
        raise ValueError(f"line {line}: LibCST cannot read this source: {error.message}") from error
    if "".join(state.tokens) != layout.text:
        raise ValueError("LibCST cannot read this source: it does not print what it has read")
    return module, spans._computed


def _strings(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
            yield node.value if isinstance(node.value, str) else node.value.decode("latin-1")


def children(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The child nodes that carry meaning, in LibCST's field order, which is the textual order but for defaults."""
    kind = type(node)
    if kind not in _FIELDS:
        names = (f.name for f in fields(kind))
        _FIELDS[kind] = tuple(n for n in names if n not in _LAYOUT and not n.startswith("whitespace"))
    for name in _FIELDS[kind]:
        value = getattr(node, name)
        if isinstance(value, cst.CSTNode):
            yield value
        elif isinstance(value, list | tuple):
            yield from value


class Visitor:
    """A walk that calls `visit_KIND` for the kinds of node that a subclass treats, and goes through all others."""

    def visit(self, node: cst.CSTNode) -> None:
        method = getattr(self, f"visit_{type(node).__name__}", None)
        if method is not None:
            method(node)
        else:
            self.visit_all(children(node))

    def visit_all(self, nodes: Iterable[cst.CSTNode]) -> None:
        for node in nodes:
            self.visit(node)


def walk(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The node and all below it, parents first."""
    stack = [node]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(list(children(node))))


def one_line(text: str) -> str:
    """Code as a label."""
    return " ".join(text.split())


def short(text: str, limit: int = 40) -> str:
    """Code on one line of a menu, or in a sentence."""
    text = one_line(text)
    return text if len(text) <= limit else text[: limit - 1] + "…"
