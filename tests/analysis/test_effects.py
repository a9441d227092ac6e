"""Types that the text proves, and what evaluating code can do besides giving a value."""

import builtins
import contextlib

import libcst as cst
import pytest

from procure_kit.analysis.analysis import analyse
from procure_kit.analysis.effects import ACTS, INERT, PURE_BUILTINS, PURE_METHODS, READS, effect_of
from procure_kit.analysis.inference import METHODS, RETURNS, kind
from procure_kit.analysis.statement_effects import statement_effect

SETUP = "def f(a, b):\n    n = 1\n    s = 'x'\n    z = 0.5\n    xs = [a]\n"


def value_of(expression, setup=SETUP):
    """The analysis, and the node of an expression at the end of a function."""
    analysis = analyse(f"{setup}    return {expression}\n")
    return analysis, [node for node in analysis.nodes if isinstance(node, cst.Return)][-1].value


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1", "int"), ("True", "int"), ("None", "none"), ("1.5", "float"), ("b'c'", "bytes"),
        ("'a' 'b'", "str"), ("f'a{b}'", "str"), ("f'{b}'", None), ("[1]", "list"), ("(1, 2)", "tuple"),
        ("{}", "dict"), ("{1}", "set"), ("n + 1", "int"), ("n / 2", "float"), ("n ** 2", "int"), ("n ** -n", None),
        ("2 * z", "float"), ("s + 'y'", "str"), ("s * n", "str"), ("xs + [2]", "list"), ("s % a", None),
        ("-n", "int"), ("not a", "int"), ("n < 2", "int"), ("a < 2", None), ("a in b", "int"), ("a is b", "int"),
        ("len(a)", "int"), ("sorted(a)", "list"), ("str(a)", None), ("abs(n)", "int"), ("abs(a)", None),
        ("max(n, 2)", "int"), ("max(xs)", None), ("s.split()", "list"), ("s.find(a)", "int"), ("a.find(s)", None),
        ("s[0]", "str"), ("xs[0]", None), ("xs[1:]", "list"), ("n if a else 2", "int"), ("n if a else s", None),
        ("n or len(s)", "int"), ("a", None), ("int(a)", "int"), ("[q for q in a]", "list"), ("lambda: 1", None),
        ("'' f'{b}'", None), ("b'c'[0]", "int"), ("b'c'[a]", None), ("range(3)[n]", "int"), ("range(3)[a]", None),
        ("xs < [2]", None), ("xs == [2]", "int"), ("(1,) <= (a,)", None), ("s[a]", "str"), ("b'c'[:]", "bytes"),
    ],
)  # fmt: skip
def test_kind(expression, expected):
    assert kind(*value_of(expression)) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("x = 0\nwhile a:\n    x += 1", "int"),
        ("x = 0\nwhile a:\n    x += 0.5", None),
        ("x = 0\nwhile a:\n    x = x * 2 + len(b)", "int"),
        ("x = 0\ny = 0\nwhile a:\n    x = y\n    y = y / 2", None),
        ("x = 0\nfor x in range(9): pass", "int"),
        ("for x in 'abc': pass", "str"),
        ("for x in a: pass", None),
        ("for x, y in enumerate(a): pass", "int"),
        ("for y, x in enumerate('abc'): pass", "str"),
        ("x, y = 1, 'a'", "int"),
        ("x, y = a", None),
        ("x = a", None),
        ("x = 1\ng = lambda: x", None),
    ],
)
def test_kind_of_a_variable(body, expected):
    setup = "def f(a, b):\n" + "".join(f"    {line}\n" for line in body.splitlines())
    assert kind(*value_of("x", setup)) == expected


def test_a_shadowed_builtin_proves_nothing():
    assert kind(*value_of("len(a)", "len = str\ndef f(a):\n")) is None
    assert kind(*value_of("len(a)", "from m import *\ndef f(a):\n")) is None
    assert kind(*value_of("len(a)", "import builtins\nbuiltins.len = str\ndef f(a):\n")) is None
    assert kind(*value_of("len(a)", "globals()['len'] = str\ndef f(a):\n")) is None


@pytest.mark.parametrize(
    ("expression", "level"),
    [
        ("1", INERT), ("a", INERT), ("[a, 'x']", INERT), ("{'k': a}", INERT), ("{a: 1}", READS), ("{a}", READS),
        ("n + 1", INERT), ("n + a", READS), ("n % 2", INERT), ("n % a", READS), ("n // 0", READS), ("s + 'x'", INERT),
        ("xs[0]", READS), ("a.b", READS), ("len(xs)", READS), ("print(a)", ACTS), ("a.pop()", ACTS),
        ("a.strip()", READS), ("a.strip(b())", ACTS), ("sorted(a, key=lambda q: -q)", READS),
        ("sorted(a, key=lambda q: b(q))", ACTS), ("sorted(a, key=len)", READS), ("sorted(a, key=b)", ACTS),
        ("map(b, a)", ACTS), ("map(int, a)", READS), ("map(str.strip, a)", READS), ("lambda: g()", INERT),
        ("lambda q=g(): 1", ACTS), ("f'{s}'", INERT), ("f'{n}'", READS),
        ("f'{a}'", READS), ("f'{g()}'", ACTS), ("[q for q in a]", READS),
        ("[g(q) for q in a]", ACTS), ("not a", READS), ("not n", INERT), ("a and b", READS), ("n and b", INERT),
        ("n < 2", INERT), ("a < b", READS), ("a is b", INERT), ("g", READS), ("(yield)", ACTS), ("(*a, 1)", READS),
        ("late", READS), ("a.get(b)", READS), ("a.get()", ACTS), ("os.replace(a, b)", ACTS), ("math.sqrt(a)", READS),
        ("a.replace(b)", ACTS), ("a.replace('x', b)", READS),
        ("list(it)", ACTS), ("sum(g for g in it)", ACTS), ("[q for q in it]", ACTS), ("a in it", ACTS), ("[*it]", ACTS),
        ("zip(it, a)", ACTS), ("', '.join(it)", ACTS), ("id(it)", READS), ("it", INERT), ("list(zip(a, b))", READS),
        ("(w := 1)", INERT), ("(w := g())", ACTS), ("sorted(a, key=None)", READS), ("min(a, b, key=g)", ACTS),
        ("-a", READS), ("-n", INERT), ("~n", INERT), ("~z", READS), ("-z", INERT), ("n or g()", ACTS),
        ("a or 1", READS),
        ("1 if n else a", INERT), ("1 if a else n", READS), ("n < 2 < z", INERT), ("n < s", READS), ("n == s", INERT),
        ("n == a", READS), ("n in xs", READS), ("n - 1", INERT), ("z + 1", READS), ("n / 1", READS), ("s - s", READS),
        ("n // 2", INERT), ("n << 1", READS), ("{**a}", READS), ("[*a]", READS), ("{s: a}", INERT), ("{n}", INERT),
        ("f'{s!r}'", READS), ("f'{s:>3}'", READS), ("'a' 'b'", INERT), ("await_", READS), ("filter(None, a)", READS),
        ("map()", READS), ("map(lambda q: g(q), a)", ACTS), ("map(a.strip, b)", ACTS), ("math.pi.real(a)", READS),
        ("a.count(b)", READS), ("a.count()", ACTS), ("a.index(b)", READS), ("a.index()", ACTS), ("a.copy()", READS),
        ("a.copy(b)", ACTS), ("a.append(b)", ACTS), ("', '.join()", ACTS), ("max(it)", ACTS), ("bool(it)", READS),
        ("list(again)", ACTS), ("os.path.join(a)", ACTS), ("', '.join(a)", READS),
    ],
)  # fmt: skip
def test_effect_level(expression, level):
    setup = "import math, os\n" + SETUP + "    it = iter(a)\n    again = it\n    if a:\n        late = 1\n"
    assert effect_of(*value_of(expression, setup)).level == level


@pytest.mark.parametrize(
    ("statement", "level"),
    [
        ("x = 1", INERT), ("x: int = 1", INERT), ("x = y = []", INERT), ("x, y = 1, a", INERT), ("x, y = a", READS),
        ("x[0] = 1", ACTS), ("x.y = 1", ACTS), ("n += 1", INERT), ("n += a", READS), ("xs += [1]", ACTS),
        ("a += 1", ACTS), ("shared = 1", READS), ("print()", ACTS), ("x = a[0]", READS),
        ("x, y = it", ACTS), ("x = it", INERT), ("x, *y = it", ACTS), ("n += sum(it)", ACTS),
    ],
)  # fmt: skip
def test_effect_of_a_statement(statement, level):
    analysis = analyse(f"{SETUP}    it = open(a)\n    {statement}\n    return lambda: shared\n")
    line = next(block for block in analysis.blocks if block.scope.kind == "function").body[5]
    assert statement_effect(analysis, line.body[0]).level == level


# Built-ins that change something, run what they are given, or take an element away; `super` and the like need a class.
ACTING = {
    "aiter", "anext", "breakpoint", "bytearray", "classmethod", "compile", "delattr", "dir", "eval", "exec", "getattr",
    "globals", "input", "iter", "locals", "memoryview", "next", "object", "open", "print", "property", "setattr",
    "staticmethod", "super", "vars",
    "copyright", "credits", "exit", "help", "license", "quit",  # the site module's
}  # fmt: skip


def test_every_built_in_function_is_known_to_act_or_not_to():
    there = {name for name in dir(builtins) if name[0].islower() and callable(getattr(builtins, name))}
    assert there - PURE_BUILTINS <= ACTING and there - ACTING >= PURE_BUILTINS


@pytest.mark.parametrize("kind", [str, bytes, tuple, frozenset, float])
def test_every_method_of_a_type_that_cannot_change_is_pure_or_makes_another_type(kind):
    others = {"format_map", "maketrans", "fromhex", "hex", "as_integer_ratio", "conjugate", "from_number"}
    assert {name for name in vars(kind) if name.islower() and name[0] != "_"} - PURE_METHODS - {
        "real",
        "imag",
    } <= others


@pytest.mark.parametrize(("value", "argument"), [([3, 1], 1), ({1: 2}, 1), ({1, 2}, {2}), (bytearray(b"ab"), b"a")])
def test_no_pure_method_changes_what_it_is_called_on(value, argument):
    before = repr(value)
    for name in sorted(PURE_METHODS & set(dir(value))):
        for arguments in ((), (argument,)):
            with contextlib.suppress(TypeError, ValueError):
                getattr(value, name)(*arguments)
            assert repr(value) == before, name


@pytest.mark.parametrize(
    ("body", "level"),
    [
        ("n = 1\nn += 1", INERT),
        ("if a:\n    n = 1\nn += 1", READS),  # it may be unbound
        ("n = 1\nn //= 0", READS),
        ("n = 's'\nn += 't'", INERT),
        ("x: g() = 1", ACTS),
        ("x: a = 1", INERT),
        ("x = y = g()", ACTS),
        ("(x, y), z = (1, 2), 3", INERT),
        ("(x, y), z = a, 3", READS),
        ("x, *y = 1, 2", READS),
        ("x, y = 1, 2, 3", READS),
        ("[x, a.b] = 1, 2", ACTS),
        ("a.b += 1", ACTS),
    ],
)
def test_effect_of_the_last_statement(body, level):
    analysis = analyse("def f(a, b):\n" + "".join(f"    {line}\n" for line in body.splitlines()))
    statement = next(block for block in analysis.blocks if block.scope.kind == "function").body[-1]
    assert statement_effect(analysis, statement.body[0]).level == level


SAMPLES = {"str": "'ab'", "list": "[1]", "tuple": "(1,)", "dict": "{1: 2}", "set": "{1}"}


def result_of(call: str) -> str | None:
    """The name of the type that a call gives, with the first arguments that it takes."""
    for arguments in ("", "'a'", "['a']", "'a', 'b'", "1", "b'ab'", "int, object", "1, 'a'", "None, [1]", "__file__"):
        with contextlib.suppress(TypeError, ValueError, AttributeError):
            made = type(eval(f"{call}({arguments})")).__name__
            return "int" if made == "bool" else made
    return None


@pytest.mark.parametrize(("kind_of_it", "methods"), [(k, m) for k, m in METHODS.items()])
def test_methods_return_what_the_table_says(kind_of_it, methods):
    for name, returned in methods.items():
        assert result_of(f"{SAMPLES[kind_of_it]}.{name}") == returned, name
        assert kind(*value_of(f"{SAMPLES[kind_of_it]}.{name}()")) == returned, name


def test_built_in_functions_return_what_the_table_says():
    for name, returned in RETURNS.items():
        assert kind(*value_of(f"{name}(a)")) == returned, name
        if returned != "iterator":
            assert result_of(name) == returned, name
    assert {name for name, returned in RETURNS.items() if returned == "iterator"} == ITERATORS


ITERATORS = {"enumerate", "filter", "iter", "map", "open", "reversed", "zip"}
