"""Tasks made of functions with tests: a mutated line to write anew, a defect to find, a docstring to choose.

The paper leaves downstream tasks open; all three are our construction.
"""

import ast
import random
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from procure_kit.concepts.perturbation import perturb
from procure_kit.concepts.recognition.truth import COMPLEMENTS
from procure_kit.concepts.table import PAPER_CONCEPTS
from procure_kit.problems.counterfactual import NotApplicable
from procure_kit.problems.problem import Problem
from procure_kit.running.runner import run_many
from procure_kit.training.cuts import SYMBOLS

RIVALS = 3  # docstrings of other functions beside a function's own
WORDS = SYMBOLS | {ast.In: "in", ast.NotIn: "not in", ast.Is: "is", ast.IsNot: "is not"}
Option = tuple[str, str]  # what is given, and the text whose likelihood counts


@dataclass(frozen=True)
class Choice:
    """Options of which the first is right."""

    task: str
    task_id: str
    options: tuple[Option, ...]


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


def perturbed(problems: Iterable[Problem], seed: int = 0) -> list[Problem]:
    """The problems with their solutions rewritten by one concept that applies, drawn by the seed; without one, left."""
    found = []
    for problem in problems:
        for concept in random.Random(f"{seed} {problem.task_id}").sample(PAPER_CONCEPTS, len(PAPER_CONCEPTS)):
            with suppress(NotApplicable):
                program = perturb(problem.program, concept, seed=seed).counterfactual
                if program.startswith(problem.prompt):
                    found.append(replace(problem, canonical_solution=program[len(problem.prompt) :]))
                    break
    return found


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


def defects(mutants: Iterable[tuple[Problem, int, str]]) -> list[Choice]:
    """The original's text from the mutated line on against the mutant's, after the same beginning."""
    choices = []
    for problem, line, text in mutants:
        lines = problem.program.rstrip("\n").split("\n")
        given, rest = "\n".join(lines[: line - 1]), lines[line:]
        options = tuple((given, "\n" + "\n".join([version, *rest])) for version in (lines[line - 1], text))
        choices.append(Choice("defect", problem.task_id, options))
    return choices


def summaries(problems: Sequence[Problem], seed: int = 0) -> list[Choice]:
    """The body after the function's own docstring against the same body after those of RIVALS other functions.

    The others come from functions with as many parameters, as far as there are enough. A program without a docstring is
    left out.
    """
    known = {problem.task_id: found for problem in problems if (found := _docstring(problem))}
    choices = []
    for task_id, (head, own, body, arity) in known.items():
        rivals = [entry for other, entry in known.items() if other != task_id and entry[1] != own]
        random.Random(f"{seed} {task_id}").shuffle(rivals)
        rivals.sort(key=lambda entry: entry[3] != arity)
        texts = list(dict.fromkeys(entry[1] for entry in rivals))[:RIVALS]
        if len(texts) == RIVALS:
            options = tuple((head + text, body) for text in (own, *texts))
            choices.append(Choice("summary", task_id, options))
    return choices


def _docstring(problem: Problem) -> tuple[str, str, str, int] | None:
    """What stands before the docstring, the docstring, what follows it, and the number of parameters."""
    tree = ast.parse(problem.program)
    functions = (n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == problem.entry_point)
    function = next(functions, None)
    if function is None or ast.get_docstring(function) is None or len(function.body) < 2:
        return None
    node, lines = function.body[0], problem.program.rstrip("\n").split("\n")
    head = "\n".join([*lines[: node.lineno - 1], lines[node.lineno - 1].encode()[: node.col_offset].decode()])
    own = "\n".join(lines[node.lineno - 1 : node.end_lineno])[len(head.rpartition("\n")[2]) :]
    body = "\n" + "\n".join(lines[node.end_lineno : function.end_lineno])
    return head, own, body, len(function.args.args)
