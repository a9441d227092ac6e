"""The family of forms, recognised in a pair of syntax trees: both are brought into one form and must then be equal."""

import ast
from collections.abc import Callable, Iterator

from procure_kit.analysis.python_tree import copied
from procure_kit.concepts.recognition.loops import Counted
from procure_kit.concepts.recognition.syntax_pairs import Alike, NotThisConcept, Pair, ends, parts, same, several

_JUMPS = (ast.Return, ast.Raise, ast.Break, ast.Continue)
_TURNED = {ast.Gt: ast.Lt, ast.GtE: ast.LtE}


class _Upright(ast.NodeTransformer):
    """`b > a` is `a < b`, and of two sides of an equality the one that sorts first stands first."""

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        self.generic_visit(node)
        if len(node.ops) > 1:
            return node
        operator, sides = type(node.ops[0]), [node.left, node.comparators[0]]
        if operator in _TURNED:
            return ast.Compare(sides[1], [_TURNED[operator]()], [sides[0]])
        if operator in (ast.Eq, ast.NotEq):
            one, other = sorted(sides, key=ast.dump)
            return ast.Compare(one, node.ops, [other])
        return node


class _Guarded(ast.NodeTransformer):
    """What stands behind an `if` whose body leaves comes last in its `else`."""

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list):
                setattr(node, name, _with_else(block))
        return node


def _with_else(block: list[ast.stmt]) -> list[ast.stmt]:
    for at in reversed(range(len(block) - 1)):
        node = block[at]
        if isinstance(node, ast.If) and _leaves(node.body):
            node.orelse, block = _with_else(node.orelse + block[at + 1 :]), block[: at + 1]
    return block


def _leaves(block: list[ast.stmt]) -> bool:
    last = block[-1]
    if isinstance(last, ast.If):
        return bool(last.orelse) and _leaves(last.body) and _leaves(last.orelse)
    return isinstance(last, _JUMPS)


class _Flat(ast.NodeTransformer):
    """An `if` with nothing but an `if` in it, and no `else`, asks for both at once; an `and` in an `and` is one."""

    def visit_If(self, node: ast.If) -> ast.stmt:
        self.generic_visit(node)
        tests = [node.test]
        if not node.orelse and len(node.body) == 1 and isinstance(node.body[0], ast.If) and not node.body[0].orelse:
            tests, node.body = [node.test, node.body[0].test], node.body[0].body
        halves = [half for test in tests for half in _halves(test)]
        node.test = halves[0] if len(halves) == 1 else ast.BoolOp(ast.And(), halves)
        return node


def _halves(test: ast.expr) -> list[ast.expr]:
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        return [half for value in test.values for half in _halves(value)]
    return [test]


class _SpelledOut(ast.NodeTransformer):
    """`x += y` is `x = x + y`."""

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.stmt:
        self.generic_visit(node)
        if not isinstance(node.target, ast.Name):
            return node
        value = ast.BinOp(ast.Name(node.target.id, ast.Load()), node.op, node.value)
        return ast.copy_location(ast.Assign([node.target], value), node)


FORMS: dict[str, Callable[[], ast.NodeTransformer]] = {
    "mirrored_comparison": _Upright,
    "guard_clause": _Guarded,
    "nested_condition": _Flat,
    "augmented_assignment": _SpelledOut,
    "for_while": Counted,
}


def in_one_form(tree: ast.AST, concept: str) -> ast.AST:
    """The tree, changed in place."""
    return FORMS[concept]().visit(tree)


def check_form(one: ast.Module, other: ast.Module, concept: str) -> tuple[str, list[Pair]]:
    """The two differ in this form and in nothing else. Raises: NotThisConcept."""
    forms = [in_one_form(copied(tree), concept) for tree in (one, other)]
    if not same(*forms):
        line = next((line for line, *_ in _differences(*forms, Alike(), 1)), 1)
        raise NotThisConcept(f"line {line}: the programs differ in more than this form: {concept.replace('_', ' ')}")
    found = [pair for _, *pair in _differences(one, other, Alike(), 1)]
    return several(len(found)), [(ends(a), ends(b)) for a, b in found]


def _differences(one, other, alike: Alike, line: int) -> Iterator[tuple]:
    """(line, a part, what stands in its place) of the smallest comparisons, statements or runs of statements that
    differ."""
    if alike(one, other):
        return
    line, pairs = getattr(one, "lineno", line), parts(one, other)
    if isinstance(one, list) and isinstance(other, list) and pairs is None and one and other:
        equal = [alike(a, b) for a, b in zip(one, other, strict=False)]
        start = equal.index(False) if False in equal else len(equal) - 1
        yield line, one[start:], other[start:]
    elif isinstance(one, ast.Compare | ast.stmt) and (pairs is None or _is_the_place(one, other)):
        yield line, one, other
    else:
        for a, b in pairs or ():
            yield from _differences(a, b, alike, line)


def _is_the_place(one: ast.AST, other: ast.AST) -> bool:
    """Whether two nodes of one kind differ themselves, and not only in what is in them."""
    if isinstance(one, ast.Compare):
        return True
    if isinstance(one, ast.If):
        halves = len(_halves(one.test)) == len(_halves(other.test))
        return not halves or bool(one.orelse) != bool(other.orelse)
    return False
