"""Several concepts at once: the fewest kinds of change that all differences of two programs can come from."""

import ast
from itertools import combinations

from procure_kit.analysis.python_tree import copied
from procure_kit.concepts.recognition.flip import is_guard
from procure_kit.concepts.recognition.forms import FORMS, in_one_form
from procure_kit.concepts.recognition.local_names import blank_names
from procure_kit.concepts.recognition.syntax_pairs import dump
from procure_kit.concepts.recognition.truth import truth
from procure_kit.concepts.recognition.types import neutral

KINDS = {"if_else_flip": "branches", "independent_swap": "order", "data_type": "types", "names": "names"}
KINDS |= {"forms": "forms"}


def mixture(one: ast.Module, other: ast.Module) -> tuple[str, ...] | None:
    """The fewest kinds of change that all differences can come from. One kind alone is no proof: whether names, say,
    still mean the same is for the checks of concepts."""
    for size in range(1, len(KINDS) + 1):
        for kinds in combinations(KINDS, size):
            if _form(one, kinds) == _form(other, kinds):
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


def _form(tree: ast.Module, kinds: tuple[str, ...]) -> str:
    """A text in which programs are equal that differ by these kinds of change alone. It may make more equal than that:
    the tests, not this, say whether a mixture keeps the behaviour."""
    tree = copied(tree)
    if "names" in kinds:
        blank_names(tree)
    if "data_type" in kinds:
        tree = neutral(tree)
    for form in FORMS if "forms" in kinds else ():
        tree = in_one_form(tree, form)
    return _text(tree, kinds)


def _text(node, kinds: tuple[str, ...]) -> str:
    if isinstance(node, list):
        return _block(node, kinds)
    if not isinstance(node, ast.AST):
        return dump(node)
    if "if_else_flip" in kinds and isinstance(node, ast.If | ast.IfExp) and node.orelse:
        return _branches(node.test, node.body, node.orelse, kinds)
    return f"{type(node).__name__}({', '.join(_text(getattr(node, name, None), kinds) for name in node._fields)})"


def _block(nodes: list, kinds: tuple[str, ...]) -> str:
    texts, at = [], 0
    while at < len(nodes):
        if "if_else_flip" in kinds and is_guard(nodes, at):
            texts.append(_branches(nodes[at].test, nodes[at].body, [nodes[at + 1]], kinds))
            at += 1
        else:
            texts.append(_text(nodes[at], kinds))
        at += 1
    is_block = bool(nodes) and isinstance(nodes[0], ast.stmt)
    return f"[{', '.join(sorted(texts) if is_block and 'independent_swap' in kinds else texts)}]"


def _branches(test: ast.expr, body, orelse, kinds: tuple[str, ...]) -> str:
    ways = [(truth(test), body, orelse), (truth(test, negate=True), orelse, body)]
    said, one, other = min(ways, key=lambda way: repr(way[0]))
    return f"if({said}, {_text(one, kinds)}, {_text(other, kinds)})"
