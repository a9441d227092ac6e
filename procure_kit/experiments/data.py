"""What an arm of the experiments trains on, and what all are scored on: never the same problem."""

from collections.abc import Collection

from procure_kit.experiments.arms import Arm, Recipe
from procure_kit.generation.rules import pairs_of
from procure_kit.problems.counterfactual import VALID, Counterfactual
from procure_kit.problems.problem import Problem
from procure_kit.problems.rows import read_rows
from procure_kit.training.cuts import cut_pair
from procure_kit.training.examples import build_example
from procure_kit.validation.problem_names import load_problems
from procure_kit.world.generation import generate

Pair = tuple[Counterfactual, Problem]


def training_pairs(seed: int, count: int, arm: Arm) -> list[Pair]:
    """`count` pairs with a cut point out of the world's training families, as many of each of the arm's concepts."""
    found: dict[str, list[Pair]] = {concept: [] for concept in arm.concepts}
    share = -(-count // len(found))
    for pair in pairs_of(generate(seed, 100 * count), arm.concepts, arm.mode, seed):
        if len(found[pair[0].concept]) < share and cut_pair(pair[0]):
            found[pair[0].concept].append(pair)
            if all(len(pairs) == share for pairs in found.values()):
                break
    else:
        short = min(found, key=lambda concept: len(found[concept]))
        raise ValueError(f"only {len(found[short])} pairs of {short} in {100 * count} problems; {share} are needed")
    return [pair for turn in zip(*found.values(), strict=True) for pair in turn][:count]


def pairs_from(name: str, seed: int, count: int, arm: Arm, scored: Collection[str]) -> list[Pair]:
    """`count` pairs with a cut point of a problem set's problems, those left out on which models are scored. Where the
    set has fewer it comes again, with other names and sites."""
    problems = [problem for problem in load_problems(name) if problem.task_id not in scored]
    found: list[Pair] = []
    for turn in range(count):
        pairs = pairs_of(problems, arm.concepts, arm.mode, seed + turn * len(problems))
        found += [pair for pair in pairs if cut_pair(pair[0])]
        if len(found) >= count:
            return found[:count]
        if not found:
            break
    raise ValueError(f"{name}: no counterfactual to train on, beside the problems that are scored")


def pairs_in(file: str, count: int) -> list[Pair]:
    """`count` valid rows of a generator's file, over and over where it has fewer."""
    rows = [row for row in read_rows(file, required=("task_id", "original")) if row.get("status") in VALID]
    pairs = [pair for pair in map(Counterfactual.from_row, rows) if cut_pair(pair)]
    if not pairs:
        raise ValueError(f"{file}: no valid counterfactual to train on")
    return [(pairs[i % len(pairs)], None) for i in range(count)]


def training_examples(tokenizer, arm: Arm, recipe: Recipe, seed: int) -> list[dict]:
    """Half originals and half their counterfactuals; or originals alone, the others of the same lengths."""
    count = recipe.steps * recipe.batch_size // 2

    def examples(pairs: list[Pair], side: str) -> list[dict]:
        choices = {"response": recipe.response, "targets": recipe.targets}
        return [build_example(tokenizer, *pair, side=side, **choices) for pair in pairs]

    if arm.problems:
        scored = {problem.task_id for problem in scoring_problems(recipe)}
        pairs = pairs_from(arm.problems, 1000 + seed, count, arm, scored)
    else:
        pairs = pairs_in(arm.file, count) if arm.file else training_pairs(1000 + seed, count, arm)
    originals, counterfactuals = examples(pairs, "original"), examples(pairs, "counterfactual")
    if arm.data == "originals":
        spare = examples(training_pairs(500_000 + seed, 2 * count, arm), "original")
        counterfactuals = of_same_lengths(spare, counterfactuals)
    return [example for both in zip(originals, counterfactuals, strict=True) for example in both]


def of_same_lengths(spare: list[dict], models: list[dict]) -> list[dict]:
    """For each model example the spare one nearest to it in tokens, each taken once."""
    left, chosen = list(spare), []
    for model in models:
        nearest = min(range(len(left)), key=lambda i: abs(len(left[i]["input_ids"]) - len(model["input_ids"])))
        chosen.append(left.pop(nearest))
    return chosen


def scoring_problems(recipe: Recipe) -> list[Problem]:
    """What every arm is scored on; no training problem is among them."""
    world = load_problems("world")
    splits = [[p for p in world if p.task_id.split("/")[1] == split] for split in ("composition", "family")]
    chosen = [*splits[0][: recipe.composition], *splits[1][: recipe.family]]
    return chosen + (load_problems("kit")[: recipe.kit] if recipe.kit else [])
