"""The data-type concept, recognised in a pair of syntax trees: which displays, calls and comparisons say the same."""

import ast
import keyword

from procure_kit.analysis.analysis import Analysis
from procure_kit.concepts.recognition.orders import order_of
from procure_kit.concepts.recognition.syntax_pairs import Alike, NotThisConcept, Pair, ends, parts, same, several, shown

_DISPLAY = {"list": ast.List, "tuple": ast.Tuple, "dict": ast.Dict}


def check_data_type(one: ast.Module, other: ast.Module, old: Analysis) -> tuple[str, list[Pair]]:
    """Values have another type, or another form of it, that means the same as far as syntax tells.
    Whether anything can see the type is for the analysis and the tests.

    Raises: NotThisConcept.
    """
    places = []
    _compare(one, other, Alike(), places, 1)
    calls = {place.func.id for pair in places for place in pair if isinstance(place, ast.Call)}
    others = sorted(name for name in calls if old.built_ins.is_another(name))
    if others:
        raise NotThisConcept(f"{', '.join(others)} may mean something else in the program")
    return several(len(places)), [(ends(a), ends(b)) for a, b in places]


def _compare(one, other, alike: Alike, places: list, line: int) -> None:
    line = getattr(one, "lineno", line)
    if isinstance(one, ast.Assert) and isinstance(other, ast.Assert):
        kinds = {type(one.test), type(other.test)}
        if kinds == {ast.List, ast.Tuple}:
            raise NotThisConcept(f"line {line}: Python warns of a tuple in an assert, which is always true")
    if isinstance(one, ast.expr) and isinstance(other, ast.expr) and not alike(one, other):
        inner = _form(one, other, line)
        if inner is not None:
            places.append((one, other))
            for a, b in inner:
                _compare(a, b, alike, places, line)
            return
    pairs = parts(one, other)
    if pairs is None and not alike(one, other):
        raise NotThisConcept(f"line {line}: the programs differ in something else than the type or form of a value")
    for a, b in pairs or ():
        _compare(a, b, alike, places, line)


def _form(one: ast.expr, other: ast.expr, line: int) -> list[tuple] | None:
    """The parts to compare further when the two are forms of one value; None when they are no such forms."""
    if isinstance(one, ast.Compare) and isinstance(other, ast.Compare):
        return _orders(one, other, line)
    for a, b in ((one, other), (other, one)):
        if isinstance(a, ast.List) and isinstance(b, ast.Tuple) and isinstance(a.ctx, ast.Load):
            return list(zip(one.elts, other.elts, strict=True)) if len(a.elts) == len(b.elts) else None
        called = a.func.id if isinstance(a, ast.Call) and isinstance(a.func, ast.Name) and not a.args else None
        if isinstance(b, _DISPLAY.get(called, ())):
            made, shown = _keywords(a), _items(b)
            if list(made) != list(shown):
                return None
            pairs = [(made[name], shown[name]) for name in made]
            return pairs if a is one else [(y, x) for x, y in pairs]
    return None


def _keywords(call: ast.Call) -> dict:
    return {word.arg: word.value for word in call.keywords}


def _items(display: ast.expr) -> dict:
    """The values of a display by their keys; what `dict` cannot take as a keyword leads to no match."""
    if not isinstance(display, ast.Dict):
        return dict(enumerate(display.elts))
    keys = [key.value if isinstance(key, ast.Constant) else None for key in display.keys]
    plain = all(isinstance(key, str) and key.isidentifier() and not keyword.iskeyword(key) for key in keys)
    return dict(zip(keys, display.values, strict=True)) if plain and len(set(keys)) == len(keys) else {0: None}


def _orders(one: ast.Compare, other: ast.Compare, line: int) -> list[tuple] | None:
    """Two comparisons of the same expression with an integer."""
    forms = [order_of(compare) for compare in (one, other)]
    if (
        None in forms
        or [type(op) for op in one.ops] == [type(op) for op in other.ops]
        and same(*map(_value, (one, other)))
    ):
        return None
    (a, sign, bound, mirrored), (b, *told, also_mirrored) = forms
    if mirrored != also_mirrored:
        return None
    if (sign, bound) != tuple(told):
        texts = f"`{shown(other)}` is not `{shown(one)}`"
        raise NotThisConcept(f"line {line}: {texts}, not even for integers")
    return [(a, b)]


def _value(compare: ast.Compare) -> list[ast.expr]:
    return [compare.left, *compare.comparators]


def neutral(tree: ast.AST) -> ast.AST:
    """The tree, changed in place, with every such value in one form: what this concept leads to looks alike."""
    return _Neutral().visit(tree)


class _Neutral(ast.NodeTransformer):
    def visit_Tuple(self, node: ast.Tuple) -> ast.expr:
        self.generic_visit(node)
        return ast.List(node.elts, node.ctx) if isinstance(node.ctx, ast.Load) else node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        name = node.func.id if isinstance(node.func, ast.Name) and not node.args else None
        if name in ("list", "tuple") and not node.keywords:
            return ast.List([], ast.Load())
        if name == "dict" and all(word.arg for word in node.keywords):
            return ast.Dict([ast.Constant(word.arg) for word in node.keywords], [word.value for word in node.keywords])
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        self.generic_visit(node)
        found = order_of(node)
        if found is None:
            return node
        expression, sign, bound, _ = found
        return ast.Compare(expression, [ast.Lt() if sign == "below" else ast.GtE()], [ast.Constant(bound)])
