"""What the three renaming concepts share: which variables may be renamed, fresh names, and the edits."""

from collections.abc import Iterable
from random import Random
from string import ascii_lowercase

import libcst as cst

from procure_kit.analysis import Analysis
from procure_kit.counterfactual import Edit
from procure_kit.scopes import Occurrence, Scope, Variable
from procure_kit.source_tree import walk

_VARIABLE = {"store", "load", "update", "delete", "declare"}
LENGTH = 5  # characters of a random name (CACP)


def can_rename(analysis: Analysis, variable: Variable, mode: str) -> bool:
    """Whether a name is a variable of a function and nothing else, and nothing depends on how it is called.

    Parameters are part of an interface: only the looser mode renames them, unless something in the file passes one
    by its name. Functions, classes and imports are not variables. `__x` means different names in different classes.
    """
    if variable.scope.kind not in ("function", "lambda", "comprehension") or variable.name.startswith("__"):
        return False
    kinds = variable.kinds
    if mode == "procure" and "parameter" in kinds:
        kinds = kinds - {"parameter"}
        if variable.name in analysis.keywords or variable.name in ("self", "cls"):
            return False
    return kinds <= _VARIABLE and analysis.printed.isdisjoint(variable.occurrences)


def variables(analysis: Analysis, function: Scope, mode: str) -> dict[str, list[Occurrence]]:
    """The occurrences to rename in a function and all in it, by name: equal names are renamed alike."""
    found: dict[str, list[Occurrence]] = {}
    for scope in function.inside():
        for variable in scope.variables.values():
            if can_rename(analysis, variable, mode):
                found.setdefault(variable.name, []).extend(variable.occurrences)
    return found


def movable(analysis: Analysis, function: Scope, mode: str) -> dict[str, list[Occurrence]]:
    """Those of `variables` whose names mean nothing else anywhere in the function, so that they can trade places."""
    found = variables(analysis, function, mode)
    here = {
        o.name for scope in function.inside() for o in scope.occurrences if not can_rename(analysis, o.variable, mode)
    }
    if any(isinstance(node, cst.Match) for node in walk(function.node)):
        here.add("_")  # a pattern `_` binds nothing
    return {name: occurrences for name, occurrences in found.items() if name not in here}


def refuse(analysis: Analysis, function: Scope) -> str | None:
    """The reason against renaming anything in a function, if there is one."""
    reason = analysis.reader(function)
    if reason is None:
        own = {o for scope in function.inside() for o in scope.occurrences}
        told = sorted(o.name for o in own & analysis.printed)
        reason = f"an f-string with {told[0]}= prints the name" if told else None
    return reason


def fresh_names(analysis: Analysis, rng: Random, count: int) -> list[str]:
    """Random names of five lower-case letters that no word of the source, no keyword and no built-in has."""
    names: list[str] = []
    while len(names) < count:
        name = "".join(rng.choices(ascii_lowercase, k=LENGTH))
        if name not in analysis.words and name not in names:
            names.append(name)
    return names


def rename(occurrences: Iterable[Occurrence], name: str) -> list[Edit]:
    return [Edit(*occurrence.span, name) for occurrence in occurrences]
