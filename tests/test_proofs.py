"""The control tree changes no syntax tree, a failing test is put down to its cause, and mutants are what they say."""

import ast
from pathlib import Path

import pytest

import procure_kit as pk
from procure_kit.problems.problem import Problem
from tests.proofs import coverage, twins
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


FLIP = "def f(n):\n    if n < 0:\n        return 1\n    else:\n        return 2\n"
TEST = "def check(candidate):\n    assert candidate(-1) == 1\n    assert candidate(0) == 2\n"


def test_a_twin_that_breaks_is_counted_by_how_the_tests_see_it():
    problem, weak = (Problem("a", FLIP, "\n", test, "f") for test in (TEST, "def check(candidate): candidate(1)\n"))
    cf = pk.perturb(FLIP, "if_else_flip", task_id="a")
    rows = [twins.measure((cf, problem)), twins.measure((cf, weak))]
    assert [row["how"] for row in rows] == ["another result", ""] and len(rows[0]["sizes"]) == 2
    entry = twins.summary(rows)["if_else_flip"]
    assert (entry["counterfactuals"], entry["how"], entry["alike"]) == (2, {"another result": 1}, 1)
    page = twins.page({"set strict": {"command": "the command", "concepts": {"if_else_flip": entry}}})
    assert "| set | strict | `if_else_flip` | 2 | 1 | 1 | 0 | " in page and "Made by `the command`." in page
    assert "- set strict, `if_else_flip`, a, site 0: if_else_flip: of the 3 twins that were tried none breaks" in page


def test_coverage_counts_sites_where_there_are_no_tests():
    found = coverage.sites("strict", FLIP + "if f: f\n")
    assert found["if_else_flip", False] == found["if_else_flip", True] == 1 and found["mirrored_comparison", False] == 1
    assert coverage.sites("strict", "def f(:") == {("", True): 1}
    part = {"command": "c", "programs": 2, "unread": 1, "concepts": {"if_else_flip": [3, 1, 2, None]}}
    page = coverage.page({"set strict": part, "set procure": part | {"concepts": {"if_else_flip": [1, 0, 1, 1]}}})
    assert "| set | 2 (1 unread) | `if_else_flip` | 3 | 1 | 2 | – | 1 | 0 | 1 | 1 |" in page
    assert page.startswith("Made by `c`.") and "| not yet |" in coverage.page({"set strict": part})
