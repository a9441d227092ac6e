"""What evaluating a piece of code can do besides giving a value, on three levels.

INERT: it cannot raise, runs no code that the text does not show, and reads only the function's own variables.
READS: it changes nothing as far as names tell, but may read shared objects, raise, or run operators of unknown types.
ACTS:  it may change something: a call of an unknown function, a store to an attribute or an item, a yield.
"""

from dataclasses import dataclass

import libcst as cst

from procure_kit.analysis.analysis import Analysis
from procure_kit.analysis.inert_operators import adds_nothing
from procure_kit.analysis.inference import kind
from procure_kit.analysis.source_tree import children, walk

INERT, READS, ACTS = 0, 1, 2

PURE_BUILTINS = {
    "abs", "all", "any", "ascii", "bin", "bool", "bytes", "callable", "chr", "complex", "dict", "divmod", "enumerate",
    "filter", "float", "format", "frozenset", "hasattr", "hash", "hex", "id", "int", "isinstance", "issubclass", "len",
    "list", "map", "max", "min", "oct", "ord", "pow", "range", "repr", "reversed", "round", "set", "slice", "sorted",
    "str", "sum", "tuple", "type", "zip",
}  # fmt: skip
# Methods that change nothing on any built-in type that has them. `pop`, `sort`, `read` and the like are not among them.
PURE_METHODS = {
    "capitalize", "casefold", "center", "copy", "count", "decode", "difference", "encode", "endswith", "expandtabs",
    "find", "format", "get", "hex", "index", "intersection", "is_integer", "isalnum", "isalpha", "isascii",
    "isdecimal", "isdigit", "isdisjoint", "isidentifier", "islower", "isnumeric", "isprintable", "isspace",
    "issubset", "issuperset", "istitle", "isupper", "items", "join", "keys", "ljust", "lower", "lstrip", "partition",
    "removeprefix", "removesuffix", "replace", "rfind", "rindex", "rjust", "rpartition", "rsplit", "rstrip", "split",
    "splitlines", "startswith", "strip", "swapcase", "symmetric_difference", "title", "translate", "union", "upper",
    "values", "zfill",
}  # fmt: skip
# Other types have methods of these names that act, with other numbers of arguments.
_ARGUMENTS = {"get": (1, 2), "join": (1, 1), "replace": (2, 3), "copy": (0, 0), "index": (1, 3), "count": (1, 3)}
_LOOK_ONLY = {"bool", "callable", "hasattr", "hash", "id", "isinstance", "repr", "str", "type"}  # take no elements


@dataclass(frozen=True, order=True)
class Effect:
    """A level, and for a learner what reaches it, without the subject of the sentence: "calls `f`, which ..."."""

    level: int
    why: str = ""


def worst(effects) -> Effect:
    return max(effects, default=Effect(INERT), key=lambda effect: effect.level)


def effect_of(analysis: Analysis, node: cst.CSTNode) -> Effect:
    """What evaluating an expression can do."""
    match node:
        case cst.Name():
            return _name(analysis, node)
        case cst.Integer() | cst.Float() | cst.Imaginary() | cst.SimpleString() | cst.FormattedStringText():
            return Effect(INERT)
        case cst.Lambda():
            defaults = [child for child in walk(node.params) if isinstance(child, cst.Param) and child.default]
            return worst(effect_of(analysis, param.default) for param in defaults)
        case cst.Call():
            return _call(analysis, node)
        case cst.Await():
            return Effect(ACTS, "awaits something")
        case cst.Yield():
            return Effect(ACTS, "yields")
        case cst.NamedExpr():
            return worst([effect_of(analysis, node.value), target_effect(analysis, node.target)])
        case cst.FormattedString():
            return worst([effect_of(analysis, part) for part in node.parts])
        case cst.CompFor() if node.asynchronous is not None:
            return Effect(ACTS, "awaits something")
    return worst(
        [
            Effect(INERT if adds_nothing(analysis, node) else READS),
            using_up(analysis, _taken_from(node)),
            *(effect_of(analysis, child) for child in children(node)),
        ]
    )


def _taken_from(node: cst.CSTNode) -> cst.CSTNode | None:
    """What the node takes elements from."""
    match node:
        case cst.CompFor():
            return node.iter
        case cst.StarredElement():
            return node.value
        case cst.ComparisonTarget(operator=cst.In() | cst.NotIn()):
            return node.comparator
    return None


def using_up(analysis: Analysis, node: cst.CSTNode | None) -> Effect:
    """What taking elements from an expression does, when it is a name that proves to be an iterator."""
    if isinstance(node, cst.Name) and kind(analysis, node) == "iterator":
        return Effect(ACTS, f"takes elements from the iterator `{node.value}`")
    return Effect(INERT)


def _name(analysis: Analysis, node: cst.Name) -> Effect:
    occurrence = analysis.scopes.occurrence.get(node)
    if occurrence is None or analysis.is_builtin(node):  # None, True, False, the name of an attribute
        return Effect(INERT)
    function = occurrence.variable.scope.frame
    if occurrence.kind != "load" or function.kind != "function":
        return Effect(READS)
    flow = analysis.flow(function)
    if not flow.covers(occurrence.variable):
        return Effect(READS)
    return Effect(READS if flow.reaching(occurrence)[1] else INERT)  # it may be unbound


def _call(analysis: Analysis, node: cst.Call) -> Effect:
    arguments = worst(effect_of(analysis, arg.value) for arg in node.args)
    if not isinstance(node.func, cst.Name) or node.func.value not in _LOOK_ONLY:
        arguments = worst([arguments, *(using_up(analysis, arg.value) for arg in node.args)])
    if isinstance(node.func, cst.Attribute) and _is_pure_method(analysis, node.func, len(node.args)):
        return worst([Effect(READS), arguments, effect_of(analysis, node.func.value)])
    name = analysis.is_builtin(node.func)
    if name not in PURE_BUILTINS:
        return Effect(ACTS, f"calls {analysis.tree.quoted(node.func)}, which {_unknown(node.func)}")
    callback = _callback(node, name)
    if callback is not None and effect_of_callable(analysis, callback).level == ACTS:
        return Effect(ACTS, f"gives `{name}` a function to call that may change state")
    return worst([Effect(READS), arguments])


def _unknown(func: cst.CSTNode) -> str:
    """What may be behind a name that is called."""
    is_pure = isinstance(func, cst.Name) and func.value in PURE_BUILTINS
    return "may mean something else in this file" if is_pure else "may change state"


def _is_pure_method(analysis: Analysis, func: cst.Attribute, count: int) -> bool:
    """By name and number of arguments: `q.get()` takes from a queue, `os.replace(a, b)` is no method of a string."""
    root = func.value
    while isinstance(root, cst.Attribute):
        root = root.value
    occurrence = analysis.scopes.occurrence.get(root)
    if occurrence is not None and "import" in occurrence.variable.kinds:
        return occurrence.name == "math"
    least, most = _ARGUMENTS.get(func.attr.value, (0, 9))
    return func.attr.value in PURE_METHODS and least <= count <= most


def _callback(node: cst.Call, name: str) -> cst.CSTNode | None:
    if name in ("map", "filter"):
        return node.args[0].value if node.args else None
    keys = [arg.value for arg in node.args if arg.keyword is not None and arg.keyword.value == "key"]
    return keys[0] if keys else None


def effect_of_callable(analysis: Analysis, node: cst.CSTNode) -> Effect:
    """What calling an expression can do."""
    if isinstance(node, cst.Lambda):
        return worst([Effect(READS), effect_of(analysis, node.body)])
    if analysis.is_builtin(node) in PURE_BUILTINS or isinstance(node, cst.Name) and node.value == "None":
        return Effect(READS)
    builtin_method = isinstance(node, cst.Attribute) and analysis.is_builtin(node.value) is not None
    return Effect(READS if builtin_method and node.attr.value in PURE_METHODS else ACTS)


def target_effect(analysis: Analysis, target: cst.CSTNode) -> Effect:
    """What storing to a target can do. Unpacking is the statement's affair."""
    match target:
        case cst.Name():
            variable = analysis.scopes.occurrence[target].variable
            function = variable.scope.frame
            own = function.kind == "function" and analysis.flow(function).covers(variable)
            return Effect(INERT) if own else Effect(READS)  # a name that others see as well
        case cst.Tuple() | cst.List():
            return worst(target_effect(analysis, element.value) for element in target.elements)
        case _:
            return Effect(ACTS, f"stores to {analysis.tree.quoted(target)}, which other code may see")
