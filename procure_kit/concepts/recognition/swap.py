"""Independent Swap, recognised in a pair of syntax trees, at one place or at several."""

import ast
from collections import Counter
from collections.abc import Iterator

from procure_kit.analysis.analysis import Analysis
from procure_kit.analysis.python_tree import PythonTree
from procure_kit.concepts.recognition.needs import Statements
from procure_kit.concepts.recognition.syntax_pairs import Alike, NotThisConcept, Pair, parts, several


def check_swap(before: PythonTree, after: PythonTree, old: Analysis) -> tuple[str, list[Pair]]:
    """Two statements, or two neighbouring runs of statements, of one block trade places; so they may in more blocks,
    and apart from each other in one. Raises: NotThisConcept."""
    sites: list[tuple[bool, list[Pair]]] = []
    _compare(before.tree, after.tree, (Alike(), _InAnyOrder()), Statements(before, old), sites, 1)
    apart = any(between for between, _ in sites)
    detail = "the two are no neighbours: the looser reading of the concept" if apart else ""
    return several(len(sites), detail), [pair for _, pairs in sites for pair in pairs]


class _InAnyOrder(Alike):
    """The order of the statements of a block does not matter."""

    def key(self, part) -> tuple:
        found = super().key(part)
        return (list, *sorted(found[1:])) if _is_block(part) else found


def _is_block(part) -> bool:
    return isinstance(part, list) and bool(part) and isinstance(part[0], ast.stmt)


def _compare(one, other, alike: tuple[Alike, Alike], statements: Statements, sites: list, line: int) -> None:
    """alike: with the order of statements, and without it."""
    line = getattr(one, "lineno", line)
    if alike[0](one, other):
        return
    pairs = parts(one, other)
    if pairs is None:
        raise NotThisConcept(f"line {line}: the programs differ in more than the order of statements in one block")
    order = _order(one, other, alike[1]) if _is_block(one) else []
    for a, b in zip((one[k] for k in order), other, strict=True) if order else pairs:
        _compare(a, b, alike, statements, sites, line)
    if order != sorted(order):
        for k, i in enumerate(order):
            for j in order[k + 1 :]:
                if j < i:
                    _check_independent(one[j], one[i], statements)
        sites += _moves(one, other, order, 0)


def _order(old: list[ast.stmt], new: list[ast.stmt], alike: Alike) -> list[int]:
    """For each new statement the old one that it was, as far as the order of what is in it does not matter; or the
    order as it is, when they are not the same statements."""
    places: dict[int, list[int]] = {}
    for k in reversed(range(len(old))):
        places.setdefault(alike.number(old[k]), []).append(k)
    keys = [alike.number(statement) for statement in new]
    if any(len(places.get(key, ())) != count for key, count in Counter(keys).items()):
        return list(range(len(old)))
    return [places[key].pop() for key in keys]


def _moves(old: list, new: list, order: list[int], start: int) -> Iterator[tuple[bool, list[Pair]]]:
    """The swaps that lead to the order: whether something stands between the two, and the pairs."""
    begin = 0
    for end in range(1, len(order) + 1):
        part = order[begin:end]
        if max(part) != start + end - 1:
            continue
        low, high = start + begin, start + end - 1
        if part[0] == high and part[-1] == low and len(part) > 1:
            yield len(part) > 2, _pair(old, new, low, high, 1, 1)
            yield from _moves(old, new, part[1:-1], low + 1)
        elif len(part) > 1:
            cut = part[0] - low
            if part != [*range(part[0], high + 1), *range(low, part[0])]:
                raise NotThisConcept(f"line {old[low].lineno}: more than two statements of the block changed places")
            yield False, _pair(old, new, low, high, cut, len(part) - cut)
        begin = end


def _pair(old: list, new: list, low: int, high: int, down: int, up: int) -> list[Pair]:
    upper = ((old[low], old[low + down - 1]), (new[low], new[low + up - 1]))
    lower = ((old[high - up + 1], old[high]), (new[high - down + 1], new[high]))
    return [upper, lower]


def _check_independent(one: ast.stmt, other: ast.stmt, statements: Statements) -> None:
    for statement in (one, other):
        jumps = (ast.Return, ast.Raise, ast.Break, ast.Continue, ast.Global, ast.Nonlocal)
        if any(isinstance(node, jumps) for node in _own(statement)):
            raise NotThisConcept(f"line {statement.lineno}: a statement that jumps or declares cannot change places")
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            raise NotThisConcept(f"line {statement.lineno}: a docstring or a bare constant is no statement to swap")
    shared = statements.needs(one).shared_with(statements.needs(other))
    if shared:
        raise NotThisConcept(f"lines {one.lineno} and {other.lineno} depend on each other: {', '.join(shared)}")


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """A node and those below it, without the bodies of functions and lambdas, which run at another time."""
    yield node
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        for child in ast.iter_child_nodes(node):
            yield from _own(child)
