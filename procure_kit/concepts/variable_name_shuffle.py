"""Shuffled variable names (CACP, identifier naming): a function's variables trade names, and none keeps its own.

low, high = 0, len(xs)      high, low = 0, len(xs)
while low < high:      →    while high < low:
"""

from collections.abc import Iterator
from random import Random

from procure_kit.analysis.analysis import Analysis
from procure_kit.concepts.candidate import Candidate
from procure_kit.concepts.renaming import Places, movable, whole_functions

TOO_FEW = "it has fewer than two variables whose names can trade places"


def find(analysis: Analysis, mode: str) -> Iterator[Candidate]:
    """Every top-level function and method; functions inside it go with it."""
    return whole_functions(analysis, mode, movable, 2, TOO_FEW, _new_names)


def _new_names(analysis: Analysis, named: Places, rng: Random) -> list[str]:
    # Renaming every occurrence of every such name by one bijection cannot make one name capture another.
    names = list(named)
    while any(old == new for old, new in zip(named, names, strict=True)):
        rng.shuffle(names)
    return names
