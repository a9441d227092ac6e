"""When two tests mean the same by De Morgan's laws."""

import ast

from procure_kit.analysis.python_tree import copied
from procure_kit.concepts.recognition.syntax_pairs import dump

COMPLEMENTS = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip


def truth(node: ast.expr, negate: bool = False) -> tuple:
    """A test in a form in which two tests that mean the same by De Morgan's laws are equal: `not` pushed inwards."""
    match node:
        case ast.UnaryOp(op=ast.Not()):
            return truth(node.operand, not negate)
        case ast.BoolOp():
            parts = [truth(value, negate) for value in node.values]
            return _join(isinstance(node.op, ast.And) != negate, parts)
        case ast.Compare(comparators=[right]):
            return _atom(node.left, node.ops[0], right, negate)
        case ast.Compare() if all(isinstance(middle, ast.Name | ast.Constant) for middle in node.comparators[:-1]):
            lefts = [node.left, *node.comparators]
            parts = [_atom(a, op, b, negate) for a, op, b in zip(lefts, node.ops, node.comparators, strict=False)]
            return _join(not negate, parts)
    return ("not" if negate else "is", _dump(node))


def _atom(left: ast.expr, op: ast.cmpop, right: ast.expr, negate: bool) -> tuple:
    kind = COMPLEMENTS[type(op)] if negate else type(op)
    return ("compare", _dump(left), kind.__name__, _dump(right))


def _join(conjunction: bool, parts: list[tuple]) -> tuple:
    name = "and" if conjunction else "or"
    return (name, *(inner for part in parts for inner in (part[1:] if part[0] == name else [part])))


def _dump(node: ast.expr) -> str:
    """The expression with each conditional expression inside it the one way round of the two that sorts first."""
    if not any(isinstance(inner, ast.IfExp) for inner in ast.walk(node)):
        return dump(node)
    return dump(_Upright().visit(copied(node)))


class _Upright(ast.NodeTransformer):
    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        self.generic_visit(node)
        ways = [(repr(truth(node.test)), node.body, node.orelse)]
        ways.append((repr(truth(node.test, negate=True)), node.orelse, node.body))
        test, body, orelse = min(ways, key=lambda way: way[0])
        return ast.Call(ast.Constant(test), [body, orelse], [])
