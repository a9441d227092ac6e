"""Types that a program's own text proves: a literal, `len(...)`, arithmetic on integers. Nothing is guessed from
names or annotations, which Python does not enforce.

A kind is the name of an exact built-in type ("int" stands for bool too), "iterator", or None for "not
known". The kinds of a function's definitions are the least fixed point of what each is given, so that loops are
followed to the end.
"""

from collections.abc import Iterable

import libcst as cst

from procure_kit.analysis.analysis import Analysis
from procure_kit.analysis.flow import Assigned, Flow
from procure_kit.analysis.scopes import Occurrence, Scope

PLAIN = {"int", "float", "str", "bytes", "none"}  # immutable, and nothing happens when one is dropped
EXACT = PLAIN | {"list", "tuple", "dict", "set", "range"}
# `str`, `repr`, `input` and `str.format` are missing because they may return a subclass of str.
_INTS = "len ord int hash id bool isinstance issubclass callable hasattr any all"
RETURNS = (
    dict.fromkeys(_INTS.split(), "int")
    | {name: name for name in ("float", "list", "dict", "set", "tuple", "range")}
    | {"chr": "str", "bin": "str", "hex": "str", "oct": "str", "sorted": "list"}
    # Whoever takes an element of these takes it away: the one kind that stands for several types, to refuse by.
    | dict.fromkeys(("enumerate", "filter", "iter", "map", "open", "reversed", "zip"), "iterator")
)
_STR_TO_STR = "capitalize casefold expandtabs join lower lstrip removeprefix removesuffix replace rstrip strip swapcase"
_STR_TO_INT = (
    "count find index rfind rindex startswith endswith isalnum isalpha isascii isdecimal isdigit isidentifier islower "
    "isnumeric isprintable isspace istitle isupper"
)
METHODS = {
    "str": dict.fromkeys((_STR_TO_STR + " title upper zfill").split(), "str")
    | dict.fromkeys(_STR_TO_INT.split(), "int")
    | {"split": "list", "rsplit": "list", "splitlines": "list", "partition": "tuple", "rpartition": "tuple"}
    | {"encode": "bytes"},
    "list": {"count": "int", "index": "int", "copy": "list"},
    "tuple": {"count": "int", "index": "int"},
    "dict": {"copy": "dict"},
    "set": {"copy": "set"},
}
_DISPLAYS = {
    cst.Integer: "int", cst.Float: "float", cst.List: "list", cst.ListComp: "list", cst.Tuple: "tuple",
    cst.Dict: "dict", cst.DictComp: "dict", cst.Set: "set", cst.SetComp: "set", cst.GeneratorExp: "iterator",
}  # fmt: skip
_FLOAT_OPERATORS = {"Add", "Subtract", "Multiply", "FloorDivide", "Modulo", "Divide"}
_INT_OPERATORS = _FLOAT_OPERATORS - {"Divide"} | {"BitAnd", "BitOr", "BitXor", "LeftShift", "RightShift"}
_BOTTOM = "bottom"  # no value seen yet: it adds nothing to a union
_ELEMENTS = {"str": "str", "bytes": "int", "range": "int", _BOTTOM: _BOTTOM}

Kind = str | None


def kind(analysis: Analysis, node: cst.CSTNode) -> Kind:
    """The exact built-in type that the expression has whenever it has a value, or None."""
    found = _kind(analysis, node)
    return None if found is _BOTTOM else found


def definition_kind(analysis: Analysis, occurrence: Occurrence) -> Kind:
    """The kind that one definition of a function's variable gives it, or None."""
    found = _kinds(analysis, occurrence.variable.scope.frame).get(occurrence)
    return None if found is _BOTTOM else found


def _kinds(analysis: Analysis, function: Scope) -> dict[Occurrence, Kind]:
    flow = analysis.flow(function)
    if not flow.kinds:
        flow.kinds.update(dict.fromkeys(flow.assigned, _BOTTOM))
        while any([_widen(analysis, flow, occurrence) for occurrence in flow.assigned]):
            pass
    return flow.kinds


def _widen(analysis: Analysis, flow: Flow, occurrence: Occurrence) -> bool:
    old = flow.kinds[occurrence]
    flow.kinds[occurrence] = _union([old, _assigned(analysis, flow.assigned[occurrence])])
    return flow.kinds[occurrence] != old


def _assigned(analysis: Analysis, assigned: Assigned) -> Kind:
    node = assigned.node
    if assigned.how == "value":
        return _kind(analysis, node)
    if assigned.how == "update":
        return _arithmetic(analysis, node.target, node.operator, node.value)
    if assigned.index is None:
        return _ELEMENTS.get(_kind(analysis, node))
    counted = isinstance(node, cst.Call) and analysis.is_builtin(node.func) == "enumerate" and len(node.args) == 1
    if not counted or assigned.index > 1:
        return None
    return "int" if assigned.index == 0 else _ELEMENTS.get(_kind(analysis, node.args[0].value))


def _union(kinds: Iterable[Kind]) -> Kind:
    known = set(kinds) - {_BOTTOM}
    return known.pop() if len(known) == 1 else None if known else _BOTTOM


def _kind(analysis: Analysis, node: cst.CSTNode) -> Kind:
    if type(node) in _DISPLAYS:
        return _DISPLAYS[type(node)]
    match node:
        case cst.SimpleString():
            return "bytes" if "b" in node.prefix.lower() else "str"
        case cst.FormattedString():  # one part alone may be a subclass of str; two are joined into a new one
            return "str" if any(isinstance(part, cst.FormattedStringText) for part in node.parts) else None
        case cst.ConcatenatedString():  # "" f"{x}" is one part alone, too
            return _union([_kind(analysis, node.left), _kind(analysis, node.right)])
        case cst.Name():
            return _name(analysis, node)
        case cst.NamedExpr():
            return _kind(analysis, node.value)
        case cst.IfExp():
            return _union([_kind(analysis, node.body), _kind(analysis, node.orelse)])
        case cst.BooleanOperation():
            return _union([_kind(analysis, node.left), _kind(analysis, node.right)])
        case cst.UnaryOperation(operator=cst.Not()):
            return "int"
        case cst.UnaryOperation():
            inner = _kind(analysis, node.expression)
            return inner if inner in ("int", "float", _BOTTOM) else None
        case cst.BinaryOperation():
            return _arithmetic(analysis, node.left, node.operator, node.right)
        case cst.Comparison():
            return _comparison(analysis, node)
        case cst.Call():
            return _call(analysis, node)
        case cst.Subscript():
            return _subscript(analysis, node)
    return None


def _subscript(analysis: Analysis, node: cst.Subscript) -> Kind:
    whole = _kind(analysis, node.value)
    if whole in ("str", _BOTTOM):
        return whole
    if len(node.slice) == 1 and isinstance(node.slice[0].slice, cst.Slice):
        return whole if whole in ("bytes", "list", "tuple") else None
    index = None if len(node.slice) > 1 else _kind(analysis, node.slice[0].slice.value)
    return _ELEMENTS.get(whole) if index == "int" else _BOTTOM if index is _BOTTOM else None  # it may be a slice


def _name(analysis: Analysis, node: cst.Name) -> Kind:
    if node.value in ("True", "False", "None"):
        return "none" if node.value == "None" else "int"
    occurrence = analysis.scopes.occurrence[node]
    function = occurrence.variable.scope.frame
    if function.kind != "function" or not analysis.flow(function).covers(occurrence.variable):
        return None
    kinds = _kinds(analysis, function)
    return _union(kinds.get(o) for o in analysis.flow(function).reaching(occurrence)[0])


def _arithmetic(analysis: Analysis, left: cst.CSTNode, operator: cst.CSTNode, right: cst.CSTNode) -> Kind:
    one, other, name = _kind(analysis, left), _kind(analysis, right), type(operator).__name__.removesuffix("Assign")
    both = {one, other}
    if _BOTTOM in both:
        return _BOTTOM
    if both == {"int"} and name == "Power":
        return "int" if isinstance(right, cst.Integer) else None
    if both == {"int"}:
        return "int" if name in _INT_OPERATORS else "float" if name == "Divide" else None
    if both <= {"int", "float"}:
        return "float" if name in _FLOAT_OPERATORS else None
    if name == "Add" and len(both) == 1:
        return one if one in ("str", "bytes", "list", "tuple") else None
    if name == "Multiply" and "int" in both:
        return (both - {"int"} & {"str", "bytes", "list", "tuple"} or {None}).pop()
    return "str" if name == "Modulo" and one == "str" and other in PLAIN else None


def _comparison(analysis: Analysis, node: cst.Comparison) -> Kind:
    """`in` and `is` give a bool always; the others are what the operands' own methods return: of lists that are put
    in order, those of their elements."""
    operators = {type(target.operator) for target in node.comparisons}
    if operators <= {cst.In, cst.NotIn, cst.Is, cst.IsNot}:
        return "int"
    kinds = {_kind(analysis, part) for part in (node.left, *(target.comparator for target in node.comparisons))}
    if _BOTTOM in kinds:
        return _BOTTOM
    return "int" if kinds <= (EXACT if operators <= {cst.Equal, cst.NotEqual} else EXACT - {"list", "tuple"}) else None


def _call(analysis: Analysis, node: cst.Call) -> Kind:
    if isinstance(node.func, cst.Attribute):
        whole = _kind(analysis, node.func.value)
        return _BOTTOM if whole is _BOTTOM else METHODS.get(whole, {}).get(node.func.attr.value)
    name = analysis.is_builtin(node.func)
    positional = all(arg.keyword is None and not arg.star for arg in node.args)
    if positional and (name == "abs" and len(node.args) == 1 or name in ("max", "min") and len(node.args) > 1):
        found = _union(_kind(analysis, arg.value) for arg in node.args)
        return found if found in ("int", "float", _BOTTOM) else None
    return RETURNS.get(name)
