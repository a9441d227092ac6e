"""Which variable each name in a source stands for: Python's scope rules, decided once for the whole tree.

`symtable` of the standard library decides the same, but says nothing about positions; tests hold the two together.
"""

from procure_kit.analysis.name_walk import NameWalk
from procure_kit.analysis.scopes import BINDING, Scope, Scopes, Variable
from procure_kit.analysis.source_tree import SourceTree


def resolve_scopes(tree: SourceTree) -> Scopes:
    """Find every name, and the variable that it stands for. Names that nothing binds belong to the module's scope."""
    walk = NameWalk(tree)
    walk.visit_all(tree.module.body)
    for scope in walk.found.all:
        for occurrence in scope.occurrences:
            if occurrence.kind in BINDING and occurrence.name not in scope.declared:
                scope.variables.setdefault(occurrence.name, Variable(occurrence.name, scope))
    for scope in walk.found.all:
        for occurrence in scope.occurrences:
            owner = _owner(scope, occurrence.name)
            variable = owner.variables.setdefault(occurrence.name, Variable(occurrence.name, owner))
            variable.occurrences.append(occurrence)
            occurrence.variable = variable
    return walk.found


def _owner(scope: Scope, name: str) -> Scope:
    """The scope that `name`, written in `scope`, belongs to."""
    at, first = scope, True
    while at.parent is not None:
        # What a class binds or declares holds in its own body alone, and in the type-parameter scopes right in it.
        visible = first or at.kind != "class"
        if visible and at.declared.get(name) == "global":
            break
        if visible and name in at.variables and name not in at.declared:
            return at
        first = at.kind == "type parameters"
        at = at.parent
    while at.parent is not None:
        at = at.parent
    return at
