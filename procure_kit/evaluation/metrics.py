"""Pass@k, the two consistency scores and AME, of pairs and of rows; intervals over problems.

Definitions: pass@k is the unbiased estimator 1 - C(n-c, k) / C(n, k). CCS has two readings in the authors' artefact:
`ccs_all`, the share of pairs with equal verdicts (its README), and `ccs_valid`, both pass over at least one passes
(its code; the Jaccard similarity of the two solved sets). AME is CACP's mean |verdict difference| where at least one
side passes. Every metric is a ratio of two sums over rows, which makes resampling whole problems cheap.

Intervals are by bootstrap. Where every draw gives the same value, that would be a point, as if one were certain; there
the interval is what so few problems leave open (`open_ends`). Fewer than FEWEST problems have no interval.
"""

import json
from collections.abc import Iterable, Sequence
from hashlib import sha256
from math import comb, nan

import numpy as np

from procure_kit.problems.counterfactual import IDENTITY

RESAMPLES = 2000
FEWEST = 5  # problems; of fewer a bootstrap draws the same few sets again and again
Z = 1.96  # standard deviations of a normal distribution that hold 95 % of it
WHOLE = "whole"  # the concept of a row without a counterfactual: the model wrote the whole function, or program
Triple = tuple[float, float, float]  # value, and the two ends of its 95 % interval


def pass_at_k(n: int, c: int, k: int) -> float:
    """The chance that k of n samples, c of them correct, hold a correct one.

    Raises: ValueError unless 0 <= c <= n and 1 <= k <= n.
    """
    if not (0 <= c <= n and 1 <= k <= n):
        raise ValueError(f"pass@k needs 0 <= c <= n and 1 <= k <= n, not n={n}, c={c}, k={k}")
    return 1 - comb(n - c, k) / comb(n, k)


def ccs_all(pairs: Iterable[tuple[bool, bool]]) -> float:
    """The share of (original passes, counterfactual passes) pairs with equal verdicts; nan without pairs."""
    both, one, other, neither = _count(pairs)
    return _ratio(both + neither, both + one + other + neither)


def ccs_valid(pairs: Iterable[tuple[bool, bool]]) -> float:
    """Pairs in which both pass over pairs in which at least one does; nan where none does."""
    both, one, other, _ = _count(pairs)
    return _ratio(both, both + one + other)


def ame(pairs: Iterable[tuple[bool, bool]]) -> float:
    """The mean absolute difference of the two verdicts over pairs in which at least one passes; nan where none does."""
    both, one, other, _ = _count(pairs)
    return _ratio(one + other, both + one + other)


def _count(pairs: Iterable[tuple[bool, bool]]) -> tuple[int, int, int, int]:
    pairs = [(bool(a), bool(b)) for a, b in pairs]
    return tuple(pairs.count(verdicts) for verdicts in ((True, True), (True, False), (False, True), (False, False)))


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else nan


def interval(groups: Sequence[Sequence[float]], least: float = 0.0) -> Triple:
    """The mean of all values, with a 95 % interval from resampling the groups, one group a problem.

    The values lie between `least` and 1: shares from 0, differences from -1. The two ends are nan below FEWEST groups.
    """
    sums = np.array([(sum(group), len(group)) for group in groups], dtype=float).reshape(-1, 2)
    return tuple(round(x, 4) for x in ratio_interval(sums, least))


def ratio_interval(sums: np.ndarray, least: float | None = 0.0) -> Triple:
    """Of a ratio, from (problems, 2) sums of its two parts; problems whose second part is 0 are no evidence.

    `least` is None for values without bounds, which have no interval where all are equal.
    """
    value, problems = _ratio(*map(float, sums.sum(axis=0))), int((sums[:, 1] > 0).sum())
    drawn = sums[draws(len(sums))].sum(axis=1)  # (RESAMPLES, 2)
    drawn = drawn[drawn[:, 1] > 0]
    return value, *ends(drawn[:, 0] / drawn[:, 1], value, problems, least)


def ends(drawn: np.ndarray, value: float, problems: int, least: float | None) -> tuple[float, float]:
    """The interval of a value, from what was drawn for it."""
    if problems < FEWEST or not len(drawn):
        return nan, nan
    low, high = (float(end) for end in np.quantile(drawn, (0.025, 0.975)))
    if high - low >= 1e-9:
        return low, high
    return (nan, nan) if least is None else open_ends(value, problems, least)


def open_ends(value: float, problems: int, least: float = 0.0) -> tuple[float, float]:
    """Between which means a value may lie that was the same for every problem.

    By Wilson's bound (1927), up to z² / (n + z²) of all problems may be otherwise, none of n having been; those may
    have any value from `least` to 1. For a share of 0 or 1 this is Wilson's interval itself.
    """
    otherwise = Z * Z / (problems + Z * Z)
    return value + otherwise * (least - value), value + otherwise * (1 - value)


def draws(problems: int) -> np.ndarray:
    return (
        np.random.default_rng(0).integers(problems, size=(RESAMPLES, problems)) if problems else np.zeros((1, 0), int)
    )


def dataset_of(row: dict) -> str:
    """`HumanEval` of HumanEval/3, `world/family` of world/family/gaps/3."""
    parts = row["task_id"].split("/")
    return "/".join(parts[:2]) if len(parts) > 3 else parts[0]


def row_key(row: dict) -> str:
    """What makes a row the same pair in two evaluations: a digest, since the programs are part of it."""
    return sha256(json.dumps([row.get(name) for name in (*IDENTITY, "cuts")]).encode()).hexdigest()
