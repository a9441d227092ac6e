"""Functions with one wrong line, which their tests reject."""

import ast
import random
import re
from collections.abc import Iterable, Iterator

from procure_kit.cuts import SYMBOLS
from procure_kit.flip_check import COMPLEMENTS
from procure_kit.problems import Problem
from procure_kit.runner import run_many

WORDS = SYMBOLS | {ast.In: "in", ast.NotIn: "not in", ast.Is: "is", ast.IsNot: "is not"}


def mutated_lines(program: str) -> list[tuple[int, str]]:
    """(line from 1, its wrong text): comparisons turned, integers raised by one, returned values dropped.

    Only the one place differs, so that nothing but the meaning tells the wrong line. Raises: SyntaxError.
    """
    lines, found = program.split("\n"), []
    for node in ast.walk(ast.parse(program)):
        if getattr(node, "lineno", 0) != getattr(node, "end_lineno", 0) or not hasattr(node, "lineno"):
            continue
        line = lines[node.lineno - 1].encode()
        edit = _edit(node, line)
        if edit:
            start, end, text = edit
            found.append((node.lineno, (line[:start] + text.encode() + line[end:]).decode()))
    return sorted(set(found))


def _edit(node: ast.AST, line: bytes) -> tuple[int, int, str] | None:
    """(first byte, byte behind, new text) in the node's line."""
    match node:
        case ast.Compare(left=left, ops=[operator], comparators=[right]):
            start, end = left.end_col_offset, right.col_offset
            between, old = line[start:end].decode(), WORDS[type(operator)]
            new = WORDS[COMPLEMENTS[type(operator)]]
            return start, end, re.sub(rf"(?<![\w=<>!]){old.replace(' ', ' +')}(?![\w=])", new, between, count=1)
        case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
            return value.col_offset, value.end_col_offset, "None"
        case ast.Constant(value=int(number)) if not isinstance(number, bool):
            return node.col_offset, node.end_col_offset, str(number + 1)
    return None


def broken(problems: Iterable[Problem], seed: int = 0, workers: int = 2) -> Iterator[tuple[Problem, int, str]]:
    """Each function with one mutated line that its tests reject: (problem, line, its wrong text); others are left out.

    Tries three of its mutated lines, drawn by the seed.
    """
    tries = []
    for problem in problems:
        start = problem.prompt.rstrip().count("\n") + 1  # the statement is not the program's doing
        lines = [mutant for mutant in mutated_lines(problem.program) if mutant[0] > start]
        random.Random(f"{seed} {problem.task_id}").shuffle(lines)
        tries += [(problem, *mutant) for mutant in lines[:3]]
    jobs = [(_with_line(problem.program, line, text), problem) for problem, line, text in tries]
    seen = set()
    for found, result in zip(tries, run_many(jobs, workers), strict=True):
        if not result.passed and found[0].task_id not in seen:
            seen.add(found[0].task_id)
            yield found


def _with_line(program: str, line: int, text: str) -> str:
    lines = program.split("\n")
    return "\n".join([*lines[: line - 1], text, *lines[line:]])
