"""Several concepts at once: the fewest kinds of change that all differences of two programs can come from."""

import ast
from itertools import combinations

from procure_kit.analysis.python_tree import copied
from procure_kit.concepts.recognition.flip import is_guard
from procure_kit.concepts.recognition.forms import FORMS, in_one_form
from procure_kit.concepts.recognition.local_names import blank_names
from procure_kit.concepts.recognition.syntax_pairs import Alike, dump
from procure_kit.concepts.recognition.truth import truth
from procure_kit.concepts.recognition.types import neutral

KINDS = {"if_else_flip": "branches", "independent_swap": "order", "data_type": "types", "names": "names"}
KINDS |= {"forms": "forms"}


def mixture(one: ast.Module, other: ast.Module) -> tuple[str, ...] | None:
    """The fewest kinds of change that all differences can come from. One kind alone is no proof: whether names, say,
    still mean the same is for the checks of concepts."""
    formed: dict[tuple[str, ...], list[ast.Module]] = {}
    for size in range(1, len(KINDS) + 1):
        for kinds in combinations(KINDS, size):
            inside = tuple(kind for kind in kinds if kind in ("data_type", "names", "forms"))
            if inside not in formed:
                formed[inside] = [_formed(tree, inside) for tree in (one, other)]
            if _AlikeBut(kinds)(*formed[inside]):
                return kinds
    return None


def may_hide_swap(tree: ast.Module) -> bool:
    """Whether two assignments or calls of one block differ in names alone, so that under new ones no order shows."""
    tree = copied(tree)
    blank_names(tree)
    for block in (value for node in ast.walk(tree) for _, value in ast.iter_fields(node) if isinstance(value, list)):
        moving = [
            dump(node) for node in block if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Expr)
        ]
        if len(set(moving)) < len(moving):
            return True
    return False


def _formed(tree: ast.Module, kinds: tuple[str, ...]) -> ast.Module:
    """A copy in one form, as far as these kinds of change are about names, types and forms."""
    tree = copied(tree)
    if "names" in kinds:
        blank_names(tree)
    if "data_type" in kinds:
        tree = neutral(tree)
    for form in FORMS if "forms" in kinds else ():
        tree = in_one_form(tree, form)
    return tree


class _AlikeBut(Alike):
    """Programs are equal that differ by these kinds of change alone, in branches and order. It may make more equal than
    that: the tests, not this, say whether a mixture keeps the behaviour."""

    def __init__(self, kinds: tuple[str, ...]):
        super().__init__()
        self.flips, self.swaps = "if_else_flip" in kinds, "independent_swap" in kinds

    def key(self, part) -> tuple:
        if isinstance(part, list):
            return self._block(part)
        if self.flips and isinstance(part, ast.If | ast.IfExp) and part.orelse:
            return self._branches(part.test, part.body, part.orelse)
        return super().key(part)

    def _block(self, nodes: list) -> tuple:
        found, at = [], 0
        while at < len(nodes):
            if self.flips and is_guard(nodes, at):
                found.append(self.numbered(self._branches(nodes[at].test, nodes[at].body, [nodes[at + 1]])))
                at += 1
            else:
                found.append(self.number(nodes[at]))
            at += 1
        is_block = bool(nodes) and isinstance(nodes[0], ast.stmt)
        return (list, *(sorted(found) if is_block and self.swaps else found))

    def _branches(self, test: ast.expr, body, orelse) -> tuple:
        ways = [(truth(test), body, orelse), (truth(test, negate=True), orelse, body)]
        said, one, other = min(ways, key=lambda way: repr(way[0]))
        return ast.If, said, self.number(one), self.number(other)
