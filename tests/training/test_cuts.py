"""Cut points: where the prefix ends, what follows the hole, and which pairs have none."""

from dataclasses import replace

import pytest

from procure_kit.problems.counterfactual import Counterfactual, Edit, apply_edits
from procure_kit.training.cuts import Cut, cut_pair, operators

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


@pytest.mark.parametrize(
    ("test", "flipped", "found"),
    [
        ("a == b", "a != b", ("==", "!=")),
        ("a != b", "a == b", ("!=", "==")),
        ("a < b", "a >= b", ("<", ">=")),
        ("a >= b", "a < b", (">=", "<")),
        ("a > b", "a <= b", (">", "<=")),
        ("a <= b", "a > b", ("<=", ">")),
        ("a in b", "a not in b", None),  # no relational operator
        ("a", "not a", None),
        ("a < b < 1", "not a < b < 1", None),
        ("a < b", "not a < b", None),  # one side is enough
    ],
)
def test_the_operators_that_a_flip_exchanges(test, flipped, found):
    source = f"def f(a, b):\n    if a:\n        pass\n    if {test}:\n        return 1\n    else:\n        return 2\n"
    edits = (test + ":\n        return", flipped + ":\n        return"), ("1\n    else", "2\n    else")
    assert operators(pair("if_else_flip", *edits, source=source)) == found


def test_only_a_flip_has_operators():
    edit = ("square\n", "square * 100\n")
    assert operators(pair("if_else_flip", ('unit == "cm"', 'unit != "cm"'), edit)) == ("==", "!=")
    assert operators(pair("data_type", ('unit == "cm"', 'unit != "cm"'), edit)) is None
    assert operators(pair("if_else_flip")) is None
    assert operators(pair("if_else_flip", ("math.pi", "math.tau"))) is None


SCRIPT = 'n = int(input())\nif n > 3:\n    print("a")\nelse:\n    print("b")\nm = n\nprint(m)\nprint(n)\n'


@pytest.mark.parametrize(
    ("concept", "edit", "prefix"),
    [
        ("if_else_flip", ("n > 3", "n <= 3"), "n = int(input())\nif n > 3:"),
        ("data_type", ("n > 3", "n >= 4"), SCRIPT[: SCRIPT.index("\nprint(m)")]),  # 6 of 8 lines
    ],
)
def test_a_program_is_cut_where_a_function_would_be(concept, edit, prefix):
    cf = pair(concept, edit, source=SCRIPT)
    assert cut_pair(cf) is None
    assert cut_pair(cf, program=True)[0] == Cut(prefix, "\n", -1)


def body(*lines: str) -> str:
    return "def f(p):\n" + "".join(f"    {line}\n" for line in lines)


@pytest.mark.parametrize(
    ("source", "kept"),
    [
        (body("p = 1", "a", "b", "c"), body("p = 1", "a", "b")),
        (body("'doc'", "p = 1", "a", "b", "c"), body("'doc'", "p = 1", "a", "b")),  # the docstring is no code
        (body("''", "p = 1", "a"), body("''", "p = 1")),
        (body("p = 1", "a", "b", "c", "d"), body("p = 1", "a", "b")),  # 3.75 lines are 3
        (body("a", "p = 1", "b"), body("a", "p = 1")),
        (body("a", "b", "p = 1"), None),  # beyond what is kept
        (body("p = 1"), None),  # nothing is kept
        (body("'p = 1'"), None),  # no code at all
        ("async " + body("p = 1", "a", "b", "c"), "async " + body("p = 1", "a", "b")),
    ],
)
def test_three_quarters_of_the_lines_of_code_are_kept(source, kept):
    cuts = cut_pair(pair("data_type", ("p = 1", "p = 2"), source=source))
    assert (cuts and cuts[0].prefix) == (kept and kept.rstrip())


def test_a_change_right_behind_a_function_is_not_in_it():
    source = body("a = 1", "b = 2") + "p = 1\n"
    assert cut_pair(pair("data_type", ("\np = 1", "\np = 2"), source=source)) is None


def test_a_pair_is_cut_only_where_both_keep_as_many_lines():
    source = body("a = 1", "b = 2", "c = 3", "return a")
    assert cut_pair(pair("data_type", ("b = 2", "b = 2\n    x = 3"), source=source)) is not None  # 3 of 4, 3 of 5
    assert cut_pair(pair("data_type", ("b = 2", "b = [\n    2,\n    ]"), source=source)) is None  # 4 of 6


def test_a_flip_may_end_its_function():
    source = body("if p: a", "else: b") + "x = 1\n"
    original, _ = cut_pair(pair("if_else_flip", ("p: a", "not p: a"), source=source))
    assert original == Cut("def f(p):\n    if p:", "\nx = 1\n", 0)


@pytest.mark.parametrize("missing", ["changed", "changed_original"])
def test_rows_that_do_not_say_where_they_differ_have_no_cut_point(missing):
    cf = replace(FLIP, **{missing: ()})
    assert cut_pair(cf) is None and (missing == "changed" or operators(cf) is None)
