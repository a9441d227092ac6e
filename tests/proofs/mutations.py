"""More broken versions of a program than validation needs: operators, bounds, texts, statements that are left out."""

import ast
import copy
from collections.abc import Iterator

OTHER = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.FloorDiv, ast.FloorDiv: ast.Div}
OTHER |= {ast.Mod: ast.FloorDiv, ast.Pow: ast.Mult, ast.And: ast.Or, ast.Or: ast.And}
NEAR = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.GtE, ast.NotEq: ast.Lt}


def operator(node: ast.AST) -> bool:
    """`a + b` → `a - b` and its like, `a and b` → `a or b`"""
    if not isinstance(node, ast.BinOp | ast.AugAssign | ast.BoolOp) or type(node.op) not in OTHER:
        return False
    node.op = OTHER[type(node.op)]()
    return True


def bound(node: ast.AST) -> bool:
    """`a < b` → `a <= b` and its like"""
    if not isinstance(node, ast.Compare) or type(node.ops[0]) not in NEAR:
        return False
    node.ops = [NEAR[type(node.ops[0])](), *node.ops[1:]]
    return True


def constant(node: ast.AST) -> bool:
    """`3` → `2`, `"a"` → `""`, `True` → `False`"""
    if not isinstance(node, ast.Constant) or not isinstance(node.value, int | str) or node.value in ("", False):
        return False
    node.value = "" if isinstance(node.value, str) else False if node.value is True else node.value - 1
    return True


def left_out(node: ast.AST) -> bool:
    """`x = 1` → `pass`, and other statements alike"""
    if not isinstance(node, ast.Assign | ast.AugAssign | ast.Expr | ast.Break | ast.Continue):
        return False
    node.__class__ = ast.Pass
    return True


def first_argument(node: ast.AST) -> bool:
    """`f(a, b)` → `a`"""
    if not isinstance(node, ast.Return) or not isinstance(node.value, ast.Call) or not node.value.args:
        return False
    node.value = node.value.args[0]
    return True


MUTATORS = (operator, bound, constant, left_out, first_argument)


def mutations(program: str) -> Iterator[str]:
    """The program with one node changed by one of MUTATORS, for each node and mutator that go together."""
    tree = ast.parse(program)
    for number, node in enumerate(ast.walk(tree)):
        for mutator in MUTATORS:
            if mutator(copy.copy(node)):
                changed = copy.deepcopy(tree)
                mutator(next(twin for index, twin in enumerate(ast.walk(changed)) if index == number))
                yield ast.unparse(changed)
