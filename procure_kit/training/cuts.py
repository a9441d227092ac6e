"""Where the two programs of a pair are cut for completion (CACP, arXiv 2402.05980).

If-Else Flip: both at the start of the then-body, so the prefix ends with the `if` line. The other concepts: the
trailing quarter of the function's body is removed at the same line in both, and the change must lie at least partly
in what is kept. A program that reads standard input may have its code outside of functions: there the program itself is
what a function is elsewhere.
"""

import ast
from dataclasses import dataclass

from procure_kit.analysis.python_tree import PythonTree
from procure_kit.problems.counterfactual import Counterfactual, Span

SYMBOLS = {ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.GtE: ">=", ast.Gt: ">", ast.LtE: "<="}
KEPT = 0.75  # the share of the body's lines that stays


@dataclass(frozen=True)
class Cut:
    """A program with a hole: the model continues `prefix`, and `suffix` follows what it wrote."""

    prefix: str  # ends before a newline, never after it: the newline belongs to the next token
    suffix: str
    indent: int  # columns before `def`: a line that starts no further right ends the function; -1: nothing ends it


def cut_pair(cf: Counterfactual, program: bool = False) -> tuple[Cut, Cut] | None:
    """Cut the original and the counterfactual at corresponding places; None where CACP has no cut point for them.

    `program`: what lies outside of functions can be cut, too.
    """
    if not cf.changed or not cf.changed_original:
        return None
    sides = (cf.original, cf.changed_original), (cf.counterfactual, cf.changed)
    cut = _at_then_body if cf.concept == "if_else_flip" else _at_three_quarters
    cuts = [cut(source, spans, program) for source, spans in sides]
    if None in cuts or (cf.concept != "if_else_flip" and _lines(cuts[0].prefix) != _lines(cuts[1].prefix)):
        return None
    return cuts[0], cuts[1]


def operators(cf: Counterfactual) -> tuple[str, str] | None:
    """The relational operators that a flip's two tests compare by; None where a test is no single comparison."""
    found = []
    for source, spans in ((cf.original, cf.changed_original), (cf.counterfactual, cf.changed)):
        node = _flipped(PythonTree(source), spans) if spans and cf.concept == "if_else_flip" else None
        if node is None or not isinstance(node.test, ast.Compare) or len(node.test.ops) != 1:
            return None
        found.append(SYMBOLS.get(type(node.test.ops[0]), ""))
    return (found[0], found[1]) if all(found) else None


def _flipped(text: PythonTree, spans: tuple[Span, ...]) -> ast.If | None:
    ifs = (node for node in ast.walk(text.tree) if isinstance(node, ast.If))
    return next((n for n in ifs if text.span(n.test)[0] <= spans[0][0] <= text.span(n.test)[1]), None)


def _at_then_body(source: str, spans: tuple[Span, ...], program: bool) -> Cut | None:
    text = PythonTree(source)
    node = _flipped(text, spans)
    if node is None:
        return None
    function = _enclosing_function(text, text.span(node)[0])
    if function is None and not program:
        return None
    return _cut(text, function, source[: text.span(node.body[0])[0]].rstrip())


def _at_three_quarters(source: str, spans: tuple[Span, ...], program: bool) -> Cut | None:
    text = PythonTree(source)
    function = _enclosing_function(text, spans[0][0])
    if function is None and not program:
        return None
    whole = function or text.tree
    body = whole.body[1:] if ast.get_docstring(whole) is not None else whole.body
    if not body:
        return None
    first = body[0].lineno
    kept = int(KEPT * (body[-1].end_lineno - first + 1))
    end = text.starts[first - 1 + kept]
    return _cut(text, function, source[:end].rstrip()) if kept and spans[0][0] < end else None


def _cut(text: PythonTree, function: ast.FunctionDef | None, prefix: str) -> Cut:
    if function is None:
        return Cut(prefix, "\n", -1)
    return Cut(prefix, text.source[text.span(function)[1] :], function.col_offset)


def _enclosing_function(text: PythonTree, position: int) -> ast.FunctionDef | None:
    """The outermost function whose text holds the character; a method counts, a closure belongs to its function."""
    functions = (n for n in ast.walk(text.tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
    return next((f for f in functions if text.span(f)[0] <= position < text.span(f)[1]), None)


def _lines(text: str) -> int:
    return text.count("\n")
