"""Cut points: where the prefix ends, what follows the hole, and which pairs have none."""

import pytest

from procure_kit.counterfactual import Counterfactual, Edit, apply_edits
from procure_kit.cuts import cut_pair

PROGRAM = '''import math

def area(r, unit):
    """Area of a circle."""
    pi = math.pi
    square = r * r
    if unit == "cm":
        result = pi * square
    else:
        result = pi * square * 100
    rounded = round(result, 2)
    return rounded
'''


def pair(concept: str, *edits: tuple[str, str], source: str = PROGRAM) -> Counterfactual:
    spans = [Edit(source.index(old), source.index(old) + len(old), new) for old, new in edits]
    new, changed, changed_original = apply_edits(source, spans)
    return Counterfactual("t/0", concept, "strict", 0, 0, "rules", source, new, changed, changed_original, "tested")


FLIP = pair(
    "if_else_flip", ('unit == "cm"', 'unit != "cm"'), ("square\n", "square * 100\n"), ("square * 100", "square")
)


def test_flip_is_cut_at_the_then_body():
    original, counterfactual = cut_pair(FLIP)
    assert original.prefix.endswith('if unit == "cm":')
    assert counterfactual.prefix.endswith('if unit != "cm":')


def test_others_lose_the_trailing_quarter_at_the_same_line():
    cuts = cut_pair(pair("variable_name_random", ("square = r", "qwxyz = r"), ("pi * square\n", "pi * qwxyz\n")))
    original, counterfactual = cuts
    assert original.prefix.endswith("    else:\n        result = pi * square * 100")  # 6 of the body's 8 lines
    assert counterfactual.prefix.count("\n") == original.prefix.count("\n")
    assert "qwxyz = r" in counterfactual.prefix and "qwxyz" not in original.prefix


def test_what_follows_the_function_is_the_suffix():
    source = PROGRAM + "\nLIMIT = 3\n"
    original, _ = cut_pair(pair("if_else_flip", ('unit == "cm"', 'unit != "cm"'), source=source))
    assert original.suffix == "\n\nLIMIT = 3\n"


@pytest.mark.parametrize(
    "cf",
    [
        pair("variable_name_random", ("return rounded", "return qwxyz")),  # beyond the first three quarters
        pair("if_else_flip", ("math.pi", "math.tau")),  # no `if` is changed there
        pair("independent_swap"),  # nothing changed
        pair("variable_name_random", ("import math", "import cmath")),  # outside any function
    ],
)
def test_no_cut_point(cf):
    assert cut_pair(cf) is None


def test_characters_are_counted_not_bytes():
    source = 'def f(é):\n    ü = "ß" + é\n    x = 1\n    y = 2\n    return ü\n'
    original, counterfactual = cut_pair(pair("variable_name_random", ("ü", "abcde"), source=source))
    assert counterfactual.prefix == 'def f(é):\n    abcde = "ß" + é\n    x = 1\n    y = 2'
    assert original.indent == 0


def test_a_method_ends_where_its_indentation_does():
    source = "class A:\n    def f(self):\n        a = 1\n        b = 2\n        return a\n"
    original, _ = cut_pair(pair("independent_swap", ("a = 1", "b = 1"), source=source))
    assert original.indent == 4
