"""What the three renaming concepts share: which variables may be renamed, fresh names, and the edits."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from random import Random
from string import ascii_lowercase

import libcst as cst

from procure_kit.analysis.analysis import Analysis
from procure_kit.analysis.built_ins import in_namespace
from procure_kit.analysis.scopes import Occurrence, Scope, Variable
from procure_kit.analysis.source_tree import walk
from procure_kit.concepts.candidate import Candidate
from procure_kit.concepts.keyword_calls import collected, keyword_spans
from procure_kit.problems.counterfactual import Edit, Span

VARIABLE = {"store", "load", "update", "delete", "declare"}  # the kinds of occurrences that a plain variable has
_ELSE = {"parameter": "a parameter", "import": "imported", "def": "a function", "class": "a class", "type": "a type"}
_ELSE["type parameter"] = "a type parameter"
LENGTH = 5  # characters of a random name (CACP)
Places = dict[str, list[Span]]  # where each name of a function's variables stands


def can_rename(analysis: Analysis, variable: Variable, mode: str) -> bool:
    return stays(analysis, variable, mode) is None


def stays(analysis: Analysis, variable: Variable, mode: str) -> str | None:
    """Why a name stays; None where it is a variable of a function and nothing else, and nothing depends on the name.

    Parameters are part of an interface: only the looser mode renames them, and with them the keywords that name them
    in the file's calls and doctests; not where that cannot be told. Functions, classes and imports are not variables.
    `__x` means different names in different classes, and `_C__x` may be one of them.
    """
    name, kinds = variable.name, variable.kinds
    if variable.scope.kind not in ("function", "lambda", "comprehension"):
        return f"`{name}` is no variable of a function"
    if name.startswith("_") and "__" in name:
        return f"`{name}` may mean another name inside a class, because of its underscores"
    if mode == "procure" and "parameter" in kinds:
        kinds = kinds - {"parameter"}
        if name in ("self", "cls"):
            return f"`{name}` is the name that everybody gives to this parameter"
        if keyword_spans(analysis, variable) is None:
            return f"`{name}` is a parameter, and it cannot be told which calls pass it by its name"
    return not_plain(analysis, variable.occurrences, kinds - VARIABLE) or kept(analysis, variable)


def not_plain(analysis: Analysis, occurrences: Iterable[Occurrence], odd: set[str]) -> str | None:
    """What else than a variable the first of the occurrences of an odd kind makes of a name."""
    found = min((o for o in occurrences if o.kind in odd), key=lambda o: o.span, default=None)
    if found is None:
        return None
    return f"`{found.name}` is no plain variable: on line {analysis.tree.line(found.span[0])} it is {_ELSE[found.kind]}"


def kept(analysis: Analysis, variable: Variable) -> str | None:
    """Why a variable's name stays, where something that runs may ask for it."""
    name = variable.name
    if not analysis.printed.isdisjoint(variable.occurrences):
        return f"the program can show the name of `{name}` as text, in an f-string with `=` or an annotation"
    if any(in_namespace(occurrence) for occurrence in variable.occurrences):
        return f"a class with a base or a keyword reads `{name}`, and its metaclass may put another one into its body"
    return analysis.onlookers.looked_up(variable.scope, name)


def places(analysis: Analysis, variable: Variable) -> list[Span]:
    """Where a variable's name stands, also as a keyword."""
    keywords = keyword_spans(analysis, variable) if "parameter" in variable.kinds else []
    return [occurrence.span for occurrence in variable.occurrences] + (keywords or [])


def variables(analysis: Analysis, function: Scope, mode: str) -> Places:
    """The places to rename in a function and all in it, by name: equal names are renamed alike."""
    found: Places = {}
    for scope in function.inside():
        for variable in scope.variables.values():
            if can_rename(analysis, variable, mode):
                found.setdefault(variable.name, []).extend(places(analysis, variable))
    return found


def has_parameter(function: Scope, names: Iterable[str]) -> bool:
    """Whether one of the names is a parameter of the function or of one inside it."""
    wanted = set(names)
    return any(o.kind == "parameter" and o.name in wanted for scope in function.inside() for o in scope.occurrences)


def movable(analysis: Analysis, function: Scope, mode: str) -> Places:
    """Those of `variables` whose names mean nothing else anywhere in the function, so that they can trade places."""
    found = variables(analysis, function, mode)
    mentioned = {o.variable for scope in function.inside() for o in scope.occurrences}
    here = {variable.name for variable in mentioned if not can_rename(analysis, variable, mode)}
    if any(isinstance(node, cst.Match) for node in walk(function.node)):
        here.add("_")  # a pattern `_` binds nothing
    if mode == "procure":
        here |= collected(analysis, function)
    return {name: occurrences for name, occurrences in found.items() if name not in here}


def refuse(analysis: Analysis, function: Scope) -> str | None:
    """The reason against renaming anything in a function, if there is one."""
    reason = analysis.reader(function)
    if reason is None:
        own = {o for scope in function.inside() for o in scope.occurrences}
        told = sorted(own & analysis.printed, key=lambda occurrence: occurrence.name)
        reason = kept(analysis, told[0].variable) if told else None
    return reason


def _why_too_few(analysis: Analysis, function: Scope, otherwise: str) -> str:
    """The reason for which the name of a function's variable stays, if it is what there is too little of."""
    own = (variable for scope in function.inside() for variable in scope.variables.values())
    variables_ = (variable for variable in own if variable.kinds <= VARIABLE and variable.scope.kind != "class")
    return next((why for variable in variables_ if (why := kept(analysis, variable))), otherwise)


def whole_functions(
    analysis: Analysis,
    mode: str,
    named_in: Callable[[Analysis, Scope, str], Places],
    least: int,
    too_few: str,
    new_names: Callable[[Analysis, Places, Random], list[str]],
) -> Iterator[Candidate]:
    """A site for each top-level function and method: `named_in` says what gets the `new_names`, `least` how many names
    that must be, and `too_few` why not."""
    for function in analysis.functions:
        named = named_in(analysis, function, mode)
        refused = refuse(analysis, function)
        if refused is None and len(named) < least:
            refused = _why_too_few(analysis, function, too_few)
        sure = "tested" if has_parameter(function, named) or analysis.onlookers.doubt(function) else "syntactic"
        label = f"{function.node.name.value}: {', '.join(named)}"
        rewrite = None if refused else partial(_rename_all, analysis, named, new_names)
        yield Candidate(analysis.tree.span(function.node), label, rewrite, refused, sure)


def _rename_all(analysis: Analysis, named: Places, new_names: Callable, rng: Random) -> list[Edit]:
    new = new_names(analysis, named, rng)
    return [edit for spans, name in zip(named.values(), new, strict=True) for edit in rename(spans, name)]


def fresh_names(analysis: Analysis, rng: Random, count: int) -> list[str]:
    """Random names of five lower-case letters that no word of the source, no keyword and no built-in has."""
    names: list[str] = []
    while len(names) < count:
        name = "".join(rng.choices(ascii_lowercase, k=LENGTH))
        if name not in analysis.words and name not in names:
            names.append(name)
    return names


def rename(spans: Iterable[Span], name: str) -> list[Edit]:
    return [Edit(*span, name) for span in dict.fromkeys(spans)]
