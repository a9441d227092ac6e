"""Intervals over problems (or families of them) and seeds at once, of shares and of differences between two arms.

Problems of one family resemble each other, and so do the runs of one seed; both are samples of what could have been
drawn. The variance is the two-way cluster-robust one (Cameron, Gelbach and Miller 2011, families and seeds crossed),
its degrees of freedom are Satterthwaite's (1946). Every metric is a ratio of two sums, linearised. Of two seeds the
spread is all but unknown: where it is large, five of six such intervals hold the truth, not nineteen of twenty.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import inf, nan, sqrt
from typing import NamedTuple

import numpy as np

from procure_kit.evaluation.metrics import FEWEST, open_ends

LEVEL = 0.95


class Estimate(NamedTuple):
    """A value with its 95 % interval, and the p-value of its being zero; nan where too few families say anything."""

    value: float
    low: float
    high: float
    p: float


def stacked(of_seeds: Sequence[Mapping[str, tuple[float, float]]]) -> np.ndarray:
    """(F, S, 2) out of each seed's two sums by family; a family that a seed lacks counts nothing there."""
    families = sorted(set().union(*of_seeds))
    sums = [[of_seed.get(family, (0.0, 0.0)) for of_seed in of_seeds] for family in families]
    return np.array(sums, dtype=float).reshape(-1, len(of_seeds), 2)


def tally(values: Iterable[tuple[str, float]]) -> dict[str, np.ndarray]:
    """The two sums of a mean by family, out of (family, value)."""
    sums: dict = defaultdict(lambda: np.zeros(2))
    for family, value in values:
        sums[family] += value, 1
    return sums


def share(sums: np.ndarray, least: float = 0.0, most: float = 1.0) -> Estimate:
    """Of a ratio, from its two sums for each family and seed (F, S, 2); what it measures lies between the last two."""
    return _estimate([(1, sums)], least, most)


def difference(after: np.ndarray, before: np.ndarray, least: float = -1.0, most: float = 1.0) -> Estimate:
    """Of two ratios on the same families and seeds: after minus before, each (F, S, 2)."""
    return _estimate([(1, after), (-1, before)], least, most)


def _estimate(ratios: list[tuple[int, np.ndarray]], least: float, most: float) -> Estimate:
    value, influence = 0.0, 0.0
    families = np.logical_and.reduce([sums[..., 1].sum(1) > 0 for _, sums in ratios])
    for sign, sums in ratios:
        parts, wholes = sums[..., 0], sums[..., 1]
        if not wholes.sum():
            return Estimate(nan, nan, nan, nan)
        ratio = parts.sum() / wholes.sum()
        value += sign * ratio
        influence = influence + sign * (parts - ratio * wholes) / wholes.sum()  # (F, S), sums to 0
    count = int(families.sum())
    if count < FEWEST:
        return Estimate(value, nan, nan, nan)
    variance, freedom = variance_of(influence[families])
    if variance < 1e-12:  # all alike: what so few families leave open, where there are bounds
        ends = open_ends(value, count, least) if most < inf else (nan, nan)
        return Estimate(value, *ends, 1.0 if value == 0 else nan)
    from scipy.stats import t as student  # of the extra `train`: one seed alone needs none of it

    error = sqrt(variance)
    reach = error * student.ppf((1 + LEVEL) / 2, freedom)
    low, high = max(value - reach, least), min(value + reach, most)
    return Estimate(value, low, high, float(2 * student.sf(abs(value) / error, freedom)))


def variance_of(influence: np.ndarray) -> tuple[float, float]:
    """The variance of a sum of (F, S) influences, crossed by family and seed, and its degrees of freedom.

    One seed: over families alone, which says nothing about what another seed would give.
    """
    families, seeds = influence.shape
    of_family = families / (families - 1) * (influence.sum(1) ** 2).sum()
    if seeds == 1:
        return float(of_family), families - 1
    of_seed = seeds / (seeds - 1) * (influence.sum(0) ** 2).sum()
    more = max(of_seed - (influence**2).sum(), 0.0)  # what seeds add to that
    total = of_family + more
    parts = of_family**2 / (families - 1) + more**2 / (seeds - 1)
    return float(total), total**2 / parts if parts else inf


def holm(values: dict, number: int = 0) -> dict:
    """p-values corrected for their number (Holm 1979); for `number` where that is more: so many were planned."""
    corrected, worst = {}, 0.0
    known = sorted((p, name) for name, p in values.items() if p == p)
    for place, (p, name) in enumerate(known):
        worst = max(worst, min(1.0, p * (max(number, len(known)) - place)))
        corrected[name] = worst
    return corrected
