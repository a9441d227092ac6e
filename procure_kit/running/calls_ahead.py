"""The calls that tests begin with, whatever comes of them: they can be sent all at once."""

import ast
from collections.abc import Iterator

CONDITIONAL = (ast.BoolOp, ast.IfExp, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
LEAVES = {int, str, type(None), ast.Constant, ast.Load, ast.Store}


def walk(tree: ast.AST) -> list[ast.AST]:
    """The node and all below it but for LEAVES, which are more than half: `ast.walk` takes twice the time."""
    found = [tree]
    for node in found:
        for name in node._fields:
            value = getattr(node, name)
            if type(value) is list:
                found += [inner for inner in value if type(inner) not in LEAVES]
            elif type(value) not in LEAVES:
                found.append(value)
    return found


def calls_ahead(body: list[ast.stmt], checks: list[ast.FunctionDef], name: str) -> Iterator[tuple[tuple, dict]]:
    """The arguments of the first statements' calls, as long as these are asserts with one call of literals each."""
    if checks:
        if len(checks) > 1 or len(checks[0].args.args) != 1:
            return
        body, name = checks[0].body, checks[0].args.args[0].arg
    for statement in body:
        inside = walk(statement)
        used = [node for node in inside if isinstance(node, ast.Name) and node.id == name]
        if not used and isinstance(statement, ast.Assert | ast.Import | ast.ImportFrom | ast.Expr | ast.Pass):
            continue
        calls = [node for node in inside if isinstance(node, ast.Call) and node.func in used]
        if not isinstance(statement, ast.Assert) or len(used) != 1 or len(calls) != 1:
            return
        if statement.msg is not None or any(isinstance(node, CONDITIONAL) for node in inside):
            return
        try:
            args = tuple(ast.literal_eval(arg) for arg in calls[0].args)
            kwargs = {keyword.arg: ast.literal_eval(keyword.value) for keyword in calls[0].keywords}
        except (ValueError, TypeError):
            return
        if None in kwargs:  # f(**names)
            return
        yield args, kwargs
