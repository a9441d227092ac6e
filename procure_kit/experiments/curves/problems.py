"""What is scored: held-out problems, parted by family into those for choosing a recipe and those to report."""

from functools import cache

from procure_kit.generation.rules import pairs_of
from procure_kit.problems.counterfactual import Counterfactual
from procure_kit.problems.problem import Problem
from procure_kit.training.cuts import cut_pair
from procure_kit.validation.problem_names import load_problems
from procure_kit.world.compose import FAMILIES, HELD_OUT_FAMILIES

SPLITS = ("composition", "family")
KNOWN = sorted(set(FAMILIES) - set(HELD_OUT_FAMILIES))
CHOICE = {"change_words", "digit_count", "take_until", *KNOWN[2::3]}


@cache
def scored_problems(part: str, composition: int = 0, family: int = 0) -> tuple[Problem, ...]:
    """The held-out problems of a part, "choice" or "report"; the first of each split, or all (0)."""
    if part not in ("choice", "report"):
        raise ValueError(f'the problems are parted into "choice" and "report", not {part!r}')
    chosen = []
    for split, count in zip(SPLITS, (composition, family), strict=True):
        found = [p for p in load_problems("world") if p.task_id.split("/")[1] == split]
        found = [p for p in found if (family_of(p.task_id) in CHOICE) == (part == "choice")]
        chosen += found[: count or None]
    return tuple(chosen)


def family_of(task_id: str) -> str:
    """`sum_if` of world/composition/sum_if/7."""
    return task_id.split("/")[2]


@cache
def scored_pairs(part: str, composition: int = 0, family: int = 0) -> tuple[tuple[Counterfactual, Problem], ...]:
    """A counterfactual with cut points for each scored problem and each of the paper's concepts that applies."""
    return tuple(pair for pair in pairs_of(scored_problems(part, composition, family)) if cut_pair(pair[0]))
