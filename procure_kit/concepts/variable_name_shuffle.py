"""Shuffled variable names (CACP, identifier naming): a function's variables trade names, and none keeps its own.

low, high = 0, len(xs)      high, low = 0, len(xs)
while low < high:      →    while high < low:
"""

from collections.abc import Iterator
from functools import partial
from random import Random

from procure_kit.analysis import Analysis
from procure_kit.concepts.candidate import Candidate
from procure_kit.concepts.renaming import has_parameter, movable, refuse, rename
from procure_kit.counterfactual import Edit
from procure_kit.scopes import Scope


def find(analysis: Analysis, mode: str) -> Iterator[Candidate]:
    """Every top-level function and method; functions inside it go with it."""
    for function in analysis.functions:
        named = movable(analysis, function, mode)
        refused = refuse(analysis, function)
        if not refused and len(named) < 2:
            refused = "it has fewer than two variables whose names can trade places"
        rewrite = None if refused else partial(_rewrite, analysis, function, mode)
        sure = "tested" if has_parameter(function, named) else "syntactic"
        label = f"{function.node.name.value}: {', '.join(named)}"
        yield Candidate(analysis.tree.span(function.node), label, rewrite, refused, sure)


def _rewrite(analysis: Analysis, function: Scope, mode: str, rng: Random) -> list[Edit]:
    # Renaming every occurrence of every such name by one bijection cannot make one name capture another.
    named = movable(analysis, function, mode)
    names = list(named)
    while any(old == new for old, new in zip(named, names, strict=True)):
        rng.shuffle(names)
    return [edit for found, name in zip(named.values(), names, strict=True) for edit in rename(found, name)]
