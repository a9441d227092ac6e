"""Problems out of an installed package or module: its functions whose doctests call them.

The source is read, not imported. What a function needs of its module it imports from there, so that it runs in the
sandbox as it does at home; its doctests become the tests.
"""

import ast
import builtins
import doctest
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

from procure_kit.mutants import broken_versions
from procure_kit.problems import Problem
from procure_kit.runner import run_many

NOT_ITS_OWN = {"tests", "test", "testing", "conftest.py", "setup.py", "__main__.py", "_vendor", "vendor"}


def problems_from_package(
    name: str,
    *,
    limit: int | None = None,
    timeout: float = 10.0,
    workers: int = 2,
    on_left_out: Callable[[str], None] = lambda why: None,
) -> list[Problem]:
    """Each top-level function that passes its own doctests, and whose doctests notice when it returns None.

    `limit`: as many problems at most. `on_left_out` is told of each function with doctests that is no problem, and why.
    Raises: ValueError when there is no such package, or none of its functions is one.
    """
    problems = list(_functions(name, on_left_out))
    results = run_many(((problem.program, problem) for problem in problems), workers, timeout=timeout)
    sound = []
    for problem, result in zip(problems, results, strict=True):
        sound += [problem] if result.passed else []
        if not result.passed:
            on_left_out(f"{problem.task_id}: {result.status}: {result.detail}")
    nothings = ((next(broken_versions(p.program, p.entry_point)).program, p) for p in sound)
    found = []
    for problem, result in zip(sound, run_many(nothings, workers, timeout=timeout), strict=True):
        if not result.passed:
            found.append(problem)
        else:
            on_left_out(f"{problem.task_id}: its doctests also pass for a function that returns None")
    if not found:
        raise ValueError(f"no function of {name!r} passes doctests of its own")
    return list(islice(found, limit))


def _functions(name: str, on_left_out: Callable[[str], None]) -> Iterator[Problem]:
    for module, path in _files(name):
        try:
            source = path.read_text(encoding="utf-8").replace("\r\n", "\n")
            tree = ast.parse(source)
        except (OSError, ValueError, SyntaxError) as error:
            on_left_out(f"{module}: it cannot be read: {error}")
            continue
        bound = set(_bound(tree.body))
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and ">>>" in (ast.get_docstring(node) or ""):
                try:
                    yield _problem(module, source, tree, node, bound)
                except ValueError as error:
                    on_left_out(f"{module}/{node.name}: {error}")


def _files(name: str) -> list[tuple[str, Path]]:
    try:
        spec = find_spec(name)
    except (ImportError, ValueError, AttributeError) as error:
        raise ValueError(f"no package or module {name!r} is installed: {error}") from error
    if spec is None:
        raise ValueError(f"no package or module {name!r} is installed")
    if not spec.submodule_search_locations:
        if not spec.origin or not spec.origin.endswith(".py"):
            raise ValueError(f"{name!r} has no Python source")
        return [(name, Path(spec.origin))]
    found = []
    for folder in map(Path, spec.submodule_search_locations):
        for path in sorted(folder.rglob("*.py")):
            parts = path.relative_to(folder).parts
            if not NOT_ITS_OWN & set(parts):
                inner = [*parts[:-1], *([] if parts[-1] == "__init__.py" else [path.stem])]
                found.append((".".join([name, *inner]), path))
    return found


def _bound(body: list[ast.stmt]) -> Iterator[str]:
    """Names that a module's own statements bind, those under an `if` or a `try` included."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name.split(".")[0] for alias in node.names)
        else:
            for child in ast.walk(node):
                if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store):
                    yield child.id
            for field in ("body", "orelse", "finalbody"):
                yield from _bound([child for child in getattr(node, field, ()) if isinstance(child, ast.stmt)])
            for handler in getattr(node, "handlers", ()):
                yield from _bound(handler.body)


def _problem(module: str, source: str, tree: ast.Module, node: ast.FunctionDef, bound: set[str]) -> Problem:
    if any(isinstance(inner, ast.ImportFrom) and inner.level for inner in ast.walk(node)):
        raise ValueError("it imports relative to its module")
    if len(node.body) < 2:
        raise ValueError("it has no code behind its docstring")
    lines = source.split("\n")
    start = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)]) - 1
    end = node.body[0].end_lineno
    if node.body[1].lineno == end:
        raise ValueError("its code begins on the line of its docstring")
    needed = {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)} & bound - {node.name}
    future = [part for part in tree.body if isinstance(part, ast.ImportFrom) and part.module == "__future__"]
    head = [ast.unparse(part) for part in future]
    head += [f"from {module} import {', '.join(sorted(needed))}"] if needed else []
    prompt = "\n".join([*head, *(["", ""] if head else []), *lines[start:end]]) + "\n"
    test, asked = _tests(node)
    helpers = sorted((asked & bound) - {node.name})
    setup = f"from {module} import {', '.join(helpers)}\n" if helpers else ""
    solution = "\n".join(lines[end : node.end_lineno]) + "\n"
    return Problem(f"{module}/{node.name}", prompt, solution, test, node.name, setup)


def _tests(node: ast.FunctionDef) -> tuple[str, set[str]]:
    """The doctests as asserts, one after the other, and the names that they take from elsewhere."""
    examples = doctest.DocTestParser().get_examples(ast.get_docstring(node))
    statements: list[ast.stmt] = []
    for example in examples:
        if not example.options.get(doctest.SKIP):
            statements += _Ours(node.name).statements(example)
    used = {n.id for s in statements for n in ast.walk(s) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    if node.name not in used or not any(isinstance(s, ast.Assert | ast.Try) for s in statements):
        raise ValueError("no doctest compares what it returns")
    given = set(_bound(statements))
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
