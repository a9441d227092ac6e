"""Where a file passes a function's parameter by its name: in calls, and in the doctest examples of its strings.

Only the looser mode renames parameters. What is written here must be renamed with them; where it cannot be told
whose parameter a keyword names, nothing is.
"""

import ast
import doctest
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import libcst as cst

from procure_kit.analysis.analysis import Analysis
from procure_kit.analysis.scopes import Scope, Variable
from procure_kit.problems.counterfactual import Span

# Words of code that looks at the parameters of a function.
_LOOKS = {"__annotations__", "__kwdefaults__", "__signature__", "signature", "getfullargspec", "get_type_hints"}
_PLAIN_DECORATORS = {"staticmethod", "classmethod", "property"}
_NAMED = re.compile(r"(\w+)\s*=(?!=)")
_QUOTES = re.compile(r"[rRuU]?('''|\"\"\"|'|\")")


@dataclass(frozen=True, eq=False)
class _Index:
    """All that the file names by keyword: calls (with what each calls, where that is known), strings, the rest."""

    calls: dict[str, list[tuple[cst.Name, Variable | None]]]
    strings: dict[str, list[cst.SimpleString]]
    others: set[str]  # of classes and patterns
    unpacked: set[Variable | None]  # what is called with a dictionary, whose keys are names; None: it is not known what
    values: set[Variable]  # functions that are used as values, by other code than built-ins


@lru_cache(maxsize=4)
def _index(analysis: Analysis) -> _Index:
    found = _Index({}, {}, set(), set(), set())
    called = {node.func for node in analysis.nodes if isinstance(node, cst.Call)}
    for node in analysis.nodes:
        match node:
            case cst.Name() if node in analysis.scopes.occurrence and node not in called:
                occurrence = analysis.scopes.occurrence[node]
                if occurrence.kind == "load":
                    found.values.add(occurrence.variable)
            case cst.Call():
                callee = _callee(analysis, node.func)
                for arg in node.args:
                    if arg.keyword is not None:
                        found.calls.setdefault(arg.keyword.value, []).append((arg.keyword, callee))
                    if arg.star == "**":
                        found.unpacked.add(callee)
            case cst.SimpleString():
                for name in set(_NAMED.findall(node.value)):
                    found.strings.setdefault(name, []).append(node)
            case cst.ClassDef():
                found.others.update(word.keyword.value for word in node.keywords if word.keyword is not None)
            case cst.MatchClass():
                found.others.update(word.key.value for word in node.kwds)
    return found


def keyword_spans(analysis: Analysis, parameter: Variable) -> list[Span] | None:
    """The places of a parameter's name as a keyword; None when one of the file's keywords may be it, or may not."""
    if not _LOOKS.isdisjoint(analysis.tree.words):
        return None
    if not _has_keyword(parameter):
        return None if _is_decorated(parameter.scope.node) else []
    name, index, own, found = parameter.name, _index(analysis), _function(analysis, parameter), []
    if name in index.others or _is_decorated(parameter.scope.node):
        return None
    if own in index.unpacked or None in index.unpacked and own in {None, *index.values}:
        return None
    for keyword, callee in index.calls.get(name, ()):
        if callee is None:
            return None
        if callee is own and keyword in analysis.shown:
            return None  # f"{f(x=1)=}"
        if callee is own:
            found.append(analysis.tree.span(keyword))
    for node in index.strings.get(name, ()):
        spans = _in_doctests(analysis, node, own.name if own else "", name)
        if len(spans) != _NAMED.findall(node.value).count(name):
            return None  # prose, or something that only looks like code
        found += spans
    return found


def _has_keyword(parameter: Variable) -> bool:
    """Whether a call can give it by its name: not so for `*args`, `**options` and what stands before a `/`."""
    params = parameter.scope.node.params
    without = [*params.posonly_params, params.star_arg, params.star_kwarg]
    named = {param.name.value for param in without if isinstance(param, cst.Param)}
    return parameter.name not in named


def _is_decorated(node: cst.FunctionDef | cst.Lambda) -> bool:
    """Whether a decorator, which may call the function by keywords or look at its parameters, sees it."""
    decorators = node.decorators if isinstance(node, cst.FunctionDef) else ()
    names = [found.decorator.value for found in decorators if isinstance(found.decorator, cst.Name)]
    return sum(name in _PLAIN_DECORATORS for name in names) < len(decorators)


def collected(analysis: Analysis, function: Scope) -> set[str]:
    """Keywords of the file that no parameter has, and that a `**` of the function, or of one in it, may collect: a
    parameter that takes such a name would be given twice."""
    inside = [scope for scope in function.inside() if isinstance(scope.node, cst.FunctionDef | cst.Lambda)]
    if all(scope.node.params.star_kwarg is None for scope in inside):
        return set()
    named = {
        variable.name
        for scope in inside
        for variable in scope.variables.values()
        if "parameter" in variable.kinds and _has_keyword(variable)
    }
    return {*_index(analysis).calls, *_index(analysis).strings} - named


def _function(analysis: Analysis, parameter: Variable) -> Variable | None:
    """The variable that always means the parameter's function, if there is one."""
    node = parameter.scope.node
    found = analysis.scopes.occurrence.get(node.name) if isinstance(node, cst.FunctionDef) else None
    return found.variable if found is not None and _is_settled(found.variable) else None


def _is_settled(variable: Variable) -> bool:
    """Whether a name means one function of this file, and nothing else ever. A class's keywords go to a method."""
    bound = [o.kind for o in variable.occurrences if o.kind != "load"]
    return bound == ["def"] and variable.scope.kind != "class"


def _callee(analysis: Analysis, func: cst.CSTNode) -> Variable | None:
    """What a call calls, where the text alone says so: a function of the file, or a built-in."""
    occurrence = analysis.scopes.occurrence.get(func)
    if occurrence is None or not _is_settled(occurrence.variable) and analysis.is_builtin(func) is None:
        return None
    return occurrence.variable


def _in_doctests(analysis: Analysis, node: cst.SimpleString, function: str, name: str) -> list[Span]:
    """The keyword's places in the examples of a string whose text is what the source shows."""
    start, _ = analysis.tree.span(node)
    quotes = _QUOTES.match(node.value)
    if quotes is None or "\\" in node.value or "\r" in node.value:
        return []
    text = node.value[quotes.end() : -len(quotes[1])]
    return [(start + quotes.end() + at, start + quotes.end() + at + len(name)) for at in _places(text, function, name)]


def _places(text: str, function: str, name: str) -> Iterator[int]:
    lines = text.split("\n")
    starts = [sum(len(line) + 1 for line in lines[:number]) for number in range(len(lines))]
    try:
        examples = doctest.DocTestParser().get_examples(text)
    except ValueError:  # no doctest: its prompts are not in order
        return
    for example in examples:
        try:
            tree = ast.parse(textwrap.dedent(example.source))
        except (SyntaxError, MemoryError):  # the parser's word for what is nested too deeply
            continue
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == function:
                for word in call.keywords:
                    if word.arg == name:
                        line = example.lineno + word.lineno - 1
                        shown = example.source.split("\n")[word.lineno - 1]
                        before = shown.encode()[: word.col_offset].decode()
                        yield starts[line] + lines[line].index(shown) + len(before)


clear = _index.cache_clear  # for benchmarks, which measure a first time again
