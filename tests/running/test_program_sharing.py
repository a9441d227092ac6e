"""What in a program's text could tell that its tests are elsewhere."""

import pytest

from procure_kit.running.program_sharing import telling


def found(program: str) -> str:
    return telling(program, compile(program, "<program>", "exec"))


@pytest.mark.parametrize(
    ("program", "why"),
    [
        ("def f(a, b): return a is b", "the program asks what `is` what"),
        ("def f(a, b):\n    def g(): return a is not b\n    return g()", "the program asks what `is` what"),
        ("def f(x): return None is x is f", "the program asks what `is` what"),
        ("def f(x): return id(x)", "the program uses id"),
        ("from operator import is_ as same\ndef f(a, b): return same(a, b)", "the program uses is_"),
        ("import sys\nf = lambda: sys._getframe(1)", "the program uses _getframe"),
        ("from inspect import stack\nf = stack", "the program uses inspect"),
        ("def f(): return 'check' in globals()", "the program uses globals"),
        ("import math as m\nm.pi = 3\ndef f(): return 1", "the program changes m.pi"),
        ("def f():\n    import json\n    del json.dumps", "the program changes json.dumps"),
        ("import collections.abc\ncollections.Counter = dict", "the program changes collections.Counter"),
    ],
)
def test_what_tells(program, why):
    assert found(program) == why


@pytest.mark.parametrize(
    "program",
    [
        "def f(x): return x is None or x is not True, type(x) is int, x.__class__ is f.__class__",
        "class A:\n    def __init__(self): self.x = 1\n    def stop(self): del self.x",
        "import math\ndef f(x):\n    'It is this, not that.'\n    return math.pi * x",
        "def f(x):\n    match x:\n        case None: return 0\n        case True: return 1",
    ],
)
def test_what_tells_nothing(program):
    assert found(program) == ""


def test_a_program_that_is_too_deep_for_a_tree_is_told_so():
    code = compile("def f(x): return x is f", "<program>", "exec")
    assert "too deep" in telling("+".join(["x"] * 30_000), code)
