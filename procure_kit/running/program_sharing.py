"""What a program could see, or let be seen, of sharing one process with its tests, as far as its text tells.

What crosses the boundary is equal to what was sent, and mutable containers stay themselves; but a text, a number or a
tuple that is passed twice arrives as two, the callers on the stack are others, and the modules are there twice. Where
a program may notice, its tests also run in one process with it (together.py). sharing.py looks at the tests' text.
"""

import ast
import types
from opcode import opmap

from procure_kit.running.sharing import CONSTANTS

TELLING = {
    "id", "is_", "is_not", "intern", "getsizeof", "getrefcount",  # which object it is
    "inspect", "traceback", "_getframe", "gc", "globals", "eval", "exec", "vars", "dir",  # who calls, what is there
    "builtins", "__builtins__", "setattr", "delattr", "set_int_max_str_digits", "setrecursionlimit",  # what is for all
}  # fmt: skip
IS, SETS, DELETES = opmap["IS_OP"], opmap["STORE_ATTR"], opmap["DELETE_ATTR"]


def telling(source: str, code: types.CodeType) -> str:
    """What in a program may tell; "" where nothing does. `code`: the source, compiled.

    The compiled form is searched first, because a tree takes longer to make than most programs to run.
    """
    waiting, suspect = [code], False
    while waiting:
        one = waiting.pop()
        suspect = suspect or not {IS, SETS, DELETES}.isdisjoint(one.co_code[::2])  # every second byte is an operation
        if named := TELLING.intersection(one.co_names):
            return f"the program uses {min(named)}"
        waiting += [inner for inner in one.co_consts if type(inner) is types.CodeType]
    if not suspect:
        return ""
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except (RecursionError, MemoryError):  # it could be compiled, and is too deep for a tree of Python's
        return "the program is nested too deep to be looked at"
    imports = (alias for node in nodes if isinstance(node, ast.Import | ast.ImportFrom) for alias in node.names)
    modules = {alias.asname or alias.name.partition(".")[0] for alias in imports}
    return next(filter(None, (_reason(node, modules) for node in nodes)), "")


def _reason(node: ast.AST, modules: set[str]) -> str:
    match node:
        case ast.Compare(left=left, ops=operators, comparators=others):
            sides = [left, *others]
            for operator, one, other in zip(operators, sides, others, strict=False):
                if isinstance(operator, ast.Is | ast.IsNot) and not (_single(one) or _single(other)):
                    return "the program asks what `is` what"
        case ast.Attribute(value=ast.Name(id=name), ctx=ast.Store() | ast.Del()) if name in modules:
            return f"the program changes {name}.{node.attr}"
    return ""


def _single(node: ast.expr) -> bool:
    """Whether it stands for None, True and their like, or for a type, of which there is one on each side."""
    match node:
        case ast.Constant(value=value):
            return any(value is constant for constant in CONSTANTS)
        case ast.Call(func=ast.Name(id="type")) | ast.Attribute(attr="__class__"):
            return True
    return False
