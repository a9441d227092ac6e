"""If-Else Flip, recognised in a pair of syntax trees, at one place or at several."""

import ast

from procure_kit.concepts.recognition.syntax_pairs import Alike, NotThisConcept, Pair, ends, parts, several, shown
from procure_kit.concepts.recognition.truth import truth


def check_flip(one: ast.Module, other: ast.Module) -> tuple[str, list[Pair]]:
    """Each `if` that differs has its test negated and its bodies swapped; so has each conditional expression, and each
    `if c: return a` with the `return b` behind it. Raises: NotThisConcept."""
    sites: list[list[Pair]] = []
    _compare(one, other, Alike(), sites, 1)
    return several(len(sites)), [pair for site in sites for pair in site]


def _compare(one, other, same: Alike, sites: list, line: int) -> None:
    line = getattr(one, "lineno", line)
    if same(one, other):
        return
    if isinstance(one, ast.If | ast.IfExp) and type(one) is type(other) and truth(one.test) != truth(other.test):
        _flip(one, other, (one.body, one.orelse), (other.body, other.orelse), same, sites, line)
        return
    pairs = parts(one, other)
    if pairs is None:
        raise NotThisConcept(f"line {line}: the programs differ in something else than one if and its else")
    at, lists = 0, isinstance(one, list)
    while at < len(pairs):
        if lists and is_guard(one, at) and is_guard(other, at) and truth(one[at].test) != truth(other[at].test):
            bodies = [(block[at].body, [block[at + 1]]) for block in (one, other)]
            _flip(one[at], other[at], *bodies, same, sites, one[at].lineno)
            at += 2
        else:
            _compare(*pairs[at], same, sites, line)
            at += 1


def is_guard(block: list, at: int) -> bool:
    """Whether a statement is `if c: return a` with a `return b` behind it."""
    if not isinstance(block[at], ast.If) or block[at].orelse or at + 1 == len(block):
        return False
    return [type(node) for node in (*block[at].body, block[at + 1])] == [ast.Return, ast.Return]


def _flip(old, new, old_bodies: tuple, new_bodies: tuple, same: Alike, sites: list, line: int) -> None:
    texts = f"`{shown(new.test)}` is not the negation of `{shown(old.test)}`"
    if not old_bodies[1] or not new_bodies[1]:
        raise NotThisConcept(f"line {line}: the programs differ in something else than one if and its else")
    if truth(old.test, negate=True) != truth(new.test):
        swapped = same(old_bodies[0], new_bodies[1]) and same(old_bodies[1], new_bodies[0])
        raise NotThisConcept(f"line {line}: the bodies are {'swapped, but' if swapped else 'not swapped, and'} {texts}")
    parts = [(old.test, new.test), *zip(old_bodies, new_bodies, strict=True)]
    sites.append([(ends(a), ends(b)) for a, b in parts if not same(a, b)])
    try:
        for a, b in zip(old_bodies, reversed(new_bodies), strict=True):
            _compare(a, b, same, sites, line)
    except NotThisConcept as error:
        if all(map(same, old_bodies, new_bodies)):
            raise NotThisConcept(f"line {line}: the test is negated, but the two bodies are not swapped") from error
        raise
