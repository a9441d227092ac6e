"""What tests could see of sharing one process with the program, as far as their text tells.

Where there is nothing of the kind, and nothing but plain data crosses, calling the program from outside gives what
calling it in one process would. Where there is, the tests also run in one process with it (together.py).
"""

import ast
import builtins

CONSTANTS = (None, True, False, ...)


def reasons(tree: ast.Module, nodes: list[ast.AST], tested: set[str], free: tuple[str, ...], entry_point: str) -> str:
    """The first reason found, "" when there is none. `tested`: the names by which the tests know the entry point."""
    if free:
        return f"the tests use {free[0]}, which the program defines"
    called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    for node in nodes:
        match node:
            case ast.Name(id=name, ctx=ast.Load()) if name in tested and id(node) not in called:
                return f"the tests use {name} otherwise than by calling it"
            case ast.Compare(ops=operators, comparators=others):
                if any(isinstance(operator, ast.Is | ast.IsNot) for operator in operators):
                    sides = (node.left, *others)
                    if not any(isinstance(side, ast.Constant) and side.value in CONSTANTS for side in sides):
                        return "the tests ask what `is` what"
            case ast.Import(names=names) if any(alias.name.split(".")[0] == "random" for alias in names):
                return "the tests draw random numbers"
            case ast.ImportFrom(module="random"):
                return "the tests draw random numbers"
    for name in own_names(tree, nodes):
        if name == entry_point or hasattr(builtins, name):
            return f"the tests define a {name} of their own"
    return ""


def own_names(tree: ast.Module, nodes: list[ast.AST]) -> set[str]:
    """Names that the tests bind where the program, in one process with them, would see it."""
    inner = outermost(tree)
    names = {node.id for node in inner if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    names |= {node.name for node in inner if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)}
    for node in inner:
        if isinstance(node, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name.split(".")[0] for alias in node.names}
    return names.union(*(node.names for node in nodes if isinstance(node, ast.Global)))


def outermost(node: ast.AST) -> list[ast.AST]:
    """The node and what is in it, without the insides of functions and classes."""
    found = [node]
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
        for inner in ast.iter_child_nodes(node):
            found += outermost(inner)
    return found
