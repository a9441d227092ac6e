"""Broken versions are broken, one node at a time."""

import ast
from itertools import islice

import pytest

from procure_kit.mutants import broken_versions


@pytest.mark.parametrize(
    ("body", "broken"),
    [
        ("return a < b", ["return None", "return a >= b"]),
        ("return a is not b", ["return None", "return a is b"]),
        ("x = 3", ["x = 4"]),
        ("return", []),
        ("return True", ["return None"]),
        ("yield a < b < 3", ["yield (a < b < 4)"]),
    ],
)
def test_one_node_at_a_time(body, broken):
    versions = list(broken_versions(f"def f(a, b):\n    {body}\n", "f"))
    assert versions[0][1].endswith("f = lambda *args, **kwargs: None\n")
    assert [program for _, program in versions[1:]] == [f"def f(a, b):\n    {line}" for line in broken]


def test_each_says_what_was_broken():
    (_, first), (what, _) = islice(broken_versions("def f(x):\n    return x\n", "f"), 2)
    assert what == "line 2 with 'return None'"
    assert ast.parse(first)
