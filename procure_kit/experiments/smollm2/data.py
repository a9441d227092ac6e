"""What SmolLM2 is tuned on, and what it is scored on: never the same problems.

The statements of CodeI/O are riddles in prose, a third of each text, and stand above the program: they are left out of
training, so that a program and its own comments are the whole text, and all of it is response.
"""

import random
from collections import Counter
from functools import cache

from procure_kit.concepts.table import DEFAULT_CONCEPTS
from procure_kit.experiments.curves.arms import Arm
from procure_kit.experiments.curves.stream import altered
from procure_kit.experiments.smollm2.choice import code_alone, fits, training_problems
from procure_kit.experiments.smollm2.recipe import Recipe
from procure_kit.generation.rules import pairs_of
from procure_kit.problems.counterfactual import Counterfactual
from procure_kit.problems.problem import Problem
from procure_kit.training.examples import build_example
from procure_kit.validation.problem_names import load_problems


def scored_problems(name: str, recipe: Recipe) -> list[Problem]:
    return load_problems(name)[: recipe.limit or None]


@cache
def scored_pairs(name: str, recipe: Recipe) -> list[tuple[Counterfactual, Problem]]:
    """One strict counterfactual of each of the paper's concepts and of `data_type`, which nothing is tuned on."""
    return list(pairs_of(scored_problems(name, recipe), DEFAULT_CONCEPTS))


def training_examples(
    tokenizer, arm: Arm, recipe: Recipe, pairs: list[Counterfactual], seed: int
) -> tuple[list[dict], dict[str, int]]:
    """A step's examples one after another: each original with its counterfactual; or originals alone, in the place of
    each counterfactual another program of about its length. And how many counterfactuals each concept has, which all
    arms of a seed share.

    Raises: ValueError where the sets have too few other programs.
    """

    def original(cf: Counterfactual) -> dict:
        return build_example(tokenizer, cf, side="original")

    seconds = [altered(tokenizer, cf, None, arm) for cf in pairs]
    if arm.rows == "originals":
        taken = {cf.task_id for cf in pairs}
        bare = [_bare(problem) for task, problem in training_problems(recipe).items() if task not in taken]
        spare = [cf for cf in bare if fits(tokenizer, recipe, cf.original)]
        if len(spare) < len(seconds):
            raise ValueError(f"{' and '.join(recipe.trained)}: {len(spare)} other programs, {len(seconds)} are needed")
        random.Random(seed).shuffle(spare)
        seconds = of_same_lengths(list(map(original, spare)), seconds)
    firsts = map(original, pairs)
    counts = dict(Counter(cf.concept for cf in pairs))
    return [one for both in zip(firsts, seconds, strict=True) for one in both], counts


def of_same_lengths(spare: list[dict], models: list[dict]) -> list[dict]:
    """For each model example the spare one nearest to it in tokens, each taken once."""
    left, chosen = list(spare), []
    for model in models:
        nearest = min(range(len(left)), key=lambda i: abs(len(left[i]["input_ids"]) - len(model["input_ids"])))
        chosen.append(left.pop(nearest))
    return chosen


def _bare(problem: Problem) -> Counterfactual:
    """A program alone, as what has an original."""
    code = code_alone(problem.program, problem)
    row = {"task_id": problem.task_id, "concept": "", "original": code, "counterfactual": code}
    return Counterfactual.from_row(row)
