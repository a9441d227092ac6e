"""Pairs kept in the explorer, with what training needs beside them: the problem that each belongs to."""

import ast
from pathlib import Path

from procure_kit.problems.counterfactual import Counterfactual
from procure_kit.problems.problem import Problem
from procure_kit.problems.rows import read_rows
from procure_kit.validation.problem_names import load_problems


def kept_pairs(path: str | Path, problem_set: str) -> list[tuple[Counterfactual, Problem]]:
    """The valid pairs of the file, each once. One whose task_id `problem_set` does not have is code of one's own: its
    original is then the whole problem.

    Raises: ValueError where the file holds no valid pair; OSError where it is not there.
    """
    known = {problem.task_id: problem for problem in load_problems(problem_set)}
    kept = dict.fromkeys(Counterfactual.from_row(row) for row in read_rows(path))
    pairs = [(cf, known.get(cf.task_id) or _own(cf)) for cf in kept if cf.status.startswith("valid")]
    if not pairs:
        raise ValueError(f"{path} holds no valid pair: keep some in pk.explorer()")
    return pairs


def _own(cf: Counterfactual) -> Problem:
    functions = [node.name for node in ast.parse(cf.original).body if isinstance(node, ast.FunctionDef)]
    return Problem(cf.task_id, "", cf.original, "", functions[0] if functions else "")
