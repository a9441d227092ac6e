"""What the concepts share, by itself: labels, comments, words that must not run together, negation, and new names."""

from random import Random

import libcst as cst
import pytest

from procure_kit.analysis.analysis import analyse
from procure_kit.analysis.source_tree import one_line, short
from procure_kit.concepts.candidate import apart, is_word, with_comment
from procure_kit.concepts.keyword_calls import keyword_spans
from procure_kit.concepts.negation import negate, negate_whole, outer
from procure_kit.concepts.renaming import can_rename, fresh_names, has_parameter, movable, rename, variables
from procure_kit.problems.counterfactual import Edit, apply_edits


def test_labels_are_one_line_and_short_where_they_must_be():
    assert one_line("a  +\n\t b") == "a + b"
    assert short("x" * 40) == "x" * 40 and short("x" * 41) == "x" * 39 + "…" and short("a\nb", 2) == "a…"


def test_a_comment_belongs_to_the_statement_before_it():
    source = "x = 1  # one\r\ny = 2\n"
    assert with_comment(source, (0, 5)) == (0, 12)
    assert with_comment(source, (14, 19)) == (14, 19)


def test_a_new_word_keeps_away_from_the_one_before_it():
    assert [is_word("a_ 1", at) for at in (-1, 0, 1, 2, 3, 4)] == [False, True, True, False, True, False]
    assert apart("if(x)", Edit(2, 2, "not ")).text == " not "
    assert apart("if (x)", Edit(3, 3, "not ")).text == "not " and apart("x<1", Edit(2, 3, "-1")).text == "-1"


def parsed(source: str):
    analysis = analyse(source)
    return analysis, next(node for node in analysis.nodes if isinstance(node, cst.If)).test


@pytest.mark.parametrize(
    ("test", "negated", "exact"),
    [
        ("a == 1 and not b", "a != 1 or b", False),
        ("1 < 2", "1 >= 2", True),
        ("a is b", "a is not b", True),
        ("a < b < c", "not (a < b < c)", True),
        ("1.5 < 2.5", "not (1.5 < 2.5)", True),
        ("(a or b) and c", "(not a and not b) or not c", True),
        ("a or b and c", "not a and (not b or not c)", True),
        ("f(x)", "not f(x)", True),
        ("(a)", "not (a)", True),
    ],
)
def test_negation(test, negated, exact):
    analysis, node = parsed(f"if {test}: pass\n")
    edits, sure = negate(analysis, node)
    assert (apply_edits(analysis.source, edits)[0], sure) == (f"if {negated}: pass\n", exact)


def test_a_whole_test_is_negated_in_its_parentheses():
    analysis, node = parsed("if ( a == b ): pass\n")
    assert apply_edits(analysis.source, negate_whole(analysis, node))[0] == "if not ( a == b ): pass\n"
    assert analysis.source[slice(*outer(analysis, node))] == "( a == b )"


FUNCTION = '''def f(first, second=0):
    """f(1, second=2)"""
    total = first
    def inner(first):
        return total + first + helper
    return inner
print(f(1, second=2))
'''


def test_which_names_of_a_function_may_be_others():
    analysis = analyse(FUNCTION)
    (function,) = analysis.functions
    assert list(variables(analysis, function, "strict")) == ["total"]
    assert list(variables(analysis, function, "procure")) == [
        "first",
        "total",
    ]  # `second` stands in a docstring's prose
    assert list(movable(analysis, function, "procure")) == ["first", "total"]
    assert has_parameter(function, ["second"]) and not has_parameter(function, ["total", "inner"])
    assert not can_rename(analysis, function.variables["inner"], "procure")


def test_names_that_mean_something_else_in_the_function_do_not_move():
    analysis = analyse("def f():\n    a = 1\n    b = lambda c: a\n    def g(a): return a, b, c\n    return g\n")
    (function,) = analysis.functions
    assert list(variables(analysis, function, "strict")) == ["a", "b"]
    assert list(movable(analysis, function, "strict")) == ["b"]  # `a` is a parameter elsewhere in it


def test_fresh_names_are_new_to_the_source_and_to_each_other():
    names = fresh_names(analyse(FUNCTION), Random(0), 200)
    assert len({*names}) == 200 and all(len(name) == 5 and name.isalpha() and name.islower() for name in names)
    (drawn,) = fresh_names(analyse("x = 1"), Random(0), 1)
    assert drawn not in fresh_names(analyse(f"x = '{drawn}'"), Random(0), 20)


def test_each_place_is_renamed_once():
    assert rename([(0, 1), (4, 5), (0, 1)], "new") == [Edit(0, 1, "new"), Edit(4, 5, "new")]


@pytest.mark.parametrize(
    ("tail", "found"),
    [
        ("f(1, size=2)\n", ["size"]),
        ("f(1, 2)\n", []),
        ("g = f\ng(1, size=2)\n", None),  # whatever g calls may be f
        ("f(**options)\n", None),
        ("'''>>> f(1, size=2)'''\n", ["size"]),
        ("'size=2 is the default'\n", None),
        ("class C(size=1): pass\n", None),
    ],
)
def test_where_a_parameter_is_named_as_a_keyword(tail, found):
    analysis = analyse("def f(x, size):\n    return x\n" + tail)
    spans = keyword_spans(analysis, analysis.functions[0].variables["size"])
    assert (spans if spans is None else [analysis.source[slice(*span)] for span in spans]) == found
