"""Tests of one's own for code of one's own: examples, one a line, such as `f(2) == 4`."""

import ast

from procure_kit.problems.problem import Problem


def problem_of_examples(program: str, examples: str, task_id: str = "own") -> Problem | None:
    """A problem whose original is the program and whose tests are the examples; None where there are none.

    Blank lines and comments are left out; `assert` or `>>>` may stand before an example. The function under test is
    the first one that an example calls and the program defines.

    Raises: ValueError for an example that is no expression, or where none calls a function of the program.
    """
    found = {}
    for number, line in enumerate(examples.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            text = line.strip().removeprefix(">>>").lstrip().removeprefix("assert ")
            found[number] = ast.parse(text, mode="eval").body
        except (SyntaxError, ValueError) as error:
            said = getattr(error, "msg", error)
            raise ValueError(f"example {number}, {line.strip()!r}: {said}; write one as f(2) == 4") from error
    if not found:
        return None
    defined = {n.name for n in ast.parse(program).body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)}
    called = [name for example in found.values() for name in _called(example) if name in defined]
    if not called:
        raise ValueError(
            f"no example calls a function of the code, which defines {', '.join(sorted(defined)) or 'none'}"
        )
    tests = [ast.unparse(_Candidate(called[0]).visit(example)) for example in found.values()]
    check = "\n".join(["def check(candidate):", *(f"    assert {test}" for test in tests)])
    return Problem(task_id, "", program, check + "\n", called[0])


def _called(example: ast.expr) -> list[str]:
    return [n.func.id for n in ast.walk(example) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)]


class _Candidate(ast.NodeTransformer):
    """The function under test goes by the name that a check knows it by."""

    def __init__(self, name: str):
        self.name = name

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name("candidate", node.ctx) if node.id == self.name else node
