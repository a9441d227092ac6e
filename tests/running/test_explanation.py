"""Why a test failed, in words that a learner understands."""

import pytest

from procure_kit.running.explanation import TESTS, explain, short

CHECK = "def check(candidate):\n    wanted = [1, 2]\n    assert candidate(3) == wanted\n    assert candidate(4) == 5\n"


def failure(candidate, tests: str = CHECK) -> BaseException:
    names: dict = {}
    exec(compile(tests, TESTS, "exec"), names)
    with pytest.raises(BaseException) as caught:
        names["check"](candidate)
    return caught.value


def test_the_statement_what_it_expected_and_what_came():
    told = explain(failure(lambda x: 0), CHECK, "f(3)", "returned 0")
    assert told == "test line 3; assert candidate(3) == wanted; expected [1, 2]; f(3) returned 0"


def test_a_value_that_the_statement_shows_is_not_said_twice():
    told = explain(failure(lambda x: [1, 2]), CHECK, "f(4)", "returned [1, 2]")
    assert told == "test line 4; assert candidate(4) == 5; f(4) returned [1, 2]"


def test_what_would_call_the_candidate_again_is_not_worked_out():
    tests, calls = "def check(f):\n    assert f(1) == f(2)\n", []
    error = failure(lambda x: calls.append(x) or x, tests)
    assert explain(error, tests, "f(2)", "returned 2") == "test line 2; assert f(1) == f(2); f(2) returned 2"
    assert calls == [1, 2]


def test_an_error_of_the_tests_themselves_is_told_with_the_call():
    error = failure(lambda x: [][0])
    assert explain(error, CHECK, "f(3)", "raised IndexError: no").endswith("f(3) raised IndexError: no")
    assert explain(error, CHECK, "", "").endswith("IndexError: list index out of range")
    assert explain(ValueError("odd"), CHECK, "", "") == "the tests could not be run: ValueError: odd"


def test_values_are_whole_when_small_and_cut_when_not():
    assert short([1, "two", {3: 4.0}]) == "[1, 'two', {3: 4.0}]"
    assert short(10**60) == "<an integer of 200 bits>" and "..." in short(list(range(100)))
    nested = [[[[0] * 20] * 20] * 20] * 20
    assert len(short(nested)) <= 400 and len(short("x" * 10_000)) < 200


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("x = f(1)", "test line 2; x = f(1); f(1) raised ZeroDivisionError"),
        ("f(1)", "test line 2; f(1); f(1) raised ZeroDivisionError"),
        ("for n in range(3):\n        assert f(n)", "test line 3; assert f(n); f(1) raised ZeroDivisionError"),
        ("assert (\n        f(1)\n        == 2\n    )", "test line 3; assert f(1) == 2; f(1) raised ZeroDivisionError"),
        ("if f(1):\n        pass", "test line 2; if f(1):; f(1) raised ZeroDivisionError"),
    ],
)
def test_the_smallest_statement_around_the_line_is_shown(body, told):
    tests = f"def check(f):\n    {body}\n"
    assert explain(failure(lambda x: 1 // 0, tests), tests, "f(1)", "raised ZeroDivisionError") == told


@pytest.mark.parametrize(
    ("comparison", "expected"),
    [
        ("f(1) == big", "; expected {'a': [1, 2]}"),
        ("f(1) is none", "; expected None"),
        ("f(1) == big['b']", ""),  # it cannot be worked out
        ("f(1) != f(1)", ""),
        ("f(1) == 3 == none", ""),
        ("f(1) == 3", ""),
        ("f(1) > none", ""),
        ("not f(1) == 3", ""),
    ],
)
def test_what_was_expected_is_told_where_it_is_plain(comparison, expected):
    tests = f"def check(f):\n    big, none = {{'a': [1, 2]}}, None\n    assert {comparison}\n"
    found = explain(AssertionError().with_traceback(traceback_of(tests)), tests, "f(1)", "returned 0")
    assert found == f"test line 3; assert {comparison}{expected}; f(1) returned 0"


def traceback_of(tests: str):
    """Of an error that the line of the assert raised, whatever it asserts."""
    names: dict = {}
    exec(compile(tests.replace("assert ", "raise_() or "), TESTS, "exec"), names)

    def stop():
        raise AssertionError

    names["raise_"] = stop
    with pytest.raises(AssertionError) as caught:
        names["check"](lambda x: 0)
    return caught.value.__traceback__


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (list(range(21)), f"[{', '.join(map(str, range(20)))}, ...]"),
        (tuple(range(21)), f"({', '.join(map(str, range(20)))}, ...)"),
        (set(range(21)), f"{{{', '.join(map(str, range(20)))}, ...}}"),
        ({n: n for n in range(20)}, str({n: n for n in range(20)})),
        (10**49, str(10**49)),
        (-(10**50), "<an integer of 167 bits>"),
        ("x" * 148, repr("x" * 148)),
    ],
)
def test_how_values_are_cut(value, shown):
    assert short(value) == shown
