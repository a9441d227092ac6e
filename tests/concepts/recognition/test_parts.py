"""What the concept check is made of, by itself: the truth of a test, guard clauses, and values in one form."""

import ast

import pytest

from procure_kit.concepts.recognition.flip import is_guard
from procure_kit.concepts.recognition.truth import truth
from procure_kit.concepts.recognition.types import neutral


def expression(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("not (a and b)", "not a or not b"),
        ("not a < b", "a >= b"),
        ("not not a", "a"),
        ("a < b < 1", "a < b and b < 1"),
    ],
)
def test_tests_that_mean_the_same_have_one_truth(one, other):
    assert truth(expression(one)) == truth(expression(other)) != truth(expression(one), negate=True)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a < b", "b > a"),
        ("a and b", "b and a"),
        ("a < f() < b", "a < f() and f() < b"),
        ("a and b", "a and not b"),
        ("a and (b or c)", "a and b and c"),
        ("(a or b) and c", "a or b and c"),
    ],
)
def test_what_runs_in_another_order_or_twice_is_not_the_same(one, other):
    assert truth(expression(one)) != truth(expression(other))


@pytest.mark.parametrize(
    ("source", "guard"),
    [
        ("if a: return 1\nreturn 2", True),
        ("if a: return 1\nelse: return 3\nreturn 2", False),
        ("if a: x = 1\nreturn 2", False),
        ("if a: return 1", False),
        ("if a: return 1\nx = 2", False),
    ],
)
def test_a_guard_is_an_if_that_returns_before_a_return(source, guard):
    assert is_guard(ast.parse(f"def f():\n{source}".replace("\n", "\n    ")).body[0].body, 0) is guard


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("(1, 2)", "[1, 2]"),
        ("tuple()", "[]"),
        ("list()", "()"),
        ("(a == (), x <= 2)", "[a == [], x < 3]"),
        ("dict(a=x)", "{'a': x}"),
        ("x < 3", "x <= 2"),
        ("3 > x", "x < 3"),
        ("len(x) == 0", "len(x) < 1"),
    ],
)
def test_forms_of_one_value_are_one(one, other):
    assert ast.dump(neutral(expression(one))) == ast.dump(neutral(expression(other)))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x < 3", "x < 4"),
        ("dict(x)", "{}"),
        ("x == 0", "x < 1"),
        ("{1}", "[1]"),
        ("list(x)", "[]"),
        ("(1, 2)", "[2, 1]"),
    ],
)
def test_other_values_stay_apart(one, other):
    assert ast.dump(neutral(expression(one))) != ast.dump(neutral(expression(other)))
