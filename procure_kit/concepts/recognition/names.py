"""The three concepts that rename, recognised in a pair of programs: by what each name stands for, not by its text."""

import ast
import keyword

from procure_kit.analysis.analysis import Analysis
from procure_kit.analysis.built_ins import BUILT_INS
from procure_kit.analysis.python_tree import check_syntax
from procure_kit.analysis.scopes import Occurrence, Scope, Variable
from procure_kit.concepts.def_use_break import is_used, second_web
from procure_kit.concepts.recognition.syntax_pairs import NotThisConcept, parts, same, several
from procure_kit.concepts.renaming import LENGTH, can_rename, kept, places, rename, stays
from procure_kit.problems.counterfactual import Edit, Span, apply_edits

Found = tuple[str, list[Span], list[Span]]  # a detail, and the changed spans in the original and the counterfactual

_NAMES = {
    ast.Name: "id",
    ast.arg: "arg",
    ast.ExceptHandler: "name",
    ast.MatchAs: "name",
    ast.MatchStar: "name",
    ast.MatchMapping: "rest",
    ast.Global: "names",
    ast.Nonlocal: "names",
    ast.keyword: "arg",
}  # fmt: skip  the fields that hold names of variables


def check_random_names(one: ast.Module, other: ast.Module, old: Analysis, new: Analysis) -> Found:
    """All variables of one function or more have new names of five characters. Raises: NotThisConcept."""
    pairs, mapping = wholerenamed_pairs(one, other, old, new)
    known = {o.name for o in old.scopes.occurrence.values()}
    for variable, name in mapping.items():
        _check_new_name(variable, name, known)
    functions = dict.fromkeys(_home(old, variable) for variable in mapping)
    for function in functions:
        for scope in function.inside():
            for variable in scope.variables.values():
                if can_rename(old, variable, "strict") and variable not in mapping:
                    line = old.tree.line(variable.occurrences[0].span[0])
                    raise NotThisConcept(f"line {line}: {variable.name} keeps its name, while others have new ones")
    return (several(len(functions)), *_spans(pairs))


def check_shuffled_names(one: ast.Module, other: ast.Module, old: Analysis, new: Analysis) -> Found:
    """Variables of a function trade names. Raises: NotThisConcept."""
    pairs, mapping = wholerenamed_pairs(one, other, old, new)
    functions: dict[Scope, dict[Variable, str]] = {}
    for variable, name in mapping.items():
        functions.setdefault(_home(old, variable), {})[variable] = name
    for function, renamed in functions.items():
        here = {variable.name: name for variable, name in renamed.items()}
        if set(here) != set(here.values()):
            odd = set(here.values()) - set(here) or set(here) - set(here.values())
            raise NotThisConcept(
                f"{function.node.name.value}: not the same names in another order: {', '.join(sorted(odd))}"
            )
        wrong = [variable.name for variable, name in renamed.items() if here[variable.name] != name]
        if wrong:
            raise NotThisConcept(f"{function.node.name.value}: {wrong[0]} became one name here and another there")
    return (several(len(functions)), *_spans(pairs))


def check_def_use_break(one: ast.Module, other: ast.Module, old: Analysis, new: Analysis) -> Found:
    """A variable's second definition and the uses it reaches have a new name; in the looser reading the whole
    variable. So it may be with more than one variable. Raises: NotThisConcept."""
    pairs = renamed_pairs(one, other, old, new)
    variables: dict[Variable, list[tuple[Occurrence, Occurrence]]] = {}
    for pair in pairs:
        variables.setdefault(pair[0].variable, []).append(pair)
    whole = [_check_break(old, variable, found) for variable, found in variables.items()]
    edits = []
    for (variable, found), all_of_it in zip(variables.items(), whole, strict=True):
        spans = places(old, variable) if all_of_it else [a.span for a, _ in found]
        edits += rename(spans, found[0][1].name)
    check_keywords(old, new, edits)
    detail = "the whole variable has a new name: the looser reading of the concept" if any(whole) else ""
    return (several(len(variables), detail), *_spans(pairs))


def _check_break(old: Analysis, variable: Variable, pairs: list[tuple[Occurrence, Occurrence]]) -> bool:
    """Judge one variable that is renamed somewhere; returns whether it is renamed everywhere."""
    renamed, names = {a for a, _ in pairs}, {b.name for _, b in pairs}
    if len(names) > 1:
        raise NotThisConcept(f"{variable.name} has several new names: {', '.join(sorted(names))}")
    _check_new_name(variable, names.pop(), {o.name for o in old.scopes.occurrence.values()})
    target = pairs[0][1].variable
    if set(target.occurrences) != {b for _, b in pairs} or target.scope.number != variable.scope.number:
        raise NotThisConcept(f"the new name {target.name} does not stand for the variable that {variable.name} was")
    if renamed == set(variable.occurrences):
        _check_allowed(old, {variable: target.name})
        return True
    _check_web(old, variable, renamed)
    return False


def _check_web(old: Analysis, variable: Variable, renamed: set[Occurrence]) -> None:
    name = variable.name
    if variable.scope.kind != "function" or not old.flow(variable.scope).covers(variable):
        raise NotThisConcept(f"{name} is also used at another time, in a closure, say: no definition can be split off")
    if reason := kept(old, variable) or old.onlookers.certain(variable.scope):
        raise NotThisConcept(f"{name} has a new name, but {reason}")
    second = set(second_web(old, variable))
    if second and not is_used(list(second)):
        raise NotThisConcept(f"nothing uses the second definition of {name}")
    if not second:
        raise NotThisConcept(f"{name} has no second definition whose uses the first never reaches")
    for occurrence in sorted(renamed ^ second, key=lambda o: o.span):
        line = old.tree.line(occurrence.span[0])
        if occurrence in second:
            raise NotThisConcept(f"line {line}: {name} keeps its name, but belongs to the second definition")
        raise NotThisConcept(f"line {line}: {name} is renamed, but does not belong to the second definition")


def wholerenamed_pairs(
    one: ast.Module, other: ast.Module, old: Analysis, new: Analysis
) -> tuple[list[tuple[Occurrence, Occurrence]], dict[Variable, str]]:
    """The names that differ, in pairs, and the new name of each variable, which has it wherever it stands."""
    pairs, mapping = renamed_pairs(one, other, old, new), _same_meaning(old, new)
    _check_allowed(old, mapping)
    check_keywords(old, new, [edit for v, name in mapping.items() for edit in rename(places(old, v), name)])
    return pairs, mapping


def renamed_pairs(
    one: ast.Module, other: ast.Module, old: Analysis, new: Analysis
) -> list[tuple[Occurrence, Occurrence]]:
    """The names that differ, in pairs, after checking that nothing else does."""
    _check_shape(one, other)
    both = zip(old.scopes.in_order(), new.scopes.in_order(), strict=True)
    return [(a, b) for a, b in both if a.name != b.name]


def check_keywords(old: Analysis, new: Analysis, edits: list[Edit]) -> None:
    """Keywords of calls have followed the parameters that they name, and no other has changed; the examples of
    docstrings may have followed, too."""
    expected, given = check_syntax(apply_edits(old.source, edits)[0]), check_syntax(new.source)
    if same(given, expected):
        return
    for tree in (given, expected):
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                node.value = ""
    if not same(given, expected) or _strings(new) != _strings(old):
        raise NotThisConcept("keywords of calls do not follow the parameters that they name")


def _strings(analysis: Analysis) -> list[str]:
    nodes = ast.walk(check_syntax(analysis.source))
    return [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]


def _check_shape(one, other, line: int = 1) -> None:
    line = getattr(one, "lineno", line)
    both = isinstance(one, ast.Constant) and isinstance(other, ast.Constant)
    if both and ">>>" in str(one.value) and isinstance(other.value, str):
        return  # the examples of a docstring, which check_keywords compares
    pairs = parts(one, other)
    if pairs is None and not same(one, other):
        raise NotThisConcept(f"line {line}: the programs differ in more than names of variables")
    name = _NAMES.get(type(one))
    for place, (a, b) in enumerate(pairs or ()):
        some = isinstance(a, list) and len(a) != len(b)  # `global x` and `global x, y`
        if name is None or one._fields[place] != name or a is None or b is None or some:
            _check_shape(a, b, line)


def _same_meaning(old: Analysis, new: Analysis) -> dict[Variable, str]:
    """The new name of each renamed variable, after checking that every name still means the same variable."""
    there: dict[Variable, Variable] = {}
    back: dict[Variable, Variable] = {}
    for a, b in zip(old.scopes.in_order(), new.scopes.in_order(), strict=True):
        one_to_one = there.setdefault(a.variable, b.variable) is b.variable
        one_to_one = back.setdefault(b.variable, a.variable) is a.variable and one_to_one
        if not one_to_one or a.variable.scope.number != b.variable.scope.number:
            line = new.tree.line(b.span[0])
            raise NotThisConcept(f"line {line}: {b.name} no longer stands for the variable that {a.name} was")
    return {a: b.name for a, b in there.items() if a.name != b.name}


def _check_allowed(old: Analysis, mapping: dict[Variable, str]) -> None:
    for variable in mapping:
        if reason := stays(old, variable, "procure") or old.onlookers.certain(variable.scope):
            raise NotThisConcept(f"{variable.name} has a new name, but {reason}")


def _check_new_name(variable: Variable, name: str, known: set[str]) -> None:
    if len(name) != LENGTH:
        raise NotThisConcept(f"{variable.name} became {name}: a random name has {LENGTH} characters")
    if name in known or name in BUILT_INS or keyword.issoftkeyword(name):
        raise NotThisConcept(f"{variable.name} became {name}, which already means something in the program")


def _home(analysis: Analysis, variable: Variable) -> Scope:
    """The top-level function or method that a variable belongs to. Raises: NotThisConcept when it belongs to none."""
    scope = variable.scope
    while scope not in analysis.functions:
        if scope.parent is None:
            raise NotThisConcept(f"{variable.name} has a new name, but belongs to no function")
        scope = scope.parent
    return scope


def _spans(pairs: list[tuple[Occurrence, Occurrence]]) -> tuple[list[Span], list[Span]]:
    return [a.span for a, _ in pairs], [b.span for _, b in pairs]
