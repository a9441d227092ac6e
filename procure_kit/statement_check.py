"""Independent Swap, recognised in a pair of syntax trees, at one place or at several; and what the checks share."""

import ast
from collections.abc import Iterator

Pair = tuple[tuple[ast.AST, ast.AST], tuple[ast.AST, ast.AST]]  # first and last node in the one tree, in the other


class NotThisConcept(ValueError):
    """The programs differ in another way; the message says how."""


def several(count: int, detail: str = "") -> str:
    """The number of sites, where it is not one, before what else is to be said."""
    return "; ".join(part for part in (f"{count} sites" if count > 1 else "", detail) if part)


def check_swap(one: ast.Module, other: ast.Module) -> tuple[str, list[Pair]]:
    """Two statements, or two neighbouring runs of statements, of one block trade places; so they may in more blocks,
    and apart from each other in one. Raises: NotThisConcept."""
    sites: list[tuple[bool, list[Pair]]] = []
    _compare(one, other, sites, 1)
    apart = any(between for between, _ in sites)
    detail = "the two are no neighbours: the looser reading of the concept" if apart else ""
    return several(len(sites), detail), [pair for _, pairs in sites for pair in pairs]


def _compare(one, other, sites: list, line: int) -> None:
    line = getattr(one, "lineno", line)
    if same(one, other):
        return
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        order = _order(one, other) if all(isinstance(node, ast.stmt) for node in one) else range(len(one))
        for a, b in zip((one[k] for k in order), other, strict=True):
            _compare(a, b, sites, line)
        if list(order) != sorted(order):
            for k, i in enumerate(order):
                for j in order[k + 1 :]:
                    if j < i:
                        _check_independent(one[j], one[i])
            sites += _moves(one, other, list(order), 0)
    elif isinstance(one, ast.AST) and type(one) is type(other):
        for name in one._fields:
            _compare(getattr(one, name, None), getattr(other, name, None), sites, line)
    else:
        raise NotThisConcept(f"line {line}: the programs differ in more than the order of statements in one block")


def _order(old: list[ast.stmt], new: list[ast.stmt]) -> list[int]:
    """For each new statement the old one that it was, as far as the order of what is in it does not matter; or the
    order as it is, when they are not the same statements."""
    places: dict[str, list[int]] = {}
    for k in reversed(range(len(old))):
        places.setdefault(_key(old[k]), []).append(k)
    keys = [_key(statement) for statement in new]
    if any(len(places.get(key, ())) != keys.count(key) for key in set(keys)):
        return list(range(len(old)))
    return [places[key].pop() for key in keys]


def _key(node) -> str:
    if isinstance(node, list):
        keys = [_key(part) for part in node]
        return f"[{', '.join(sorted(keys) if node and isinstance(node[0], ast.stmt) else keys)}]"
    if isinstance(node, ast.stmt | ast.ExceptHandler | ast.match_case):
        return f"{type(node).__name__}({', '.join(_key(getattr(node, name, None)) for name in node._fields)})"
    return ast.dump(node) if isinstance(node, ast.AST) else repr(node)


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


def same(one, other) -> bool:
    """Whether two syntax trees, or two lists of them, are equal."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, ast.AST) and isinstance(other, ast.AST):
        return ast.dump(one) == ast.dump(other)
    return one == other


def ends(part: ast.AST | list[ast.stmt]) -> tuple[ast.AST, ast.AST]:
    return (part[0], part[-1]) if isinstance(part, list) else (part, part)


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
