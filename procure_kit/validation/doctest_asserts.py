"""A function's doctests as asserts, which the runner takes for tests."""

import ast
import builtins
import doctest
from collections.abc import Iterable, Iterator


def asserts(node: ast.FunctionDef) -> tuple[str, set[str]]:
    """The doctests as asserts, one after the other, and the names that they take from elsewhere.

    Raises: ValueError when one of them does not parse, or none compares what the function returns.
    """
    examples = doctest.DocTestParser().get_examples(ast.get_docstring(node))
    statements: list[ast.stmt] = []
    for example in examples:
        if not example.options.get(doctest.SKIP):
            statements += _Ours(node.name).statements(example)
    used = {n.id for s in statements for n in ast.walk(s) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    if node.name not in used or not any(isinstance(s, ast.Assert | ast.Try) for s in statements):
        raise ValueError("no doctest compares what it returns")
    given = set(bound_names(statements))
    text = "\n".join(ast.unparse(ast.fix_missing_locations(statement)) for statement in statements)
    return text + "\n", {name for name in used if name not in given and not hasattr(builtins, name)}


class _Ours(ast.NodeTransformer):
    """Turns an example into statements that call the function under test, however the example imports it."""

    def __init__(self, name: str):
        self.name = name

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        plain = isinstance(node.value, ast.Name) and node.attr == self.name
        return ast.copy_location(ast.Name(self.name, ast.Load()), node) if plain else node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | None:
        node.names = [alias for alias in node.names if alias.name != self.name or alias.asname]
        return node if node.names else None

    def statements(self, example: doctest.Example) -> list[ast.stmt]:
        try:
            body = [self.visit(part) for part in ast.parse(example.source).body]
        except SyntaxError as error:
            raise ValueError(f"a doctest does not parse: {error.msg}") from error
        except MemoryError as error:
            raise ValueError("a doctest is nested too deeply to be parsed") from error
        body = [part for part in body if part is not None]
        if example.exc_msg is not None:
            kind = example.exc_msg.partition(":")[0].strip()
            if not body or not isinstance(getattr(builtins, kind, None), type):
                return []
            failed = ast.parse(f"raise AssertionError('no {kind} was raised')").body
            return [ast.Try(body, [ast.ExceptHandler(ast.Name(kind, ast.Load()), None, [ast.Pass()])], failed, [])]
        if not example.want or not body or not isinstance(body[-1], ast.Expr):
            return body
        return [*body[:-1], *_compared(body[-1].value, example)]


def _compared(value: ast.expr, example: doctest.Example) -> list[ast.stmt]:
    """An assert that the value is what the example shows; nothing where only its printed form could tell."""
    want, shown = example.want.rstrip("\n"), "repr"
    flags = sum(flag for flag, on in example.options.items() if on)
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "print":
        if len(value.args) != 1 or value.keywords or isinstance(value.args[0], ast.Starred):
            return []
        value, shown = value.args[0], "str"
    text = ast.unparse(value)
    if shown == "repr" and not flags:
        try:
            return ast.parse(f"assert ({text}) == {ast.literal_eval(want)!r}").body
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            pass  # no literal: its printed form is compared
    if flags:
        check = f"doctest.OutputChecker().check_output({want + chr(10)!r}, {shown}({text}) + '\\n', {flags})"
        return ast.parse(f"import doctest\nassert {check}").body
    return ast.parse(f"assert {shown}({text}) == {want!r}").body


def bound_names(body: Iterable[ast.AST]) -> Iterator[str]:
    """Names that a module's own statements bind, those under an `if` or a `try` included."""
    rest = list(body)
    while rest:
        node = rest.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Store):
                yield node.id
        else:
            rest.extend(ast.iter_child_nodes(node))
