"""Plain data crosses unchanged, arguments change in place, and everything else stays where it is."""

import pytest

from procure_kit.plain_data import Table, Values
from procure_kit.problems import Problem
from procure_kit.remote_errors import remote_error
from procure_kit.runner import run_tests
from procure_kit.wire import Unsendable


def problem(program: str, test: str) -> Problem:
    body = "".join(f"    {line}\n" for line in test.splitlines())
    return Problem("t", program, "\n", f"def check(candidate):\n{body}", "f")


VALUES = [
    "None", "True", "-1", "10 ** 30", "0.1", "-0.0", "float('inf')", "2 + 3j",
    "'é\\n\\ud800'", "b'\\x00x'", "bytearray(b'x')", "[1, [2, []]]", "(1, (2,), ())",
    "{'a': [1], 2: (3,), None: {}}", "{1, 'b', (2, 3)}", "frozenset({1, frozenset()})", "range(1, 10, 3)", "[[0]] * 3",
    "__import__('decimal').Decimal('1.10')", "__import__('fractions').Fraction(1, 3)",
    "__import__('collections').deque([1])",
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES)
def test_plain_data_round_trips(value):
    there = problem(f"def f(): return {value}", f"assert repr(candidate()) == repr({value})")
    assert run_tests(there.program, there).passed
    back = problem("def f(x): return x", f"value = {value}\nassert repr(candidate(value)) == repr(value)")
    assert run_tests(back.program, back).passed


CASES = {
    "not a number": ("def f(): return float('nan')", "x = candidate()\nassert type(x) is float and x != x"),
    "an integer of 5000 digits": ("def f(x): return x + 1", "assert candidate(10**5000) == 10**5000 + 1"),
    "changed in place": ("def f(x): x.append({1}); x[0][0] = 7", "a = [[1]]\ncandidate(a)\nassert a == [[7], {1}]"),
    "aliases stay aliases": ("def f(a, b): a.append(1); return a is b", "a = []\nassert candidate(a, a) and a == [1]"),
    "result is the argument": ("def f(d): d[1] = 1; return d", "d = {}\nassert candidate(d) is d and d == {1: 1}"),
    "changed although it raised": (
        "def f(xs): xs.clear(); raise KeyError('no')",
        "xs = [1]\ntry: candidate(xs)\nexcept KeyError as e: assert 'no' in str(e)\nassert xs == []",
    ),
    "keyword arguments": ("def f(a, *, b): return a - b", "assert candidate(3, b=1) == 2"),
    "generator": (
        "def f(n): yield from range(n)",
        "assert list(candidate(3)) == [0, 1, 2] and next(candidate(1)) == 0",
    ),
    "dict view": ("def f(d): return d.keys()", "assert sorted(candidate({2: 0, 1: 0})) == [1, 2]"),
    "function as result": ("def f(a): return lambda b: a + b", "assert candidate(1)(2) == 3"),
    "function as argument": (
        "def f(g, xs): return [g(x) for x in xs]",
        "assert candidate(lambda x: x + 1, [1]) == [2]",
    ),
    "iterator as argument": ("def f(xs): return sum(xs)", "assert candidate(iter([1, 2])) == 3"),
    "instance of its own class": (
        "class P:\n    def __init__(self, x): self.x = x\ndef f(x): return P(x)",
        "p = candidate(3)\nassert p.x == 3\nassert p != candidate(3)",
    ),
    "a subclass becomes its base": (
        "from collections import Counter\ndef f(s): return Counter(s)",
        "assert candidate('aab') == {'a': 2, 'b': 1}",
    ),
    "its own exception type": (
        "class Mine(Exception): pass\ndef f(): raise Mine('x')",
        "try: candidate()\nexcept Exception as e: assert 'Mine: x' in str(e)\nelse: assert False",
    ),
    "a key that is missing": (
        "def f(d): return d['k']",
        "try: candidate({})\nexcept KeyError as e: assert e.args == ('k',) and str(e) == \"'k'\"\nelse: assert False",
    ),
    "iterating a class of the program's": (
        "import enum\nclass Color(enum.Enum):\n    RED = 1\ndef f(): return 1",
        "assert [color.value for color in Color] == [candidate()]",
    ),
    "dataclass": (
        "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\ndef f(): return P(1).x",
        "assert candidate() == 1",
    ),
    "helper of the original": ("def g(x): return x + 1\ndef f(x): return g(x)", "assert candidate(1) == g(1)"),
    "same random numbers": (
        "import random\ndef f(): return random.random()",
        "import random\nrandom.seed(0)\nassert candidate() == random.random()",
    ),
}


@pytest.mark.parametrize(("program", "test"), CASES.values(), ids=CASES)
def test_boundary(program, test):
    given = problem(program, test)
    result = run_tests(given.program, given)
    assert result.passed, result.detail


@pytest.mark.parametrize(
    "mine",
    [
        "class Mine(Exception): pass\n",
        "class Mine(OSError): pass\n",
        "class Mine(Exception):\n    def __new__(cls, a, b=1): return super().__new__(cls, a)\n",
    ],
)
def test_an_exception_of_the_originals_own_type_is_caught_as_such(mine):
    test = "try: candidate()\n    except Mine as e: assert e.args == ('x',)\n    else: assert False"
    given = Problem("t", "", mine + "def f(): raise Mine('x')\n", f"def check(candidate):\n    {test}\n", "f")
    assert run_tests(given.program, given).passed
    assert run_tests(given.program.replace("raise Mine", "raise KeyError"), given).status == "tests_fail"


def test_an_argument_that_cannot_cross_is_refused():
    deep = problem("def f(x): return x", "x = []\nfor _ in range(200): x = [x]\ncandidate(x)")
    result = run_tests(deep.program, deep)
    assert result.status == "refused"
    assert "nested more than 150 deep may not cross" in result.detail


def decode(data: object) -> object:
    return Values().decode(data, Table())


FORGED = [
    ["pickle", "x"], ["list"], ["int", "zz"], ["ref", 0], ["yours", 3], {"a": 1}, ["set", [["list", []]]], [],
    ["fraction", "1/0"], ["fraction", "1e9"], ["handle", 0, "x"], ["str", "zz"],
]  # fmt: skip


@pytest.mark.parametrize("data", FORGED)
def test_what_no_encoder_sends_is_refused(data):
    with pytest.raises((ValueError, TypeError, IndexError, ArithmeticError)):
        decode(data)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("ValueError", ValueError), ("SystemExit", Exception), ("print", Exception), ("Unsendable", Unsendable)],
)
def test_exceptions_arrive_as_built_in_ones_or_remote(name, kind):
    error = remote_error(name, "why")
    assert isinstance(error, kind)
    assert isinstance(error, Exception)  # so that no candidate can end the oracle
