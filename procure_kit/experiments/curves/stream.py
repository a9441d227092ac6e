"""What a run reads: batches of fresh programs and rewrites, an endless stream that the seed decides.

A unit is what stays together in a batch: an original with its counterfactual (and its twin), or two originals. Batches
are of like lengths, as in training/order.py: the units of a pool are sorted, cut into batches, and these shuffled.
"""

import random
from collections.abc import Iterator
from contextlib import suppress
from itertools import count, islice
from typing import NamedTuple

from procure_kit.concepts.perturbation import perturb
from procure_kit.concepts.twins.twin import twin
from procure_kit.experiments.curves.arms import Arm, Recipe
from procure_kit.experiments.curves.given import WRITTEN, given
from procure_kit.problems.counterfactual import Counterfactual, NotApplicable
from procure_kit.problems.problem import Problem
from procure_kit.training.examples import build_example
from procure_kit.world.corpus import texts
from procure_kit.world.generation import generate
from procure_kit.world.habits import Habits

POOL = 16  # batches
ENDLESS = 10**9  # programs
Row = dict[str, list[int]]
Pair = tuple[Counterfactual, Problem]


class Unit(NamedTuple):
    """Rows that stay together, and the pair that they are of (None: two originals)."""

    rows: list[Row]
    pair: Pair | None


def pairs(seed: int, arm: Arm) -> Iterator[Pair]:
    """A pair for each program that a concept applies to; of those that do, the one that came least often so far."""
    came = dict.fromkeys(arm.concepts, 0)
    for number, problem in enumerate(generate(seed, ENDLESS)):
        for concept in sorted(came, key=came.get):
            with suppress(NotApplicable):
                cf = perturb(problem.program, concept, seed + number, arm.mode, task_id=problem.task_id)
                came[concept] += 1
                yield cf, problem
                break


def units(tokenizer, arm: Arm, seed: int) -> Iterator[Unit]:
    """The pairs of a seed as rows. `originals` reads other programs in the counterfactuals' place."""
    others = pairs(500_000 + seed, arm) if arm.rows == "originals" else None
    for cf, problem in given(WRITTEN, arm.writer, seed) if arm.writer else pairs(1_000_000 + seed, arm):
        original = build_example(tokenizer, cf, problem, side="original")
        if others:
            yield Unit([original, build_example(tokenizer, *next(others), side="original")], None)
            continue
        rows = [original, altered(tokenizer, cf, problem, arm)]
        if arm.rows == "twins":
            try:
                rows.append(build_example(tokenizer, twin(cf), problem))
            except NotApplicable:
                continue
        yield Unit(rows, (cf, problem))


def altered(tokenizer, cf: Counterfactual, problem: Problem, arm: Arm) -> Row:
    """The counterfactual's row, with what the arm counts as altered; first mentions silenced where it says so."""
    row = build_example(tokenizer, cf, problem, targets=arm.targets)
    if arm.silent_mentions:
        everything = build_example(tokenizer, cf, problem)["changed"]
        uses = build_example(tokenizer, cf, problem, targets="uses")["changed"]
        mentions = [a and not b for a, b in zip(everything, uses, strict=True)]
        row["labels"] = [-100 if silent else label for label, silent in zip(row["labels"], mentions, strict=True)]
    return row


def replayed(tokenizer, seed: int) -> Iterator[Row]:
    """Pre-training text, each program a row by itself."""
    for text in texts(2_000_000 + seed, ENDLESS, Habits()):
        ids = [*tokenizer(text)["input_ids"], tokenizer.eos_token_id][:512]
        yield {"input_ids": ids, "attention_mask": [1] * len(ids), "labels": ids, "changed": [0] * len(ids)}


def batches(tokenizer, arm: Arm, recipe: Recipe, seed: int) -> Iterator[tuple[list[Unit], list[Row]]]:
    """Endless batches: units, and rows of replayed text; `recipe.rows` rows in all."""
    per_unit = 3 if arm.rows == "twins" else 2
    size = (recipe.rows - recipe.replay) // per_unit
    fresh, replay = units(tokenizer, arm, seed), replayed(tokenizer, seed)
    for number in count():
        pool = sorted(islice(fresh, POOL * size), key=lambda unit: len(unit.rows[0]["input_ids"]))
        texts_ = sorted(islice(replay, POOL * recipe.replay), key=lambda row: len(row["input_ids"]))
        order = random.Random(f"{seed} {number}").sample(range(POOL), POOL)
        for place in order:
            yield pool[place * size : (place + 1) * size], texts_[place * recipe.replay : (place + 1) * recipe.replay]
