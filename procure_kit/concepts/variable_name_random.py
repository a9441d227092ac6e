"""Random variable names (CACP, identifier naming): every local variable of a function gets five random letters.

total = 0                       qkzwm = 0
for n in xs: total += n    →    for brtya in xs: qkzwm += brtya
return total                    return qkzwm
"""

from collections.abc import Iterator
from random import Random

from procure_kit.analysis.analysis import Analysis
from procure_kit.concepts.candidate import Candidate
from procure_kit.concepts.renaming import Places, fresh_names, variables, whole_functions

NONE = "it has no variable of its own to rename (parameters are its interface)"


def find(analysis: Analysis, mode: str) -> Iterator[Candidate]:
    """Every top-level function and method; functions inside it go with it."""
    return whole_functions(analysis, mode, variables, 1, NONE, _new_names)


def _new_names(analysis: Analysis, named: Places, rng: Random) -> list[str]:
    return fresh_names(analysis, rng, len(named))
