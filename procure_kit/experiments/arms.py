"""The arms of the experiments: what differs between them, and what all have in common."""

from contextlib import suppress
from dataclasses import dataclass, replace

from procure_kit.concepts.table import PAPER_CONCEPTS

RENAMINGS = ("variable_name_random", "variable_name_shuffle")


@dataclass(frozen=True)
class Arm:
    """What a model is tuned on, and how the loss weighs it. λ stands for the recipe's `lam` where it is None."""

    data: str = "pairs"  # "none": untuned; "originals"; "pairs": as many originals as counterfactuals
    lam: float | None = 0.0  # 0: the plain NLL
    w_mask: float = 1.0
    w_att: float = 1.0
    mode: str = "strict"
    concepts: tuple[str, ...] = PAPER_CONCEPTS
    problems: str = ""  # a problem set to train on, in place of the world's training families
    file: str = ""  # rows that a generator wrote and the validator accepted, in place of the rules' own


MAIN = {
    "untuned": Arm("none"),
    "originals": Arm("originals"),
    "plain": Arm(),
    "mask": Arm(lam=None, w_att=0.0),
    "attention": Arm(lam=None, w_mask=0.0),
    "both": Arm(lam=None),
}
SETS = {  # what --arms takes
    "main": tuple(MAIN),
    "lambda": ("both 0.03", "both 0.3", "both 1", "both 3"),
    "mode": ("plain procure", "both procure"),
    "concepts": ("plain names", "both names"),
    "transfer": ("plain from:kit", "both from:kit"),
}


def arm_named(name: str) -> Arm:
    """An arm of MAIN, with a variation behind it: a number is λ, `procure` the mode, `names` the renamings alone,
    `from:SET` the problem set that is trained on, and `file:PATH` a file of counterfactuals.

    Raises: ValueError for any other name.
    """
    first, _, variation = name.partition(" ")
    if first in MAIN:
        if variation in ("", "procure"):
            return replace(MAIN[first], mode=variation or "strict")
        if variation == "names":
            return replace(MAIN[first], concepts=RENAMINGS)
        kind, colon, value = variation.partition(":")
        if colon and kind in ("from", "file"):
            return replace(MAIN[first], **{"problems" if kind == "from" else "file": value})
        with suppress(ValueError):
            return replace(MAIN[first], lam=float(variation))
    known = f"{', '.join(MAIN)}, alone or with a λ, procure, names, from:SET or file:PATH behind it"
    raise ValueError(f"no arm {name!r}: use {known}; or one of the sets {', '.join(SETS)}")


@dataclass(frozen=True)
class Recipe:
    """What all arms have in common. The rate was chosen by single runs on problems of their own; the steps
    after a first 60 of 16 examples had moved nearly nothing; the sizes by what two cores do in an hour."""

    model: str = "tiny"
    steps: int = 100
    batch_size: int = 8
    lr: float = 2e-4
    lora_r: int = 0  # 0: all weights are tuned
    lam: float = 0.1  # the paper's
    response: str = "program"
    targets: str = "all"
    max_new_tokens: int = 96
    composition: int = 40  # held-out compositions of families that training knows
    family: int = 30  # held-out families
    kit: int = 10  # the kit's own problems, another set altogether
