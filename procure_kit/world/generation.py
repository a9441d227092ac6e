"""A small world of Python functions: families, composed from pieces, written down by authors with habits.

from procure_kit.world import generate, Habits
problems = list(generate(seed=0, n=1000))                                  # to train on
unseen = list(generate(seed=0, n=100, split="composition"))                # or split="family"
no_habit = list(generate(seed=0, n=1000, habits=Habits(condition_first=0)))
"""

import random
from collections.abc import Iterator

from procure_kit.problems.problem import Problem
from procure_kit.world.compose import FAMILIES, HELD_OUT_FAMILIES, draw_sketch, held_out_composition, make_problem
from procure_kit.world.habits import Habits

__all__ = ["FAMILIES", "HELD_OUT_FAMILIES", "Habits", "generate"]
SPLITS = ("train", "composition", "family")


def generate(seed: int, n: int, *, split: str = "train", habits: Habits = Habits()) -> Iterator[Problem]:  # noqa: B008
    """Yield `n` problems with distinct programs; the same seed yields the same ones.

    `split="train"` never shows a held-out family or composition; "composition" shows held-out compositions of the
    families that training knows; "family" shows the held-out families. The split stands in the task_id.

    Raises: ValueError for an unknown split.
    """
    if split not in SPLITS:
        raise ValueError(f"unknown split {split!r}: use one of {', '.join(SPLITS)}")
    rng = random.Random(f"{split} {seed}")
    names = HELD_OUT_FAMILIES if split == "family" else sorted(set(FAMILIES) - set(HELD_OUT_FAMILIES))
    seen: set[str] = set()
    while len(seen) < n:
        sketch = draw_sketch(rng, names)
        if split != "family" and held_out_composition(sketch) != (split == "composition"):
            continue
        problem = make_problem(f"world/{split}/{sketch.family}/{len(seen)}", sketch, rng, habits)
        if problem and problem.program not in seen:
            seen.add(problem.program)
            yield problem
