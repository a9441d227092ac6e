"""Problems out of an installed package or module: its functions whose doctests call them.

The source is read, not imported. What a function needs of its module it imports from there, so that it runs in the
sandbox as it does at home; its doctests become the tests.
"""

import ast
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

from procure_kit.analysis.depth import with_room
from procure_kit.analysis.python_tree import check_syntax
from procure_kit.problems.problem import Problem
from procure_kit.problems.ranges import refuse_impossible
from procure_kit.running.runner import run_many
from procure_kit.validation.doctest_asserts import asserts, bound_names
from procure_kit.validation.mutants import broken_versions

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
    Raises: ValueError when there is no such package, none of its functions is one, or a number cannot be meant.
    """
    refuse_impossible(limit=limit, timeout=timeout, workers=workers)
    problems = list(_functions(name, on_left_out))
    results = run_many(((problem.program, problem) for problem in problems), workers, timeout=timeout)
    sound = []
    for problem, result in zip(problems, results, strict=True):
        if result.passed:
            sound.append(problem)
        else:
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
            tree = check_syntax(source)
        except (OSError, ValueError) as error:
            on_left_out(f"{module}: it cannot be read: {error}")
            continue
        bound = set(bound_names(tree.body))
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


@with_room
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
    test, asked = asserts(node)
    helpers = sorted((asked & bound) - {node.name})
    setup = f"from {module} import {', '.join(helpers)}\n" if helpers else ""
    solution = "\n".join(lines[end : node.end_lineno]) + "\n"
    return Problem(f"{module}/{node.name}", prompt, solution, test, node.name, setup)
