"""Python's own tree: nodes stand where their spans say, whatever the line ends and the letters."""

import ast

import pytest

from procure_kit.analysis.python_tree import PythonTree, copied, line_starts
from procure_kit.concepts.perturbation import find_sites, perturb
from procure_kit.concepts.recognition.recognition import recognise
from procure_kit.validation.mutants import broken_versions

LAYOUTS = {
    "plain": "x = 1\ny = 2 + x\n",
    "bom": "\ufeffx = 1\ny = 2 + x",
    "crlf, a lone carriage return, a form feed": "x = 1\r\ny = 2\rz = 3\n\f\nw = 4\n",
    "letters of several bytes": "größe = 'ß'; maß = größe\nẟ = '𝒳' + maß\n",
}


@pytest.mark.parametrize("source", LAYOUTS.values(), ids=LAYOUTS)
def test_every_node_is_the_text_of_its_span(source):
    parsed = PythonTree(source)
    nodes = [node for node in ast.walk(parsed.tree) if isinstance(node, ast.expr)]
    assert len(nodes) >= 4
    for node in nodes:
        assert ast.unparse(ast.parse(source[slice(*parsed.span(node))], mode="eval")) == ast.unparse(node)


def test_from_one_node_to_another():
    source = "\ufeffa = 'é'\nb = 2\nc = 3\n"
    parsed = PythonTree(source)
    assert source[slice(*parsed.span(*parsed.tree.body[:2]))] == "a = 'é'\nb = 2"


def test_lines_begin_after_every_kind_of_newline_and_nothing_else():
    assert line_starts("a\r\nb\rc\n\x0cd\x85e") == [0, 3, 5, 7]


def test_what_does_not_parse_has_no_tree():
    with pytest.raises(ValueError, match="line 2: the source does not parse"):
        PythonTree("x = 1\ny = = 2\n")


def test_a_copy_is_equal_and_leaves_the_original_alone():
    tree = ast.parse("def f(a, *b, c=1):\n    return [a + x for x in b if c]\n")
    other = copied(tree)
    assert ast.dump(other, include_attributes=True) == ast.dump(tree, include_attributes=True)
    other.body[0].body[0].value = ast.Constant(None)
    assert "ListComp" in ast.dump(tree)


class Hung:
    """What IPython hangs on nodes once it has shown a traceback; it must never be copied along."""

    def __deepcopy__(self, memo):
        raise AssertionError("copied along")


def test_what_others_hang_on_shared_nodes_is_not_copied():
    shared = ast.parse("x + y").body[0].value
    try:
        shared.op.parent = shared.left.ctx.parent = Hung()  # the Add() and Load() of every tree
        source = "def f(x, y):\n    if x > y:\n        return x + y\n    else:\n        return x if y else y\n"
        assert ast.unparse(copied(ast.parse(source))) + "\n" == source
        assert len(list(broken_versions(source, "f"))) > 3
        flipped = source.replace("x > y", "x <= y").replace("x + y", "?").replace("x if y else y", "x + y")
        assert recognise(source, flipped.replace("?", "y if not y else x")).status == "ok"
        assert recognise(source.replace("x", "a"), flipped.replace("?", "y if not y else x")).status == "mixed"
    finally:
        del shared.op.parent, shared.left.ctx.parent


@pytest.mark.parametrize(
    ("source", "said"), [(print, "inspect.getsource"), (b"x = 1", "type bytes"), (None, "NoneType")]
)
def test_what_is_no_text_is_named(source, said):
    with pytest.raises(ValueError, match=said):
        find_sites(source)
    with pytest.raises(ValueError, match="the source is the text of a program"):
        perturb(source, "if_else_flip")
