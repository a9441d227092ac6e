"""A problem: a function with its tests or inputs, or a program that reads standard input."""

import ast
from dataclasses import dataclass, fields

FIELDS = ("task_id", "prompt", "canonical_solution", "test", "entry_point")


@dataclass(frozen=True)
class Problem:
    """One task: `prompt + canonical_solution` is the original program.

    A function: `test` defines `check(candidate)`, or tests the function `entry_point` by its name; `setup` is code that
    comes before the tests (its imports come before the program, too). A program has `cases` in place of tests: what
    standard input holds and what standard output must, compared word by word; words that are numbers may differ by
    `tolerance` (absolutely, or relative to the expected one), and `any_case` lets upper and lower case stand for each
    other. `time_limit` (seconds a case) is what the set says; runs are timed by the original instead (validation.py).

    Some sets have inputs in place of tests. `input_generator` then defines `generate_inputs(rng)`, which returns the
    arguments of one call by name, and what the original returns for `inputs` such calls becomes the test when it is
    needed (running/reference.py). `inputs` without it: that many calls are compared with what the original returns by a
    `test` that the set brings.
    """

    task_id: str
    prompt: str
    canonical_solution: str
    test: str
    entry_point: str
    setup: str = ""
    cases: tuple[tuple[str, str], ...] = ()
    tolerance: float = 0.0
    any_case: bool = False
    time_limit: float | None = None
    inputs: int = 0
    input_generator: str = ""

    @property
    def program(self) -> str:
        return self.prompt + self.canonical_solution

    @property
    def has_code(self) -> bool:
        """Whether there is a reference program, and not the head of one alone: imports, signatures and docstrings."""
        if self.canonical_solution.strip():
            return True
        try:
            return not all(map(_head, ast.parse(self.prompt).body))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return True  # what is wrong with it, whoever reads it says

    def to_row(self) -> dict:
        """HumanEval's five fields, and those of the others that are set."""
        row = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in row.items() if name in FIELDS or value not in ("", (), 0, False, None)}


def _head(node: ast.stmt) -> bool:
    match node:
        case ast.Import() | ast.ImportFrom() | ast.Pass() | ast.Expr(value=ast.Constant()):
            return True
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return all(map(_head, node.body))
    return False
