"""Deliberately broken versions of a program: tests that accept them all have no power to judge it."""

import ast
import copy
from collections.abc import Iterator

COMPLEMENTS = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.GtE,
    ast.GtE: ast.Lt,
    ast.Gt: ast.LtE,
    ast.LtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}


def broken_versions(program: str, entry_point: str) -> Iterator[tuple[str, str]]:
    """Yield (what was broken, program): first an entry point that returns None at once, then single changed nodes.

    Changed nodes are comparisons (`a < b` → `a >= b`), returned values (`return x` → `return None`) and integers
    (`1` → `2`), in the order of the syntax tree.

    Raises: SyntaxError when the program does not parse.
    """
    yield "a function that returns None at once", f"{program}\n{entry_point} = lambda *args, **kwargs: None\n"
    tree = ast.parse(program)
    for number, node in enumerate(ast.walk(tree)):
        mutant = _broken(node)
        if mutant is not None and ast.dump(mutant) != ast.dump(node):
            changed = copy.deepcopy(tree)
            target = next(twin for index, twin in enumerate(ast.walk(changed)) if index == number)
            target.__dict__.update(mutant.__dict__)
            yield f"line {node.lineno} with {ast.unparse(mutant)!r}", ast.unparse(changed)


def _broken(node: ast.AST) -> ast.AST | None:
    match node:
        case ast.Compare(ops=[operator]):
            return ast.Compare(node.left, [COMPLEMENTS[type(operator)]()], node.comparators)
        case ast.Return(value=ast.expr()):
            return ast.Return(ast.Constant(None))
        case ast.Constant(value=int()) if not isinstance(node.value, bool):
            return ast.Constant(node.value + 1)
    return None
