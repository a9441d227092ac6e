"""The arms: what a model is tuned on, and what its loss adds to the plain one."""

from dataclasses import dataclass, replace

from procure_kit.concepts.table import PAPER_CONCEPTS

LAM = 0.1  # the paper's
UNTUNED = "untuned"  # no arm: the model as it was
CONTROL = "control "  # nor is `control NAME`: a model pre-trained anew
WRITERS = ("model", "rules")


@dataclass(frozen=True)
class Arm:
    """One way to tune. The defaults are plain pairs: originals and counterfactuals, and their likelihood alone."""

    rows: str = "pairs"  # or "originals"; or "twins": with a breaking twin beside each counterfactual
    lam: float = 0.0
    w_mask: float = 0.0
    w_att: float = 0.0
    targets: str = "all"  # of the mask term and of the attention: "uses" leaves first mentions of new names out
    silent_mentions: bool = False  # first mentions of new names are no part of the loss
    layers: tuple[int, ...] = (-1,)
    form: str = "complement"
    fades: int = 0  # tokens after which the attention term's weight has fallen to zero; 0: it does not fall
    kl: float = 0.0  # weight of KL(original's prediction, counterfactual's) at aligned untouched tokens
    preference: float = 0.0  # weight of the preference of the counterfactual to its breaking twin
    mode: str = "strict"
    concepts: tuple[str, ...] = PAPER_CONCEPTS
    writer: str = ""  # of written.py's counterfactuals, in place of fresh ones: "model" or "rules"


MAIN = {
    "originals": Arm("originals"),
    "plain": Arm(),
    "mask": Arm(lam=LAM, w_mask=1),
    "mask uses": Arm(lam=LAM, w_mask=1, targets="uses"),
    "no mentions": Arm(silent_mentions=True),
    "attention": Arm(lam=LAM, w_att=1),
    "attention late": Arm(lam=1, w_att=1, layers=(-2, -1), form="squared", fades=1_000_000),
    "both": Arm(lam=LAM, w_mask=1, w_att=1),
    "kl": Arm(kl=1.0),
    "twins": Arm("twins", preference=0.1),
}
LOSSES = tuple(arm for arm in MAIN if arm not in ("originals", "plain"))  # each is compared with `plain`
SETS = {
    "first": ("originals", "plain"),
    "eight": tuple(MAIN)[:8],
    "others": ("kl", "twins"),
    "weights": tuple(
        f"{arm} λ {lam}" for arm in ("mask uses", "attention", "both") for lam in ("0.03", "0.3", "1", "3")
    ),
    "left out": tuple(f"plain without {concept}" for concept in PAPER_CONCEPTS),
    "mode": ("plain procure",),
    "writers": tuple(f"plain given {writer}" for writer in WRITERS),
}


def arm_named(name: str) -> Arm:
    """An arm of MAIN, alone or with `λ NUMBER`, `without CONCEPT`, `given WRITER` or `procure` behind it.

    Raises: ValueError for any other name.
    """
    if name in MAIN:
        return MAIN[name]
    for word in (" λ ", " without ", " given "):
        first, found, value = name.partition(word)
        if found and first in MAIN:
            if word == " λ " and value.replace(".", "", 1).isdigit():
                return replace(MAIN[first], lam=float(value))
            if word == " without " and value in MAIN[first].concepts:
                return replace(MAIN[first], concepts=tuple(c for c in MAIN[first].concepts if c != value))
            if word == " given " and value in WRITERS and MAIN[first].rows == "pairs":
                return replace(MAIN[first], writer=value)
    if name.endswith(" procure") and name.removesuffix(" procure") in MAIN:
        return replace(MAIN[name.removesuffix(" procure")], mode="procure")
    known = f"{', '.join(MAIN)}, alone or with `λ NUMBER`, `without CONCEPT`, `given WRITER` or `procure` behind it"
    raise ValueError(f"no arm {name!r}: use {known}; or one of the sets {', '.join(SETS)}")


@dataclass(frozen=True)
class Recipe:
    """What all arms have in common; see data/results/curves_plan.md for how the rate is chosen."""

    model: str = "tiny"
    lr: float = 3e-4  # constant after the warm-up
    warm_up: int = 10  # steps
    batches: int = 4  # a step
    rows: int = 16  # a batch
    replay: int = 4  # of them: pre-training text, all of its tokens in the loss
    average: float = 0.3  # share of the way behind a point over which its weights are averaged
    part: str = "report"  # the problems that are scored: "report", or "choice"
    composition: int = 0  # how many of them; 0: all
    family: int = 0
