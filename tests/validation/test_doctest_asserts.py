"""Doctests become asserts that say the same."""

import ast
import doctest

import pytest

from procure_kit.validation.doctest_asserts import asserts, bound_names

NORMALIZE = doctest.NORMALIZE_WHITESPACE


def function(*examples: str) -> ast.FunctionDef:
    lines = "\n    ".join(("", *examples))
    return ast.parse(f'def f(x):\n    r"""{lines}\n    """\n    return x\n').body[0]


@pytest.mark.parametrize(
    ("examples", "test"),
    [
        ([">>> f(1)", "1"], "assert f(1) == 1"),
        ([">>> mod.f(1)", "1"], "assert f(1) == 1"),
        ([">>> from mod import f", ">>> f(1)", "1"], "assert f(1) == 1"),
        ([">>> print(f(1))", "1"], "assert str(f(1)) == '1'"),
        ([">>> f(int)", "<class 'int'>"], "assert repr(f(int)) == \"<class 'int'>\""),
        ([">>> y = f(2)", ">>> y + 1", "3"], "y = f(2)\nassert y + 1 == 3"),
        ([">>> from mod import f, g", ">>> f(g)", "1"], "from mod import g\nassert f(g) == 1"),
        ([">>> from mod import f as h", ">>> f(h)", "1"], "from mod import f as h\nassert f(h) == 1"),
        ([">>> f(1)  # doctest: -ELLIPSIS", "1"], "assert f(1) == 1"),
        (
            [">>> f(1)  # doctest: +NORMALIZE_WHITESPACE", "1"],
            f"import doctest\nassert doctest.OutputChecker().check_output('1\\n', repr(f(1)) + '\\n', {NORMALIZE})",
        ),
        (
            [">>> print(f(1))  # doctest: +NORMALIZE_WHITESPACE", "1"],
            f"import doctest\nassert doctest.OutputChecker().check_output('1\\n', str(f(1)) + '\\n', {NORMALIZE})",
        ),
        ([">>> print(f(1), 2)", "1 2", ">>> f(1)", "1"], "assert f(1) == 1"),  # of a print of more only the text tells
        ([">>> print(f(1), end='')", "1", ">>> f(1)", "1"], "assert f(1) == 1"),
        ([">>> print(*f(1))", "1", ">>> f(1)", "1"], "assert f(1) == 1"),
        ([">>> f(1); f(2)", "1", "2"], "f(1)\nassert repr(f(2)) == '1\\n2'"),
        ([">>> f(0)", "Traceback (most recent call last):", "mod.Odd: no", ">>> f(1)", "1"], "assert f(1) == 1"),
        ([">>> f(1)  # doctest: +SKIP", "2", ">>> f(1)", "1"], "assert f(1) == 1"),
    ],
)
def test_an_example_is_an_assert(examples, test):
    assert asserts(function(*examples))[0] == test + "\n"


def test_an_exception_that_is_shown_must_be_raised():
    text, _ = asserts(function(">>> f(1)", "Traceback (most recent call last):", "ValueError: no"))
    scope = {"f": int}
    with pytest.raises(AssertionError, match="no ValueError was raised"):
        exec(text, scope)
    exec(text, scope | {"f": lambda x: int("x")})


def test_names_from_elsewhere_are_told():
    assert asserts(function(">>> here = there", ">>> f(here) + len([])", "1"))[1] == {"f", "there"}


@pytest.mark.parametrize(
    ("examples", "message"),
    [([">>> f(1)"], "no doctest compares"), ([">>> g(1)", "1"], "no doctest compares"), ([">>> f(", "1"], "not parse")],
)
def test_doctests_that_tell_nothing_of_the_function_are_refused(examples, message):
    with pytest.raises(ValueError, match=message):
        asserts(function(*examples))


def test_names_are_bound_under_ifs_and_tries_but_not_inside_functions():
    body = ast.parse(
        "import a.b, c as d\n"
        "if x:\n    from e import f\nelse:\n    g = 1\n"
        "try:\n    h: int = 1\nexcept E:\n    i = 1\nfinally:\n    for j, k in z: pass\n"
        "def l():\n    inside = 1\n"
        "async def m():\n    inside = 1\n"
        "class n:\n    inside = 1\n"
        "while x:\n    def o():\n        inside = 1\n    async def p(): pass\n    class q: pass\nelse:\n    import r\n"
        "try: pass\nexcept E:\n    import s\nelse:\n    import t\nfinally:\n    import u\n"
        "with x as v:\n    import w.x\n"
        "match x:\n    case 1:\n        import y\n"
    ).body
    assert set(bound_names(body)) == set("adfghijklmnopqrstuvwy")
