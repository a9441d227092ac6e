"""Data Type (our answer to the paper's open question on types): another type, or form, where none can tell.

for step in [1, -1]:      for step in (1, -1):
if len(words) > 3:    →   if len(words) >= 4:
seen = {}                 seen = dict()

A list and a tuple trade places where the object is only iterated, indexed, measured, unpacked or searched; an order
of integers is said with the other operator; an empty display or one with plain names as keys is made by its type, or
the other way round. All rests on facts that the text proves (`inference`). The looser mode also believes an annotated
`int`, and an index whose type it cannot tell. As everywhere in the kit, the words of an error message do not count.
"""

import keyword
import unicodedata
from collections.abc import Iterator
from functools import partial
from random import Random

import libcst as cst

from procure_kit.analysis.analysis import Analysis
from procure_kit.analysis.inference import kind
from procure_kit.analysis.signatures import parameters
from procure_kit.analysis.source_tree import one_line
from procure_kit.concepts.candidate import Candidate, apart
from procure_kit.concepts.negation import outer
from procure_kit.concepts.type_use import Uses
from procure_kit.problems.counterfactual import Edit

_ORDER = {cst.LessThan: "<", cst.LessThanEqual: "<=", cst.GreaterThan: ">", cst.GreaterThanEqual: ">="}
_MIRROR = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_SHIFT = {"<": ("<=", -1), "<=": ("<", 1), ">": (">=", 1), ">=": (">", -1)}  # x < 3 is x <= 2
# What else a length can be compared with, since it is never below zero.
_LENGTH = {("==", 0): [("<", 1)], ("!=", 0): [(">", 0), (">=", 1)], ("<", 1): [("==", 0)], (">", 0): [("!=", 0)]}
_LENGTH |= {(">=", 1): [("!=", 0)], ("<=", 0): [("==", 0)]}
_EMPTY = {cst.List: "list", cst.Tuple: "tuple", cst.Dict: "dict"}
_DISPLAY = {"list": "[]", "tuple": "()", "dict": "{}"}


def find(analysis: Analysis, mode: str) -> Iterator[Candidate]:
    """Displays, calls of `list`, `tuple` and `dict` that could be displays, and comparisons with an integer."""
    uses = Uses(analysis, mode)
    for node in analysis.nodes:
        if node in uses.annotations:
            continue
        if isinstance(node, cst.Comparison):
            found = _comparison(analysis, node, mode)
        elif isinstance(node, cst.Call):
            found = None if uses.warns(node) else _call(analysis, node)
        elif isinstance(node, cst.List | cst.Tuple | cst.Dict) and not uses.is_target(node):
            found = _empty(analysis, node) if not node.elements else _display(analysis, uses, node)
        else:
            continue
        if found is None:
            continue
        refused, edits, sure = found
        span = outer(analysis, node) if isinstance(node, cst.Tuple) else analysis.tree.span(node)
        if refused is None and node in uses.f_strings:
            refused = "it stands in an f-string, where brackets and quotes mean other things"
        label = one_line(analysis.source[slice(*span)])
        if refused:
            yield Candidate(span, label, refused=refused)
        else:
            yield Candidate(span, label, edits, soundness="tested" if uses.in_namespace(node) else sure)


# Comparisons ----------------------------------------------------------------------------------------------------------
def _comparison(analysis: Analysis, node: cst.Comparison, mode: str):
    target = node.comparisons[0]
    operator = _ORDER.get(type(target.operator))
    operator = operator or {cst.Equal: "==", cst.NotEqual: "!="}.get(type(target.operator))
    left, right = _integer(node.left), _integer(target.comparator)
    if len(node.comparisons) > 1 or operator is None or (left is None) == (right is None):
        return None
    other, literal, value = (
        (target.comparator, node.left, left) if right is None else (node.left, target.comparator, right)
    )
    seen = operator if right is not None else _MIRROR[operator]
    is_length = isinstance(other, cst.Call) and analysis.is_builtin(other.func) == "len"
    choices = [(_SHIFT[seen][0], value + _SHIFT[seen][1])] if seen in _SHIFT else []
    choices += _LENGTH.get((seen, value), []) if is_length else []
    if not choices:
        return None
    text, sure = analysis.tree.quoted(other), "syntactic"
    if kind(analysis, other) != "int":
        if mode != "procure" or not _says_int(analysis, other):
            return f"{text} is not known to be an int, and other numbers lie between two integers", None, ""
        sure = "tested"
    if abs(value) > 10**18:
        return "the number is too long: more than 18 digits are left as they are", None, ""
    return None, partial(_compare_anew, analysis, target.operator, literal, choices, right is None), sure


def _integer(node: cst.CSTNode) -> int | None:
    if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Minus):
        inner = node.expression
        return -int(inner.value, 0) if isinstance(inner, cst.Integer) and not inner.lpar else None
    return int(node.value, 0) if isinstance(node, cst.Integer) else None


def _says_int(analysis: Analysis, node: cst.CSTNode) -> bool:
    """Whether a name's only definition that reaches here is a parameter annotated with int."""
    occurrence = analysis.scopes.occurrence.get(node)
    function = occurrence.variable.scope if occurrence is not None else None
    if function is None or function.kind != "function" or not analysis.flow(function).covers(occurrence.variable):
        return False
    told = {
        p.name.value
        for p in parameters(function.node.params)
        if p.annotation is not None and analysis.tree.text(p.annotation.annotation) in ("int", '"int"', "'int'")
    }
    reaching = analysis.flow(function).reaching(occurrence)[0]
    return occurrence.name in told and {o.kind for o in reaching} == {"parameter"}


def _compare_anew(analysis, operator, literal, choices, mirrored: bool, rng: Random) -> list[Edit]:
    sign, value = rng.choice(choices)
    edits = [Edit(*analysis.tree.span(operator), _MIRROR[sign] if mirrored else sign)]
    edits.append(apart(analysis.source, Edit(*analysis.tree.span(literal), str(value))))
    return sorted(edits, key=lambda edit: edit.start)


# Displays and calls ---------------------------------------------------------------------------------------------------
def _call(analysis: Analysis, node: cst.Call):
    name = analysis.is_builtin(node.func)
    named = bool(node.args) and all(arg.keyword is not None for arg in node.args)
    if name not in _DISPLAY or node.args and not (name == "dict" and named):
        return None
    start, end = analysis.tree.span(node)
    opening = analysis.source.find("(", analysis.tree.span(node.func)[1])
    if node.func.lpar or analysis.source[analysis.tree.span(node.func)[1] : opening].strip():
        return "a comment or a parenthesis stands between the name and what it is called with", None, ""
    first, last = _DISPLAY[name]
    edits = [Edit(start, opening + 1, first)]
    for arg in node.args:
        key, value = analysis.tree.span(arg.keyword)[0], outer(analysis, arg.value)[0]
        if analysis.source[analysis.tree.span(arg.keyword)[1] : value].strip() != "=":
            return "a comment stands between a name and its value", None, ""
        if arg.keyword.value.startswith("__"):
            return f"`{arg.keyword.value}` may mean another name in a class", None, ""
        edits.append(Edit(key, value, f'"{unicodedata.normalize("NFKC", arg.keyword.value)}": '))
    return None, partial(_as_they_are, [*edits, Edit(end - 1, end, last)]), "syntactic"


def _empty(analysis: Analysis, node: cst.CSTNode):
    name = _EMPTY[type(node)]
    if not analysis.built_ins.means(name):
        return f"`{name}` may mean something else in this file", None, ""
    start, end = _brackets(analysis, node)
    edits = [apart(analysis.source, Edit(start, start + 1, f"{name}(")), Edit(end - 1, end, ")")]
    return None, partial(_as_they_are, edits), "syntactic"


def _display(analysis: Analysis, uses: Uses, node: cst.CSTNode):
    if isinstance(node, cst.Dict):
        return _dict_display(analysis, node)
    why, sure = uses.of(node)
    if why:
        return why, None, ""
    start, end = _brackets(analysis, node)
    last = node.elements[-1]
    one = len(node.elements) == 1 and not isinstance(last.comma, cst.Comma)
    if isinstance(node, cst.List):
        edits = [Edit(start, start + 1, "("), Edit(end - 1, end, ",)" if one else ")")]
    elif node.lpar:
        edits = [Edit(start, start + 1, "["), Edit(end - 1, end, "]")]
    else:
        edits = [Edit(start, start, "["), Edit(end, end, "]")]
    return None, partial(_as_they_are, edits), sure


def _dict_display(analysis: Analysis, node: cst.Dict):
    if not analysis.built_ins.means("dict"):
        return "`dict` may mean something else in this file", None, ""
    edits, names = [], set()
    for element in node.elements:
        if isinstance(element, cst.StarredDictElement):
            return "it takes in another dictionary, whose keys the text does not show", None, ""
        key = element.key
        name = key.evaluated_value if isinstance(key, cst.SimpleString) else None
        if not isinstance(name, str) or not _is_plain(name) or name in names:
            why = "it is no plain name, or stands there twice"
            return f"its key {analysis.tree.quoted(key)} cannot be a keyword: {why}", None, ""
        names.add(name)
        before, after = outer(analysis, key), outer(analysis, element.value)
        if analysis.source[before[1] : after[0]].strip() != ":":
            return "a comment stands between a name and its value", None, ""
        edits.append(Edit(before[0], after[0], f"{name}="))
    start, end = analysis.tree.span(node)
    edits = [apart(analysis.source, Edit(start, start + 1, "dict(")), *edits, Edit(end - 1, end, ")")]
    return None, partial(_as_they_are, edits), "syntactic"


def _is_plain(name: str) -> bool:
    simple = name.isidentifier() and not keyword.iskeyword(name) and not name.startswith("__")
    return simple and name == unicodedata.normalize("NFKC", name)


def _brackets(analysis: Analysis, node: cst.CSTNode) -> tuple[int, int]:
    """From the bracket that opens a display to behind the one that closes it."""
    if isinstance(node, cst.Tuple) and node.lpar:
        return analysis.tree.span(node.lpar[-1])[0], analysis.tree.span(node.rpar[0])[1]
    return analysis.tree.span(node)


def _as_they_are(edits: list[Edit], rng: Random) -> list[Edit]:
    return edits
