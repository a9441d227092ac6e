"""Pairs for a review by hand in which some are wrong: twins that break, in the clothes of counterfactuals."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random

from procure_kit.problems.counterfactual import Counterfactual, NotApplicable
from procure_kit.problems.problem import Problem
from procure_kit.validation.twins import breaking_twin
from procure_kit.validation.validation import validate


def planted(
    pairs: Sequence[Counterfactual], problems: Mapping[str, Problem], number: int = 3, seed: int = 0
) -> list[Counterfactual]:
    """The pairs, of which `number` (fewer, where fewer can be broken) have their breaking twin in their place.

    Nothing that a review shows tells them apart; `status` and `detail` are what the validator says of them.
    """
    shown, left = list(pairs), number
    for place in Random(seed).sample(range(len(shown)), len(shown)):
        if not left:
            break
        sound = shown[place]
        problem = problems[sound.task_id]
        try:
            wrong, _ = breaking_twin(sound, problem)
        except NotApplicable:
            continue
        dressed = replace(wrong, soundness=sound.soundness, generator=sound.generator, status="", detail="")
        verdict = validate(dressed, problem)
        if not verdict.status.startswith("valid"):
            shown[place], left = replace(dressed, status=verdict.status, detail=verdict.detail), left - 1
    return shown
