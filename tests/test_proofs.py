"""The control tree changes no syntax tree, a failing test is put down to its cause, and mutants are what they say."""

import ast
from pathlib import Path

import pytest

from tests.proofs.mutations import mutations
from tests.proofs.suites import as_table, judge, read_junit, remarked

PROGRAM = '''"""Doc # no comment
string."""
import os; x = 1
if x: y = "#"
def f(a,  # why
      b):
    return f"""{a}
    {b}""" \\
        "c"
'''


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_the_control_is_the_same_program(newline):
    data = PROGRAM.replace("\n", newline).encode()
    other = remarked(data)
    assert ast.dump(ast.parse(other)) == ast.dump(ast.parse(data))
    assert b"import os; x = 1  # as before" in other
    assert len(other.splitlines()) == len(data.splitlines()) + 5


def test_the_control_of_real_modules():
    for path in (Path("procure_kit/analysis/scopes.py"), Path("procure_kit/analysis/effects.py")):
        assert ast.dump(ast.parse(remarked(path.read_bytes()))) == ast.dump(ast.parse(path.read_bytes()))


def test_each_failure_has_its_cause():
    results = {
        "original": {"a": "passed", "b": "passed", "c": "passed", "d": "skipped", "e": "Error: is broken"},
        "control": {"a": "passed", "b": "AssertionError: line 3", "c": "passed", "d": "skipped", "e": "Error"},
        "syntactic": {"a": "passed", "b": "AssertionError: line 4", "e": "Error"},
    }
    found = judge(results, "syntactic")
    assert (found["tests"], found["passed"]) == (3, 1)
    assert [row["test"] for row in found["looks_at_source_text"]] == ["b"]
    assert found["behaviour_changes"] == [{"test": "c", "failure": "was not run", "control": "passed"}]
    table = as_table([{"suite": "s", "soundness": "syntactic", "sites": {"if_else_flip": 7}} | found])
    assert "| s, `syntactic` | 7 | 3 | 1 | 1 | 1 |" in table and "- `c`: was not run" in table


def test_junit_results_are_read(tmp_path):
    path = tmp_path / "junit.xml"
    path.write_text(
        '<testsuites><testsuite><testcase classname="m.C" name="one"/><testcase name="two"><skipped/></testcase>'
        '<testcase name="three"><failure>Traceback\nValueError: no\n</failure></testcase></testsuite></testsuites>'
    )
    assert read_junit(path) == {"m.C.one": "passed", "two": "skipped", "three": "ValueError: no"}


@pytest.mark.parametrize(
    ("source", "changed"),
    [
        ("a + b", ["a - b"]),
        ("a and b", ["a or b"]),
        ("a < b < c", ["a <= b < c"]),
        ("f(3, 'x', True)", ["f(2, 'x', True)", "f(3, '', True)", "f(3, 'x', False)"]),
        ("x = y", ["pass"]),
        ("x += y", ["x -= y", "pass"]),
        ("def g(): return f(a, b)", ["def g():\n    return a"]),
    ],
)
def test_each_mutation_changes_one_node(source, changed):
    assert {*mutations(source)} - {"pass"} == {*changed} - {"pass"}
