"""What SmolLM2 is tuned on, and what it is scored on: never the same problems.

The statements of CodeI/O are riddles in prose, a third of each text, and stand above the program: they are left out of
training, so that a program and its own comments are the whole text, and all of it is response.
"""

import ast
import hashlib
import json
import random
import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from procure_kit.concepts.table import DEFAULT_CONCEPTS
from procure_kit.experiments.curves.arms import Arm
from procure_kit.experiments.curves.stream import altered
from procure_kit.experiments.data import of_same_lengths
from procure_kit.experiments.smollm2.recipe import Recipe
from procure_kit.generation.rules import pairs_of
from procure_kit.problems.counterfactual import VALID, Counterfactual
from procure_kit.problems.problem import Problem
from procure_kit.problems.rows import read_rows
from procure_kit.training.examples import build_example
from procure_kit.validation.problem_names import load_problems


def scored_problems(name: str, recipe: Recipe) -> list[Problem]:
    return load_problems(name)[: recipe.limit or None]


@cache
def scored_pairs(name: str, recipe: Recipe) -> list[tuple[Counterfactual, Problem]]:
    """One strict counterfactual of each of the paper's concepts and of `data_type`, which nothing is tuned on."""
    return list(pairs_of(scored_problems(name, recipe), DEFAULT_CONCEPTS))


def training_examples(
    tokenizer, arm: Arm, recipe: Recipe, files: Sequence[Path], seed: int
) -> tuple[list[dict], dict[str, int]]:
    """A step's examples one after another: each original with its counterfactual; or originals alone, in the place of
    each counterfactual another program of about its length. And how many counterfactuals of each concept were chosen,
    which all arms of a seed share.

    Raises: ValueError where the rows or the sets have too few programs.
    """
    rng = random.Random(seed)
    problems = {problem.task_id: problem for name in recipe.trained for problem in load_problems(name)}

    def original(cf: Counterfactual) -> dict:
        return build_example(tokenizer, cf, side="original")

    def fits(*programs: str) -> bool:
        return all(len(tokenizer(program)["input_ids"]) <= recipe.max_length for program in programs)

    rows = [cf for cf in _valid(files, problems, arm) if fits(cf.original, cf.counterfactual)]
    rng.shuffle(rows)
    pairs = _one_a_program(rows, arm.concepts, recipe.pairs)
    if len(pairs) < recipe.pairs:
        told = ", ".join(map(str, files))
        raise ValueError(
            f"{told}: valid rows of {len(pairs)} programs of at most {recipe.max_length} tokens, "
            f"and {recipe.pairs} are needed (--pairs)"
        )
    seconds = [altered(tokenizer, cf, None, arm) for cf in pairs]
    if arm.rows == "originals":
        taken = {cf.task_id for cf in pairs}
        spare = [_bare(p) for task, p in problems.items() if task not in taken and fits(_code(p.program, p))]
        if len(spare) < len(seconds):
            raise ValueError(f"{' and '.join(recipe.trained)}: {len(spare)} other programs, {len(seconds)} are needed")
        rng.shuffle(spare)
        seconds = of_same_lengths(list(map(original, spare)), seconds)
    firsts = map(original, pairs)
    counts = dict(Counter(cf.concept for cf in pairs))
    return [one for both in zip(firsts, seconds, strict=True) for one in both], counts


def _valid(files: Iterable[Path], problems: dict[str, Problem], arm: Arm) -> list[Counterfactual]:
    """The rows of the arm's mode and concepts that the validator accepted, without statements."""
    found, unknown = [], 0
    for path in files:
        for row in read_rows(path, required=("task_id", "concept", "original", "counterfactual")):
            wanted = row["concept"] in arm.concepts and row.get("mode", arm.mode) == arm.mode
            if wanted and row.get("status") in VALID:
                problem = problems.get(row["task_id"])
                unknown += problem is None
                found += [_alone(Counterfactual.from_row(row), problem)] if problem else []
    if unknown:
        warnings.warn(f"{unknown} rows are of no problem in the training sets, and are left out", stacklevel=3)
    return found


def _one_a_program(rows: list[Counterfactual], concepts: Iterable[str], count: int) -> list[Counterfactual]:
    """At most `count` rows, one a program, from each concept in turn as long as it has any."""
    of_concept = {concept: iter([cf for cf in rows if cf.concept == concept]) for concept in concepts}
    chosen: dict[str, Counterfactual] = {}
    while of_concept and len(chosen) < count:
        for concept, left in list(of_concept.items()):
            cf = next((cf for cf in left if cf.task_id not in chosen), None)
            if cf is None:
                del of_concept[concept]
            elif len(chosen) < count:
                chosen[cf.task_id] = cf
    return list(chosen.values())


def _code(program: str, problem: Problem) -> str:
    """Without a statement that is a text above the program; one that is the head of a function stays."""
    try:
        return program.removeprefix(problem.prompt) if ast.parse(problem.prompt) else program
    except SyntaxError:
        return program


def _alone(cf: Counterfactual, problem: Problem) -> Counterfactual:
    """The pair without its statement."""
    original, counterfactual = (_code(program, problem) for program in (cf.original, cf.counterfactual))
    shift = len(cf.original) - len(original)
    if len(cf.counterfactual) - len(counterfactual) != shift:  # a row from elsewhere that rewrote the statement
        return cf
    places = {
        name: tuple((start - shift, end - shift) for start, end in getattr(cf, name))
        for name in ("changed", "changed_original")
    }
    return replace(cf, original=original, counterfactual=counterfactual, **places)


def _bare(problem: Problem) -> Counterfactual:
    """A program alone, as what has an original."""
    code = _code(problem.program, problem)
    row = {"task_id": problem.task_id, "concept": "", "original": code, "counterfactual": code}
    return Counterfactual.from_row(row)


def digest(files: Iterable[Path]) -> str:
    """Of the valid rows in their order, whatever else is told of them: runs on other rows do not compare, and rows that
    were validated once more, in other seconds, do."""
    rows = (row for path in files for row in read_rows(path) if row.get("status") in VALID)
    told = [[row.get(name) for name in ("task_id", "concept", "mode", "original", "counterfactual")] for row in rows]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]
