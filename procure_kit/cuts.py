"""Where the two programs of a pair are cut for completion (CACP, arXiv 2402.05980).

If-Else Flip: both at the start of the then-body, so the prefix ends with the `if` line. The other concepts: the
trailing quarter of the function's body is removed at the same line in both, and the change must lie at least partly
in what is kept.
"""

import ast
import io
from dataclasses import dataclass

from procure_kit.counterfactual import Counterfactual, Span

KEPT = 0.75  # the share of the body's lines that stays


@dataclass(frozen=True)
class Cut:
    """A program with a hole: the model continues `prefix`, and `suffix` follows what it wrote."""

    prefix: str  # ends before a newline, never after it: the newline belongs to the next token
    suffix: str
    indent: int  # columns before `def`: a line that starts no further right ends the function


def cut_pair(cf: Counterfactual) -> tuple[Cut, Cut] | None:
    """Cut the original and the counterfactual at corresponding places; None where CACP has no cut point for them."""
    if not cf.changed or not cf.changed_original:
        return None
    sides = (cf.original, cf.changed_original), (cf.counterfactual, cf.changed)
    cut = _at_then_body if cf.concept == "if_else_flip" else _at_three_quarters
    cuts = [cut(source, spans) for source, spans in sides]
    if None in cuts or (cf.concept != "if_else_flip" and _lines(cuts[0].prefix) != _lines(cuts[1].prefix)):
        return None
    return cuts[0], cuts[1]


def _at_then_body(source: str, spans: tuple[Span, ...]) -> Cut | None:
    text = _Offsets(source)
    for node in ast.walk(text.tree):
        if isinstance(node, ast.If) and text.span(node.test)[0] <= spans[0][0] <= text.span(node.test)[1]:
            function = _enclosing_function(text, text.span(node)[0])
            if function is None:
                return None
            header_end = text.span(node.body[0])[0]
            return _cut(text, function, source[:header_end].rstrip())
    return None


def _at_three_quarters(source: str, spans: tuple[Span, ...]) -> Cut | None:
    text = _Offsets(source)
    function = _enclosing_function(text, spans[0][0])
    if function is None:
        return None
    body = function.body[1:] if ast.get_docstring(function, clean=False) is not None else function.body
    if not body:
        return None
    first = body[0].lineno
    kept = int(KEPT * (function.end_lineno - first + 1))
    end = text.line_starts[first - 1 + kept]
    return _cut(text, function, source[:end].rstrip()) if kept and spans[0][0] < end else None


def _cut(text: "_Offsets", function: ast.FunctionDef, prefix: str) -> Cut:
    return Cut(prefix, text.source[text.span(function)[1] :], function.col_offset)


def _enclosing_function(text: "_Offsets", position: int) -> ast.FunctionDef | None:
    """The outermost function whose text holds the character; a method counts, a closure belongs to its function."""
    functions = (n for n in ast.walk(text.tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
    return next((f for f in functions if text.span(f)[0] <= position < text.span(f)[1]), None)


def _lines(text: str) -> int:
    return text.count("\n")


class _Offsets:
    """A parsed source whose nodes' (line, UTF-8 column) positions are turned into character offsets."""

    def __init__(self, source: str):
        self.source = source
        self.tree = ast.parse(source)
        self.lines = list(io.StringIO(source, newline=""))  # str.splitlines knows more line ends than Python does
        self.line_starts = [0]
        for line in self.lines:
            self.line_starts.append(self.line_starts[-1] + len(line))

    def span(self, node: ast.AST) -> Span:
        return self._offset(node.lineno, node.col_offset), self._offset(node.end_lineno, node.end_col_offset)

    def _offset(self, line: int, column: int) -> int:
        return self.line_starts[line - 1] + len(self.lines[line - 1].encode()[:column].decode())
