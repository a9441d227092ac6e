"""Several renamings at once: whether every name of a program still stands for what it stood for."""

import ast

from procure_kit.analysis.analysis import Analysis
from procure_kit.analysis.scopes import Occurrence, Variable
from procure_kit.concepts.recognition.names import check_keywords, renamed_pairs
from procure_kit.concepts.recognition.syntax_pairs import NotThisConcept
from procure_kit.concepts.renaming import kept, places, rename, stays


def check_renamings(one: ast.Module, other: ast.Module, old: Analysis, new: Analysis) -> None:
    """Variables have other names, and of some a definition with its uses has one of its own. Raises: NotThisConcept."""
    renamed_pairs(one, other, old, new)
    became: dict[Variable, dict[Variable, list[Occurrence]]] = {}
    came: dict[Variable, Variable] = {}
    for a, b in zip(old.scopes.in_order(), new.scopes.in_order(), strict=True):
        became.setdefault(a.variable, {}).setdefault(b.variable, []).append(a)
        if came.setdefault(b.variable, a.variable) is not a.variable or a.scope.number != b.scope.number:
            line = new.tree.line(b.span[0])
            raise NotThisConcept(f"line {line}: {b.name} no longer stands for the variable that {a.name} was")
    edits = []
    for variable, parts in became.items():
        if [part.name for part in parts] == [variable.name]:
            continue
        _check_may_change(old, variable, whole=len(parts) == 1)
        if len(parts) > 1:
            _check_split(old, variable, parts)
        for part, occurrences in parts.items():
            spans = places(old, variable) if len(parts) == 1 else [o.span for o in occurrences]
            edits += rename(spans, part.name) if part.name != variable.name else []
    check_keywords(old, new, edits)


def _check_may_change(old: Analysis, variable: Variable, whole: bool) -> None:
    reason = kept(old, variable) or old.onlookers.certain(variable.scope)
    if reason := reason or whole and stays(old, variable, "procure"):
        raise NotThisConcept(f"{variable.name} has a new name, but {reason}")


def _check_split(old: Analysis, variable: Variable, parts: dict[Variable, list[Occurrence]]) -> None:
    """Each part must hold whole webs, and those with a new name nothing but assignments and uses."""
    if variable.scope.kind != "function" or not old.flow(variable.scope).covers(variable):
        raise NotThisConcept(f"{variable.name} is also used at another time: no definition of it can be split off")
    webs = old.flow(variable.scope).webs(variable)
    for part, occurrences in parts.items():
        if any(0 < len(set(web) & set(occurrences)) < len(web) for web in webs):
            raise NotThisConcept(f"a use of {variable.name} may see definitions that now have several names")
        if part.name != variable.name and not {o.kind for o in occurrences} <= {"store", "load", "update", "delete"}:
            raise NotThisConcept(f"{part.name} was not only assigned to and used as {variable.name}")
