"""Pictures of the analysis: their arrows are those of the graph, and whatever is drawn is escaped."""

import xml.dom.minidom

import pytest

from procure_kit import control_flow_picture, definition_use_picture

SOURCE = """def f(xs):
    total = 0
    for x in xs:
        if x < 0:
            break
        total += x
    return total


def g(a):
    b = "<b>" + a
    return b
"""


def test_the_lines_that_may_follow_each_other():
    said = control_flow_picture(SOURCE).text.splitlines()
    assert {"line 3 → line 4", "line 4 → line 6", "line 6 → line 3", "line 4 → line 7"} <= set(said)
    assert "line 7 → line 3" not in said and "line 2 → line 6" not in said


def test_a_loop_is_left_from_its_head_alone_as_in_a_textbook():
    loop = "def f(xs):\n    n = 0\n    for x in xs:\n        n += x\n        n *= 2\n    return n\n"
    for text in (loop, loop.replace("for x in xs:", "while n < len(xs):").replace("+= x", "+= 1")):
        said = control_flow_picture(text).text.splitlines()
        assert said == [f"line {a} → line {b}" for a, b in ((1, 2), (2, 3), (3, 4), (3, 6), (4, 5), (5, 3))]


def test_the_definitions_that_reach_each_use():
    said = definition_use_picture(SOURCE, "f", "total").text.splitlines()
    assert said == [
        "total: line 2 → line 6",
        "total: line 6 → line 6",
        "total: line 2 → line 7",
        "total: line 6 → line 7",
    ]
    assert definition_use_picture(SOURCE, "g").text == "a: line 10 → line 11\nb: line 11 → line 12"


@pytest.mark.parametrize("prefix", ["", "\ufeff", "# größe\r\n\t\r\n"])
@pytest.mark.parametrize("draw", [control_flow_picture, definition_use_picture])
def test_a_picture_is_well_formed_and_escaped(draw, prefix):
    view = draw(prefix + SOURCE, "g")
    tree = xml.dom.minidom.parseString(view.html)
    texts = [node.firstChild.data for node in tree.getElementsByTagName("text")]
    assert 'b = "<b>" + a' in texts
    assert len(tree.getElementsByTagName("path")) > 2
    assert view._repr_html_() == view.html and "<script" not in view.html


@pytest.mark.parametrize("marked, drawn", [("this", 1), ("def f", 1), ("x.setter", 2), ("2 * x", 2), ("A()", 1)])
def test_a_place_tells_functions_of_one_name_apart(marked, drawn):
    source = "import this\n\nclass A:\n    @property\n    def f(self): return 1\n\n    @x.setter\n    def f(self, x):\n"
    source += "        self.y = 2 * x\n\nA()\n"
    said = definition_use_picture(source, source.index(marked)).text
    assert said == {1: "", 2: "self: line 8 → line 9\nx: line 8 → line 9"}[drawn]


def test_wrong_names_are_said():
    with pytest.raises(ValueError, match="no function 'h'"):
        control_flow_picture(SOURCE, "h")
    with pytest.raises(ValueError, match="f has no variable 'b': xs, total, x"):
        definition_use_picture(SOURCE, "f", "b")
    with pytest.raises(ValueError, match="no function to draw"):
        control_flow_picture("x = 1")
