"""Two syntax trees side by side: what is the same, and what stands in the same places."""

import ast

import pytest

from procure_kit.concepts.recognition.syntax_pairs import Alike, ends, parts, same, several


def tree(source: str) -> ast.Module:
    return ast.parse(source)


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (tree("x = (1)  # one"), tree("x = 1"), True),
        (tree("x = 1"), tree("x = True"), False),
        ([1], [1.0], False),
        (1, True, False),
        (None, None, True),
        (tree("a\nb").body, tree("a; b").body, True),
        (tree("a\nb").body, tree("a").body, False),
        (tree("a"), None, False),
        (tree("x = 0.0").body, tree("x = -0.0").body, False),
        (tree("x = 1e999 - 1e999"), tree("x = 1e999-1e999"), True),
        (tree("x = 'a'"), tree("x = u'a'"), False),
        (tree("x = " + "0x" + "f" * 9000), tree("x = " + "0x" + "f" * 9000), True),
        (tree("if a: b\nelse: c"), tree("if a: b\nelse: d"), False),
        (tree("f(a)"), tree("f(a, b)"), False),
    ],
)
def test_same(one, other, equal):
    assert same(one, other) is equal and Alike()(one, other) is equal


def test_each_node_is_looked_at_once_however_often_it_is_asked_about():
    seen = []

    class Counting(Alike):
        def key(self, part):
            seen.append(part)
            return super().key(part)

    alike, one = Counting(), tree("if a: b\n" * 40)
    for node in ast.walk(one):
        assert alike(node, node)
    nodes = [part for part in seen if isinstance(part, ast.AST)]
    assert len(nodes) == len({id(node) for node in nodes})


def test_parts_of_nodes_are_their_fields_and_of_lists_their_items():
    one, other = tree("f(1)").body[0].value, tree("f(2)").body[0].value
    assert parts(one, other) == [(one.func, other.func), (one.args, other.args), (one.keywords, other.keywords)]
    assert parts(one.args, other.args) == [(one.args[0], other.args[0])]


@pytest.mark.parametrize(("one", "other"), [(ast.Pass(), ast.Break()), ([1], [1, 2]), ("x", "x"), ([], None)])
def test_what_does_not_correspond_has_no_parts(one, other):
    assert parts(one, other) is None


def test_ends_and_several():
    body = tree("a\nb\nc").body
    assert ends(body) == (body[0], body[2]) and ends(body[1]) == (body[1], body[1])
    assert (several(1), several(2), several(2, "both odd")) == ("", "2 sites", "2 sites; both odd")
