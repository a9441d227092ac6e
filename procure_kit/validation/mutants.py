"""Deliberately broken versions of a program: tests that accept them all have no power to judge it."""

import ast
import copy
from collections.abc import Collection, Iterator
from typing import NamedTuple

from procure_kit.analysis.depth import check_depth, with_room
from procure_kit.analysis.python_tree import copied
from procure_kit.concepts.recognition.truth import COMPLEMENTS


class Broken(NamedTuple):
    what: str
    program: str
    branch: bool = False  # it takes the other branch, or the other answer of a comparison


def broken_versions(program: str, entry_point: str, lines: Collection[int] = ()) -> Iterator[Broken]:
    """Yield first a program that does nothing, then ones with a single changed node.

    The first is an entry point that returns None at once, or an empty program where there is no entry point. Changed
    nodes are comparisons (`a < b` → `a >= b`), other conditions (`if a` → `if not a`), returned values (`return x` →
    `return None`) and integers (`1` → `2`), in the order of the syntax tree; with `lines`, only nodes that begin there.

    Raises: SyntaxError when the program does not parse.
    """
    if entry_point:
        yield Broken("a function that returns None at once", f"{program}\n{entry_point} = lambda *a, **k: None\n")
    else:
        yield Broken("a program that does nothing", "")
    tree = with_room(ast.parse)(program.removeprefix("\ufeff"))
    try:
        check_depth(tree)
    except ValueError:
        return  # what is nested so deep can be run, and not be written anew
    for number, node in enumerate(ast.walk(tree)):
        if lines and getattr(node, "lineno", None) not in lines:
            continue
        mutant = _broken(node)
        if mutant is not None and (made := _written(tree, number, node, mutant)):
            yield made


@with_room
def _written(tree: ast.Module, number: int, node: ast.AST, mutant: ast.AST) -> Broken | None:
    """The program with a mutant in the place of its `number`-th node; None where that changes nothing."""
    if ast.dump(mutant) == ast.dump(node):
        return None
    changed = copied(tree)
    target = next(twin for index, twin in enumerate(ast.walk(changed)) if index == number)
    target.__dict__.update(mutant.__dict__)
    what = f"line {node.lineno} with {ast.unparse(mutant).splitlines()[0]!r}"
    return Broken(what, ast.unparse(changed), not isinstance(node, ast.Return | ast.Constant))


def _broken(node: ast.AST) -> ast.AST | None:
    match node:
        case ast.Compare(ops=[operator]):
            return ast.Compare(node.left, [COMPLEMENTS[type(operator)]()], node.comparators)
        case ast.If() | ast.While() | ast.IfExp() if not isinstance(node.test, ast.Compare | ast.Constant):
            changed = copy.copy(node)
            changed.test = ast.UnaryOp(ast.Not(), node.test)
            return changed
        case ast.Return(value=ast.expr()):
            return ast.Return(ast.Constant(None))
        case ast.Constant(value=int()) if not isinstance(node.value, bool):
            return ast.Constant(node.value + 1)
    return None
