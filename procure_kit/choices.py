"""Questions whose options a model ranks by likelihood: which version is wrong, which docstring belongs here."""

import ast
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from procure_kit.problems import Problem

RIVALS = 3  # docstrings of other functions beside a function's own
Option = tuple[str, str]  # what is given, and the text whose likelihood counts


@dataclass(frozen=True)
class Choice:
    """Options of which the first is right."""

    task: str
    task_id: str
    options: tuple[Option, ...]


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
