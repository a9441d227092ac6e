"""The parsed source: every span exact whatever the layout, and one clear sentence for what cannot be read."""

import libcst as cst
import pytest

from procure_kit.analysis.analysis import analyse
from procure_kit.analysis.source_tree import parse_source

LAYOUTS = {
    "crlf": "x = 1\r\nif x:\r\n\ty = x\r\n",
    "bom": "\ufeffx = 1\ny = x\n",
    "no final newline": "x = 1\ny = x",
    "form feeds": "x = 1\n\f\n\fy = x\n  \f\n# z\n",
    "non-ascii": "größe = 'ä'\nmaß = größe  # ß\n",
    "blank that libcst drops": "try:\n    x = 1\nexcept (A, B) :\n    y = x\n",
    "continued": "x = 1 + \\\n    2\ny = (x,  # why\n     x)\n",
    "f-strings": 'x = 1\ny = f"""a{x}\n{ x!r:>{x}}"""\n',
    "mixed newlines": "x = 1\r\ny = x\nz = y\n",
}


@pytest.mark.parametrize("source", LAYOUTS.values(), ids=LAYOUTS)
def test_every_name_stands_where_its_span_says(source):
    tree = parse_source(source)
    names = [node for node in tree.spans if isinstance(node, cst.Name)]
    assert len(names) >= 3
    assert all(tree.text(name) == name.value for name in names)


def test_lines_are_counted_over_every_kind_of_newline():
    tree = parse_source("a = 1\r\nb = 2\n\f\nc = 3")
    assert [tree.line(tree.source.index(name)) for name in "abc"] == [1, 2, 4]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("x = = 1", "line 1: the source does not parse"),
        ("print 'python 2'", "line 1: the source does not parse"),
        ("x = 1\ny = '\0'", "line 2 holds a null byte"),
        ("x = '\ud800'", "lone surrogate"),
        ("x = " + "(" * 5000 + ")" * 5000, "nested too deeply|does not parse"),
        ("x = " + "-" * 3000 + "1", "nested too deeply"),
        ("x = " + " + ".join(["a"] * 5000), "nested too deeply"),
        ("x = " + " and ".join(["a"] * 15_000), "nested too deeply"),
        ("x = a" + ".b()" * 3000, "nested too deeply"),
        ("if a: x\n" + "".join(f"elif a == {n}: x\n" for n in range(4000)), "nested too deeply"),
        ("print 'x'\n", "line 1: the source does not parse as Python: Missing parentheses"),
        ("x = 1\n" * 1_700_000, "has 10,200,000 characters, and more than 2,000,000 are not analysed"),
        ("def f():\n\tx = 1\n        y = 2", "line 3: the source does not parse"),
    ],
)
def test_what_cannot_be_read_gets_one_sentence(source, message):
    with pytest.raises(ValueError, match=message) as caught:
        analyse(source)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("source", ["", "\n", "# only a comment", "\ufeff"])
def test_nothing_to_do_is_no_error(source):
    assert analyse(source).functions == []


def test_one_source_is_analysed_once():
    assert analyse("x = 1") is analyse("x = 1")
