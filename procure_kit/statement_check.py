"""The two concepts that move statements, recognised in a pair of syntax trees."""

import ast
from collections.abc import Callable, Iterator
from itertools import product

Pair = tuple[tuple[ast.AST, ast.AST], tuple[ast.AST, ast.AST]]  # first and last node in the one tree, in the other


class NotThisConcept(ValueError):
    """The programs differ in another way; the message says how."""


def check_flip(one: ast.Module, other: ast.Module) -> tuple[str, list[Pair]]:
    """One `if` has its test negated and its bodies swapped. Raises: NotThisConcept."""
    old, new, line = _narrow(one, other, _tests_differ)
    if not _tests_differ(old, new):
        raise NotThisConcept(f"line {line}: the programs differ in something else than one if and its else")
    swapped = bool(old.orelse) and same(old.body, new.orelse) and same(old.orelse, new.body)
    negated = _truth(old.test, negate=True) == _truth(new.test)
    if swapped and negated:
        parts = [(old.test, new.test), (old.body, new.body), (old.orelse, new.orelse)]
        return "", [(ends(a), ends(b)) for a, b in parts if not same(a, b)]
    texts = f"`{ast.unparse(new.test)}` is not the negation of `{ast.unparse(old.test)}`"
    if swapped:
        raise NotThisConcept(f"line {line}: the bodies are swapped, but {texts}")
    if negated:
        raise NotThisConcept(f"line {line}: the test is negated, but the two bodies are not swapped")
    raise NotThisConcept(f"line {line}: the bodies are not swapped, and {texts}")


def check_swap(one: ast.Module, other: ast.Module) -> tuple[str, list[Pair]]:
    """Two statements, or two neighbouring runs of statements, of one block trade places. Raises: NotThisConcept."""
    old, new, line = _narrow(one, other, _is_reordered)
    if not _is_reordered(old, new):
        raise NotThisConcept(f"line {line}: the programs differ in more than the order of statements in one block")
    changed = [k for k in range(len(old)) if not same(old[k], new[k])]
    old, new = old[changed[0] : changed[-1] + 1], new[changed[0] : changed[-1] + 1]
    down, between, up = _moved(old, new)
    for a, b in (*product(down, up), *product(down, between), *product(between, up)):
        _check_independent(a, b)
    detail = "the two are no neighbours: the looser reading of the concept" if between else ""
    upper = ((old[0], old[len(down) - 1]), (new[0], new[len(up) - 1]))
    lower = ((old[-len(up)], old[-1]), (new[-len(down)], new[-1]))
    return detail, [upper, lower]


def same(one, other) -> bool:
    """Whether two syntax trees, or two lists of them, are equal."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, ast.AST) and isinstance(other, ast.AST):
        return ast.dump(one) == ast.dump(other)
    return one == other


def _narrow(one, other, stop: Callable, line: int = 1) -> tuple:
    """The first pair of parts on the way down that `stop` accepts, or else the smallest pair that holds all that
    differs; and the line that it is on."""
    line = getattr(one, "lineno", line)
    if stop(one, other) or type(one) is not type(other):
        return one, other, line
    if isinstance(one, ast.AST):
        parts = [(getattr(one, name, None), getattr(other, name, None)) for name in one._fields]
    elif isinstance(one, list) and len(one) == len(other):
        parts = list(zip(one, other, strict=True))
    else:
        return one, other, line
    different = [pair for pair in parts if not same(*pair)]
    return _narrow(*different[0], stop, line) if len(different) == 1 else (one, other, line)


def _tests_differ(one, other) -> bool:
    return isinstance(one, ast.If) and isinstance(other, ast.If) and not same(one.test, other.test)


def _is_reordered(one, other) -> bool:
    if (
        not isinstance(one, list)
        or not isinstance(other, list)
        or not all(isinstance(s, ast.stmt) for s in one + other)
    ):
        return False
    return sorted(map(ast.dump, one)) == sorted(map(ast.dump, other)) and not same(one, other)


def ends(part: ast.AST | list[ast.stmt]) -> tuple[ast.AST, ast.AST]:
    return (part[0], part[-1]) if isinstance(part, list) else (part, part)


_COMPLEMENT = {
    "Eq": "NotEq", "NotEq": "Eq", "Lt": "GtE", "GtE": "Lt", "Gt": "LtE", "LtE": "Gt",
    "In": "NotIn", "NotIn": "In", "Is": "IsNot", "IsNot": "Is",
}  # fmt: skip


def _truth(node: ast.expr, negate: bool = False) -> tuple:
    """A test in a form in which two tests that mean the same by De Morgan's laws are equal: `not` pushed inwards."""
    match node:
        case ast.UnaryOp(op=ast.Not()):
            return _truth(node.operand, not negate)
        case ast.BoolOp():
            parts = [_truth(value, negate) for value in node.values]
            return _join(isinstance(node.op, ast.And) != negate, parts)
        case ast.Compare(comparators=[right]):
            return _atom(node.left, node.ops[0], right, negate)
        case ast.Compare() if all(isinstance(middle, ast.Name | ast.Constant) for middle in node.comparators[:-1]):
            lefts = [node.left, *node.comparators]
            parts = [_atom(a, op, b, negate) for a, op, b in zip(lefts, node.ops, node.comparators, strict=False)]
            return _join(not negate, parts)
    return ("not" if negate else "is", ast.dump(node))


def _atom(left: ast.expr, op: ast.cmpop, right: ast.expr, negate: bool) -> tuple:
    name = type(op).__name__
    return ("compare", ast.dump(left), _COMPLEMENT[name] if negate else name, ast.dump(right))


def _join(conjunction: bool, parts: list[tuple]) -> tuple:
    name = "and" if conjunction else "or"
    return (name, *(inner for part in parts for inner in (part[1:] if part[0] == name else [part])))


def _moved(old: list[ast.stmt], new: list[ast.stmt]) -> tuple[list[ast.stmt], list[ast.stmt], list[ast.stmt]]:
    """What moved down, what stayed between, and what moved up."""
    if same([old[-1], *old[1:-1], old[0]], new):
        return old[:1], old[1:-1], old[-1:]
    for cut in range(1, len(old)):
        if same(old[cut:] + old[:cut], new):
            return old[:cut], [], old[cut:]
    raise NotThisConcept(f"line {old[0].lineno}: more than two statements of the block changed places")


def _check_independent(one: ast.stmt, other: ast.stmt) -> None:
    for statement in (one, other):
        jumps = (ast.Return, ast.Raise, ast.Break, ast.Continue, ast.Global, ast.Nonlocal)
        if isinstance(statement, jumps) or any(isinstance(n, jumps) for n in _own(statement)):
            raise NotThisConcept(f"line {statement.lineno}: a statement that jumps or declares cannot change places")
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            raise NotThisConcept(f"line {statement.lineno}: a docstring or a bare constant is no statement to swap")
    (uses1, defs1), (uses2, defs2) = names(one), names(other)
    shared = defs1 & defs2 or defs1 & uses2 or uses1 & defs2
    if shared:
        told = ", ".join(sorted(shared))
        raise NotThisConcept(f"lines {one.lineno} and {other.lineno} depend on each other: {told}")


def _own(statement: ast.stmt) -> Iterator[ast.AST]:
    """The nodes below a statement, without the bodies of functions and classes."""
    for child in ast.iter_child_nodes(statement):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            yield child
            yield from _own(child)


_COMPREHENSION = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_DEFINITION = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def names(node: ast.AST) -> tuple[set[str], set[str]]:
    """The names that a piece of code uses, and those that it defines, outside its own inner scopes."""
    uses, definitions = set(), set()
    for child in ast.iter_child_nodes(node):
        inner_uses, inner_definitions = names(child)
        uses |= inner_uses
        definitions |= inner_definitions
    match node:
        case ast.Name(ctx=ast.Load()):
            uses.add(node.id)
        case ast.Name(ctx=ast.Store()):
            definitions.add(node.id)
        case ast.Name():  # `del x` needs it and takes it away
            uses.add(node.id)
            definitions.add(node.id)
        case ast.AugAssign(target=ast.Name(id=name)):
            uses.add(name)
        case ast.alias():
            definitions.add((node.asname or node.name).split(".")[0])
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            definitions.add(name)
        case ast.MatchMapping(rest=str(name)):
            definitions.add(name)
        case _ if isinstance(node, _COMPREHENSION):
            own = {n.id for part in node.generators for n in ast.walk(part.target) if isinstance(n, ast.Name)}
            first = names(node.generators[0].iter)[0]  # evaluated outside
            uses, definitions = uses - own | first, definitions - own
        case ast.Lambda():
            own = {n.arg for n in ast.walk(node.args) if isinstance(n, ast.arg)}
            uses, definitions = uses - own | names(node.args)[0], set()
        case _ if isinstance(node, _DEFINITION):
            definitions = {node.name}
    return uses, definitions
