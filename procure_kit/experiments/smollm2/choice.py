"""Which counterfactuals a seed trains on: drawn once from the valid rows, and written down.

A verdict near a time limit can differ from one validation to the next, and with one row more or less among ten
thousand all others would be drawn anew. What is written down holds: to go on, or to repeat a run, the rows of
`procure perturb` are enough.
"""

import ast
import hashlib
import json
import random
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from procure_kit.experiments.curves.arms import Arm
from procure_kit.experiments.smollm2.recipe import Recipe
from procure_kit.generation.rules import identity
from procure_kit.problems.counterfactual import REQUIRED, VALID, Counterfactual, was_made
from procure_kit.problems.problem import Problem
from procure_kit.problems.rows import append_row, read_rows
from procure_kit.shipped import RESULTS
from procure_kit.validation.problem_names import load_problems

OWN = RESULTS / "smollm2_rows.jsonl"  # of the kit's own runs


def training_problems(recipe: Recipe) -> dict[str, Problem]:
    return {problem.task_id: problem for name in recipe.trained for problem in load_problems(name)}


def fits(tokenizer, recipe: Recipe, *programs: str) -> bool:
    return all(len(tokenizer(program)["input_ids"]) <= recipe.max_length for program in programs)


def chosen(
    tokenizer, arm: Arm, recipe: Recipe, files: Sequence[Path], seed: int, note: Path
) -> tuple[list[Counterfactual], str]:
    """One counterfactual a program, without statements, alike for all arms of a seed; and a digest of them. They are
    those that `note` names for this seed; or those of the kit's own runs where `files` has all of them; or drawn from
    the valid rows. What `note` does not name yet is added to it.

    Raises: ValueError where the files have not what the note names, or too few valid rows.
    """
    told = ", ".join(map(str, files))
    asked = {"seed": seed, "mode": arm.mode, "concepts": list(arm.concepts), "pairs": recipe.pairs}
    asked |= {"sets": list(recipe.trained), "max_length": recipe.max_length}
    rows = _rows(files, recipe, arm)
    if before := _noted(note, asked):
        if (pairs := _named(before, rows)) is None:
            raise ValueError(
                f"{told}: not all programs that {note} names for seed {seed} are there as they were; "
                "make the rows by `procure perturb`, or name a new --out"
            )
        return pairs, before["digest"]
    own = _noted(OWN, asked)
    pairs = _named(own, rows) if own else None
    if pairs is None:
        pairs = _drawn(tokenizer, arm, recipe, rows, seed, told)
    names = [identity(cf.to_row()) for cf in pairs]
    append_row(note, asked | {"digest": digest(pairs), "rows": names})
    return pairs, digest(pairs)


def _noted(note: Path, asked: dict) -> dict | None:
    lines = read_rows(note, required=("digest",)) if note.exists() else ()
    return next((line for line in lines if asked.items() <= line.items()), None)


def _named(noted: dict, rows: list[Counterfactual]) -> list[Counterfactual] | None:
    """The rows that a note names, whatever their verdict is today; None where one is not there, or is another."""
    known = {identity(cf.to_row()): cf for cf in rows}
    pairs = [known.get(tuple(name)) for name in noted["rows"]]
    return pairs if None not in pairs and digest(pairs) == noted["digest"] else None


def _drawn(
    tokenizer, arm: Arm, recipe: Recipe, rows: list[Counterfactual], seed: int, told: str
) -> list[Counterfactual]:
    valid = [cf for cf in rows if cf.status in VALID]
    fitting = [cf for cf in valid if fits(tokenizer, recipe, cf.original, cf.counterfactual)]
    random.Random(seed).shuffle(fitting)
    pairs = _one_a_program(fitting, arm.concepts, recipe.pairs)
    if len(pairs) < recipe.pairs:
        raise ValueError(
            f"{told}: valid rows of {len(pairs)} programs of at most {recipe.max_length} tokens, "
            f"and {recipe.pairs} are needed (--pairs); `procure validate` finds which of the {len(rows)} rows are valid"
        )
    return pairs


def code_alone(program: str, problem: Problem) -> str:
    """Without a statement that is a text above the program; one that is the head of a function stays."""
    try:
        return program.removeprefix(problem.prompt) if ast.parse(problem.prompt) else program
    except SyntaxError:
        return program


def digest(pairs: Iterable[Counterfactual]) -> str:
    """Of the programs before and after, in their order."""
    told = [[cf.task_id, cf.concept, cf.original, cf.counterfactual] for cf in pairs]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]


def _rows(files: Iterable[Path], recipe: Recipe, arm: Arm) -> list[Counterfactual]:
    """The rewrites of the arm's mode and concepts, without statements."""
    problems = training_problems(recipe)
    found, unknown = [], 0
    for path in files:
        for row in read_rows(path, required=REQUIRED):
            wanted = row["concept"] in arm.concepts and row.get("mode", arm.mode) == arm.mode
            if wanted and was_made(row):
                problem = problems.get(row["task_id"])
                unknown += problem is None
                found += [_alone(Counterfactual.from_row(row), problem)] if problem else []
    if unknown:
        warnings.warn(f"{unknown} rows are of no problem in the training sets, and are left out", stacklevel=3)
    return found


def _one_a_program(rows: list[Counterfactual], concepts: Iterable[str], count: int) -> list[Counterfactual]:
    """At most `count` rows, one a program, from each concept in turn as long as it has any."""
    of_concept = {concept: iter([cf for cf in rows if cf.concept == concept]) for concept in concepts}
    taken: dict[str, Counterfactual] = {}
    while of_concept and len(taken) < count:
        for concept, left in list(of_concept.items()):
            cf = next((cf for cf in left if cf.task_id not in taken), None)
            if cf is None:
                del of_concept[concept]
            elif len(taken) < count:
                taken[cf.task_id] = cf
    return list(taken.values())


def _alone(cf: Counterfactual, problem: Problem) -> Counterfactual:
    """The pair without its statement."""
    original, counterfactual = (code_alone(program, problem) for program in (cf.original, cf.counterfactual))
    shift = len(cf.original) - len(original)
    if len(cf.counterfactual) - len(counterfactual) != shift:  # a row from elsewhere that rewrote the statement
        return cf
    places = {
        name: tuple((start - shift, end - shift) for start, end in getattr(cf, name))
        for name in ("changed", "changed_original")
    }
    return replace(cf, original=original, counterfactual=counterfactual, **places)
