"""A `while` that counts, read as the `for` that it says: for the comparison of two syntax trees."""

import ast


class Counted(ast.NodeTransformer):
    """`i = 0` with `while i < n: …; i += 1` behind it is `for i in range(0, n, 1): …`; one that takes `x = xs[i]` out
    of `len(xs)` is `for x in xs: …`."""

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list):
                setattr(node, name, _with_for(block))
        return node

    def visit_For(self, node: ast.For) -> ast.stmt:
        self.generic_visit(node)
        match node.iter:
            case ast.Call(func=ast.Name(id="range"), args=[stop], keywords=[]):
                node.iter.args = [ast.Constant(0), stop, ast.Constant(1)]
            case ast.Call(func=ast.Name(id="range"), args=[_, _], keywords=[]):
                node.iter.args = [*node.iter.args, ast.Constant(1)]
        return node


def _with_for(block: list[ast.stmt]) -> list[ast.stmt]:
    found: list[ast.stmt] = []
    for node in block:
        loop = _loop(found[-1], node) if found and isinstance(node, ast.While) else None
        if loop is not None:
            found.pop()
        found.append(loop or node)
    return found


def _loop(before: ast.stmt, node: ast.While) -> ast.For | None:
    given, step = _given(before), _step(node.body[-1])
    match node.test:
        case ast.Compare(left=ast.Name(id=name), ops=[operator], comparators=[end]) if step and name in given:
            if step[0] != name or not isinstance(operator, ast.Lt if step[1] > 0 else ast.Gt) or len(node.body) < 2:
                return None
        case _:
            return None
    if len(given) == 2:
        if not isinstance(end, ast.Name) or end.id == name or end.id not in given:
            return None
        end = given[end.id]
    body, start = node.body[:-1], given[name]
    match body[0], end:
        case (
            ast.Assign(targets=[target], value=ast.Subscript(value=ast.Name(id=of), slice=ast.Name(id=at))),
            ast.Call(func=ast.Name(id="len"), args=[ast.Name(id=whole)], keywords=[]),
        ) if at == name and of == whole and len(body) > 1 and step[1] == 1 and _is_zero(start):
            if not _names(body[1:], name):
                return ast.For(target, ast.Name(whole, ast.Load()), body[1:], node.orelse)
    number = ast.parse(str(step[1]), mode="eval").body
    call = ast.Call(ast.Name("range", ast.Load()), [start, end, number], [])
    return ast.copy_location(ast.For(ast.Name(name, ast.Store()), call, body, node.orelse), node)


def _given(node: ast.stmt) -> dict[str, ast.expr]:
    """What each name is given by `i = 0` or `i, stop = 0, n`."""
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            return {name: value}
        case ast.Assign(targets=[ast.Tuple(elts=[ast.Name(id=one), ast.Name(id=two)])], value=ast.Tuple(elts=[a, b])):
            return {one: a, two: b}
    return {}


def _step(node: ast.stmt) -> tuple[str, int] | None:
    """The name that is counted, and by how much."""
    match node:
        case ast.AugAssign(target=ast.Name(id=name), op=ast.Add(), value=ast.Constant(value=int(size))) if size > 0:
            return name, size
        case ast.AugAssign(target=ast.Name(id=name), op=ast.Sub(), value=ast.Constant(value=int(size))) if size > 0:
            return name, -size
    return None


def _is_zero(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == 0 and type(node.value) is int


def _names(nodes: list[ast.stmt], name: str) -> bool:
    return any(isinstance(inner, ast.Name) and inner.id == name for node in nodes for inner in ast.walk(node))
