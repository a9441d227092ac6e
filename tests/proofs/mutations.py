"""More broken versions of a program than validation needs: operators, texts, and statements that are left out."""

import ast
import copy
from collections.abc import Iterator

OTHER = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.FloorDiv, ast.FloorDiv: ast.Div}
OTHER |= {ast.Mod: ast.FloorDiv, ast.Pow: ast.Mult, ast.And: ast.Or, ast.Or: ast.And}


def mutations(program: str) -> Iterator[str]:
    """The program with one node changed, for each node that can be.

    `a + b` → `a - b` and its like, `a and b` → `a or b`, a text → the empty one, a statement → `pass`.
    """
    tree = ast.parse(program)
    for number in range(sum(1 for _ in ast.walk(tree))):
        changed = copy.deepcopy(tree)
        target = next(twin for index, twin in enumerate(ast.walk(changed)) if index == number)
        if _mutate(target):
            yield ast.unparse(changed)


def _mutate(node: ast.AST) -> bool:
    """Change the node; whether there was something to change."""
    match node:
        case ast.BinOp() | ast.AugAssign() | ast.BoolOp() if type(node.op) in OTHER:
            node.op = OTHER[type(node.op)]()
        case ast.Constant(value=str(text)) if text and "\n" not in text:
            node.value = ""
        case ast.Assign() | ast.AugAssign() | ast.Expr(value=ast.Call()):
            node.__class__ = ast.Pass
        case _:
            return False
    return True
