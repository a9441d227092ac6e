"""Tests that could leave a trace run in a fork, and those that look into the program's process are told apart."""

import pytest

from procure_kit.plain_tests import traits
from procure_kit.problems import Problem, load_problems
from procure_kit.runner import run_tests

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
