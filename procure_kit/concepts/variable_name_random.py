"""Random variable names (CACP, identifier naming): every local variable of a function gets five random letters.

total = 0                       qkzwm = 0
for n in xs: total += n    →    for brtya in xs: qkzwm += brtya
return total                    return qkzwm
"""

from collections.abc import Iterator
from functools import partial
from random import Random

from procure_kit.analysis import Analysis
from procure_kit.concepts.candidate import Candidate
from procure_kit.concepts.renaming import fresh_names, has_parameter, refuse, rename, variables
from procure_kit.counterfactual import Edit
from procure_kit.scopes import Scope


def find(analysis: Analysis, mode: str) -> Iterator[Candidate]:
    """Every top-level function and method; functions inside it go with it."""
    for function in analysis.functions:
        named = variables(analysis, function, mode)
        refused = refuse(analysis, function)
        if not refused and not named:
            refused = "it has no variable of its own to rename (parameters are its interface)"
        rewrite = None if refused else partial(_rewrite, analysis, function, mode)
        sure = "tested" if has_parameter(function, named) else "syntactic"
        label = f"{function.node.name.value}: {', '.join(named)}"
        yield Candidate(analysis.tree.span(function.node), label, rewrite, refused, sure)


def _rewrite(analysis: Analysis, function: Scope, mode: str, rng: Random) -> list[Edit]:
    named = variables(analysis, function, mode)
    names = fresh_names(analysis, rng, len(named))
    return [edit for found, name in zip(named.values(), names, strict=True) for edit in rename(found, name)]
