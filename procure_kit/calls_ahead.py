"""The calls that tests begin with, whatever comes of them: they can be sent all at once."""

import ast
from collections.abc import Iterator

CONDITIONAL = (ast.BoolOp, ast.IfExp, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def calls_ahead(body: list[ast.stmt], checks: list[ast.FunctionDef], name: str) -> Iterator[tuple[tuple, dict]]:
    """The arguments of the first statements' calls, as long as these are asserts with one call of literals each."""
    if checks:
        if len(checks) > 1 or len(checks[0].args.args) != 1:
            return
        body, name = checks[0].body, checks[0].args.args[0].arg
    for statement in body:
        inside = list(ast.walk(statement))
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
        yield args, kwargs
