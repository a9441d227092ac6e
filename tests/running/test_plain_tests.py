"""Tests that could leave a trace run in a fork, and those that look into the program's process are told apart."""

import builtins
import importlib

import pytest

from procure_kit.problems.problem import Problem
from procure_kit.running.plain_tests import BUILTINS, LONG, MODULES, traits
from procure_kit.running.runner import run_tests
from procure_kit.validation.problem_names import load_problems

PLAIN = [
    "def check(candidate):\n    assert candidate([1]) == [1]",
    "import math\nassert math.isclose(f(1), 1.0)",
    "from math import sqrt as root\nassert f(1) == root(1)",
    "try:\n    f(1)\nexcept ValueError:\n    pass\nelse:\n    assert False",
    "import random\ndef check(candidate):\n    for _ in range(3):\n        assert candidate(random.randint(0, 9))",
    "import numpy as np\nassert np.allclose(f(1), 1)",
]
TRACES = [
    "import os",
    "from os import path",
    "from math import *",
    "import math\nmath.pi = 3",
    "import math\nmath.__dict__['pi'] = 3",
    "import numpy as np\nnp.seterr(all='raise')",
    "import collections\ncollections.Counter.total = None",
    "print.__self__.len = None",
    "setattr(f, 'x', 1)",
    "exec('import os')",
    "open('x', 'w')",
    "try:\n    f(1)\nexcept:\n    pass",
    "try:\n    f(1)\nfinally:\n    pass",
    "with f(1):\n    pass",
    "class A:\n    pass",
    "def g():\n    yield f(1)",
    "import functools\n@functools.cache\ndef g(): pass",
    "try:\n    f(1)\nexcept BaseException:\n    pass",
]


@pytest.mark.parametrize("source", PLAIN)
def test_plain(source):
    assert traits(source, "f").plain


@pytest.mark.parametrize("source", TRACES)
def test_leaves_a_trace(source):
    assert not traits(source, "f").plain


@pytest.mark.extras
def test_nearly_all_of_humaneval_is_plain():
    assert sum(not traits(p.test, p.entry_point).plain for p in load_problems("humaneval")) <= 2


HONEST = "def f(x):\n    return x + 1\n"


@pytest.mark.parametrize(
    "mess",
    [
        "import builtins\nbuiltins.len = lambda x: 0",
        "import math\nmath.pi = 3",
        "import sys\nsys.setrecursionlimit(60)",
        "import os\nos.chdir('/')",
        "import random\nrandom.random = lambda: 2",
        "def g(x):\n    return len(x)\ndef check(candidate):\n    global len\n    len = g",
    ],
)
def test_what_tests_change_is_gone_for_the_next(mess):
    test = """import math, random
assert random.random() < 1
def check(candidate):
    assert (candidate(1), len('ab'), int(math.pi * 100)) == (2, 2, 314)
"""
    dirty = Problem("d", HONEST, "\n", mess + "\nassert f(1) == 2\n", "f")
    clean = Problem("c", HONEST, "\n", test, "f")
    assert run_tests(HONEST, dirty).status in ("passed", "tests_fail", "crashed")
    assert run_tests(HONEST, clean).passed


@pytest.mark.parametrize(
    ("test", "ending"),
    [
        ("while True: pass", "timeout"),
        ("try:\n    while True: pass\nexcept: pass", "timeout"),
        ("while True:\n    try:\n        while True: pass\n    except: pass", "timeout"),
        ("import os\nos._exit(0)", "crashed"),
        ("x = [0] * 10**10", "tests_fail"),
        ("raise SystemExit", "tests_fail"),
        ("def (", "tests_fail"),
    ],
)
@pytest.mark.slow
def test_tests_that_do_not_end_are_ended(test, ending):
    limit = 0.3 if ending == "timeout" else 5
    assert run_tests(HONEST, Problem("t", HONEST, "\n", test, "f"), timeout=limit).status in ending.split("|")
    assert run_tests(HONEST, Problem("t", HONEST, "\n", "assert f(1) == 2", "f")).passed


INSIDE = {
    "inspect": "import inspect\ndef check(candidate):\n    assert 'return' in inspect.getsource(candidate)",
    "docstring": "def check(candidate):\n    assert candidate.__doc__ is None\n    assert candidate(1) == 2",
    "instance": "assert isinstance(f(1), P)",
    "member": "assert f(1) != P.red",
    "new instance": "assert f(1) != P(1)",
    "patching": "from unittest.mock import patch\nassert f(1) == 2",
}


@pytest.mark.parametrize("test", INSIDE.values(), ids=INSIDE)
def test_tests_that_need_the_programs_own_process(test):
    program = "class P(int):\n    red = 7\ndef f(x):\n    return P(x + 1)\n"
    problem = Problem("t", program, "\n", test, "f")
    refused = run_tests(program, problem)
    assert (refused.passed, refused.status) == (False, "needs_own_process")
    assert "not run by default" in refused.detail
    allowed = run_tests(program, problem, own_process=True)
    assert allowed.status == ("tests_fail" if "getsource" in test else "passed_in_own_process"), allowed
    honest = Problem("t", program, "\n", "def check(candidate):\n    assert candidate(1) == 2\n", "f")
    assert run_tests(program, honest, own_process=True).status == "passed"


@pytest.mark.extras
def test_what_is_known_to_leave_no_trace_is_there():
    assert all(hasattr(builtins, name) for name in BUILTINS)
    for module, names in MODULES.items():
        assert all(hasattr(importlib.import_module(module), name) for name in names), module
        some = min(names)
        assert traits(f"import {module}\n{module}.{some}").plain and traits(f"from {module} import {some}").plain
        assert not traits(f"import {module}\n{module}.other").plain and not traits(f"from {module} import other").plain
        assert not traits(f"from .{module} import {some}").plain


@pytest.mark.parametrize(
    ("body", "calls"),
    [
        ("assert candidate(1, x=[2]) == 3\nassert not candidate('a')", [((1,), {"x": [2]}), (("a",), {})]),
        ("import math\nprint(2)\nassert math.isclose(candidate(), 1)", [((), {})]),
        ("assert candidate(1) == 1\nx = 2\nassert candidate(2) == 2", [((1,), {})]),  # only from the beginning
        ("assert candidate(1) == 1, 'why'", []),  # what it says may call it again
        ("assert candidate(candidate(1)) == 1", []),
        ("assert candidate(1) == candidate(1)", []),
        ("assert candidate is not None", []),
        ("assert candidate(x) == 1", []),
        ("assert candidate(*[1]) == 1", []),
        ("assert candidate(**{'x': 1}) == 1", []),
        ("assert x and candidate(1)", []),  # it may not come to that
        ("assert candidate(1) if x else 2", []),
        ("assert (lambda: candidate(1))", []),
        ("assert [candidate(1) for _ in x]", []),
        ("assert {candidate(1) for _ in x}", []),
        ("assert {1: candidate(1) for _ in x}", []),
        ("assert any(candidate(1) for _ in x)", []),
        ("candidate(1)\nassert candidate(2)", []),
        ("for _ in x:\n    assert candidate(1)", []),
    ],
)
def test_the_calls_that_tests_begin_with_whatever_comes_of_them(body, calls):
    text = "".join(f"    {line}\n" for line in body.splitlines())
    assert traits(f"def check(candidate):\n{text}", "f").ahead == calls
    assert traits(body.replace("candidate", "f"), "f").ahead == calls
    assert traits(f"def check(candidate, more):\n{text}", "f").ahead == []
    assert traits(f"def check(candidate):\n{text}\ndef check(candidate): pass", "f").ahead == []
    assert traits(f"def check(candidate):\n{text}# {'x' * LONG}", "f").ahead == []


@pytest.mark.parametrize(
    ("source", "free"),
    [
        ("assert f(1) == g(len(h))", ("g", "h")),
        ("import a.b\nfrom c import d as e\nassert f(a, e, d)", ("d",)),
        ("def k(p, *q, r=s):\n    return p, q, r\nassert k(f)", ("s",)),
        ("class A: pass\ntry: A\nexcept E as e: e", ("E",)),
        ("for i in x: i\ndel i", ("x",)),
    ],
)
def test_the_names_that_tests_take_from_elsewhere(source, free):
    assert traits(source, "f").free == free
    assert not traits(source, "f").check


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("import gc", "import gc"),
        ("import unittest.mock", "import unittest.mock"),
        ("from inspect import getsource", "import inspect"),
        ("import json.inspect", ""),
        ("def check(candidate):\n    candidate.__code__", "read candidate.__code__"),
        ("f.__name__", "read f.__name__"),
        ("f.name", ""),
        ("g.__name__", ""),
        ("isinstance(f(1), (int, P))", "instances of P"),
        ("isinstance(f(1), int)", ""),
        ("f(1) == P.red", "compare with P.red"),
        ("1 < f(1) < P(2)", "compare with an instance of P"),
        ("f(1) == p(2)", ""),
        ("f(1) == Fraction(2)\nfrom fractions import Fraction", ""),
    ],
)
def test_why_tests_need_the_programs_own_process(source, why):
    told = traits(source, "f").inside
    assert why in told if why else told == ""
