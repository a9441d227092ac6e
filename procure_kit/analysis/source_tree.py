"""One parse a source: LibCST's tree with the character span of every node.

LibCST keeps every byte and knows where names stand inside f-strings (Python 3.11's own parser does not). Rewrites
never print the tree: they edit the text at these spans, so all that is not changed stays byte for byte.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from functools import cached_property

import libcst as cst
from libcst.metadata.span_provider import CodeSpan, SpanProvidingCodegenState

from procure_kit.analysis.python_tree import BOM, check_syntax, line_starts
from procure_kit.problems.counterfactual import Span

# Layout that carries no names: skipping it makes a walk several times shorter.
_LAYOUT = {
    "leading_lines", "lines_after_decorators", "header", "footer", "trailing_whitespace", "comma", "lpar", "rpar",
    "lbracket", "rbracket", "lbrace", "rbrace", "semicolon", "equal", "dot", "colon", "first_colon", "second_colon",
    "operator", "operators", "indent", "asynchronous", "separator", "star", "default_indent", "default_newline",
    "leading_whitespace", "trailing_comma",
}  # fmt: skip
_FIELDS: dict[type, tuple[str, ...]] = {}


class _Spans:
    """What LibCST's span-recording printer writes to."""

    def __init__(self):
        self._computed: dict[cst.CSTNode, CodeSpan] = {}


@dataclass(frozen=True, eq=False)
class SourceTree:
    """A source, its LibCST module and where each node stands."""

    source: str
    module: cst.Module
    spans: dict[cst.CSTNode, CodeSpan]
    place: list[int] | None  # of each character that LibCST keeps; None: it keeps all

    def span(self, node: cst.CSTNode) -> Span:
        """[start, end) of the node in characters, without its parentheses and layout."""
        found = self.spans[node]
        start, end = found.start, found.start + found.length
        if self.place is None:
            return start, end
        return self.place[start], self.place[end - 1] + 1 if end > start else self.place[start]

    def text(self, node: cst.CSTNode) -> str:
        start, end = self.span(node)
        return self.source[start:end]

    def line(self, position: int) -> int:
        """The line of a character, from 1."""
        return bisect_right(self._line_starts, position)

    @cached_property
    def _line_starts(self) -> list[int]:
        return line_starts(self.source)


def parse_source(source: str) -> SourceTree:
    """Parse a whole program.

    Raises: ValueError with one clear sentence for what Python or LibCST cannot read.
    """
    check_syntax(source)
    try:
        module = cst.parse_module(source.removeprefix(BOM))
        spans = _Spans()
        # What MetadataWrapper does for ByteSpanPositionProvider, but in characters and without its two extra walks.
        state = SpanProvidingCodegenState(module.default_indent, module.default_newline, spans, get_length=len)
        module._codegen(state)
    except cst.CSTValidationError as error:
        raise ValueError(f"LibCST cannot read this source: {error}") from error
    except cst.ParserSyntaxError as error:
        raise ValueError(f"line {error.raw_line}: LibCST cannot read this source: {error.message}") from error
    code = "".join(state.tokens)
    return SourceTree(source, module, spans._computed, None if code == source else _align(source, code))


def _align(source: str, code: str) -> list[int]:
    """Where each character of `code` stands in `source`: LibCST drops byte-order marks, form feeds and some blanks.

    Raises: ValueError when they differ in more than that.
    """
    place, at = [], 0
    for character in code:
        while at < len(source) and source[at] != character and source[at] in BOM + " \t\f":
            at += 1
        if at == len(source) or source[at] != character:
            raise ValueError(
                f"line {len(re.findall(chr(10), source[:at])) + 1}: the layout cannot be kept byte for byte"
            )
        place.append(at)
        at += 1
    return [*place, at]


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
