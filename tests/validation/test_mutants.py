"""Broken versions are broken, one node at a time."""

import ast
from itertools import islice

import pytest

from procure_kit.validation.mutants import broken_versions


@pytest.mark.parametrize(
    ("body", "broken"),
    [
        ("return a < b", ["return None", "return a >= b"]),
        ("return a is not b", ["return None", "return a is b"]),
        ("x = 3", ["x = 4"]),
        ("return", []),
        ("return True", ["return None"]),
        ("while a:\n        b = a", ["while not a:\n        b = a"]),
        ("b = a if b else 2", ["b = a if not b else 2", "b = a if b else 3"]),
        ("if True:\n        b = a", []),
        ("b = -1", ["b = -2"]),
        ("b = 1.5, 'x', None, False", []),
        ("yield a < b < 3", ["yield (a < b < 4)"]),
    ],
)
def test_one_node_at_a_time(body, broken):
    versions = list(broken_versions(f"def f(a, b):\n    {body}\n", "f"))
    assert versions[0].program.endswith("f = lambda *a, **k: None\n")
    assert [version.program for version in versions[1:]] == [f"def f(a, b):\n    {line}" for line in broken]


def test_each_says_what_was_broken():
    first, second = islice(broken_versions("def f(x):\n    return x\n", "f"), 2)
    assert second.what == "line 2 with 'return None'"
    assert ast.parse(first.program)


def test_a_program_is_broken_by_doing_nothing():
    first, second = broken_versions("if input() == 'x': print('y')\n", "")
    assert (first.program, second.program, second.branch) == ("", "if input() != 'x':\n    print('y')", True)


def test_what_is_nested_too_deep_to_be_written_is_left_alone():
    nothing, *others = broken_versions(f"def f(x):\n    return {'-' * 3_200}1\n", "f")
    assert nothing.program.startswith("def f(x)") and not others


def test_only_where_lines_say_so():
    program = "def f(x):\n    if x:\n        return 1\n    return x < 3\n"
    assert [v.what for v in broken_versions(program, "f", {2})][1:] == ["line 2 with 'if not x:'"]
    assert len(list(broken_versions(program, "f", {4}))) == 4


def test_what_turns_a_branch_is_told_from_what_breaks_a_value():
    program = "def f(a):\n    if a:\n        return a < 3\n    return [b for b in a if b not in (1,)]\n"
    told = {version.what.partition(" with ")[2]: version.branch for version in broken_versions(program, "f")}
    assert told == {
        "": False, "'if not a:'": True, "'return None'": False, "'a >= 3'": True, "'4'": False, "'b in (1,)'": True,
        "'2'": False,
    }  # fmt: skip


def test_a_mark_of_the_encoding_is_no_part_of_the_program():
    assert [version.program for version in broken_versions("\ufeffx = 1\n", "")] == ["", "x = 2"]
    with pytest.raises(SyntaxError):
        list(broken_versions("x = = 1", ""))
