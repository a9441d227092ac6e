"""The control tree changes no syntax tree, a failing test is put down to its cause, and mutants are what they say."""

import ast
import json
from pathlib import Path

import pytest

import procure_kit as pk
from procure_kit.problems.problem import Problem
from procure_kit.problems.sets import NEAR_COPIES
from procure_kit.validation.problem_names import load_problems
from tests.benchmarks import runner_parts
from tests.proofs import coverage, near_copies, program_sets, twins, written
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


GCD = "def greatest(a: int, b: int) -> int:\n    while b:\n        a, b = b, a % b\n    return a\n"
RENAMED = '''
class Fraction:
    @staticmethod
    def g(x, y):
        """Words."""
        # a comment
        while y:
            x, y = y, x % y
        return x

def main_solution(n):
    return Fraction.g(n, 12)
'''


def test_a_near_copy_is_the_same_function_by_other_names():
    known = near_copies.Known([Problem("h/13", GCD, "\n", "", "greatest")])
    assert known.nearest(RENAMED) == {"function": "g", "of": "h/13", "its": "greatest", "share": 1.0}
    longer = known.nearest(RENAMED.replace("return x\n", "return abs(x)\n"))
    assert near_copies.SHARE < longer["share"] < 1
    other = known.nearest(RENAMED.replace("x, y = y, x % y", "y = y - 1 if y > 0 else y + 1"))
    assert other is None or other["share"] < near_copies.NEAREST
    assert known.nearest("x = 1\n") is None


@pytest.mark.slow
@pytest.mark.extras
def test_the_committed_near_copies_are_those_of_the_rule():
    """Of those that it names, and of some others: to compare all takes a quarter of a minute."""
    committed = json.loads(NEAR_COPIES.read_text())
    known = near_copies.Known(load_problems("humaneval"))
    assert committed["rule"] == near_copies.RULE
    for name in ("codeio", "cruxeval"):
        problems = load_problems(name, near_copies=True)
        named = committed["left out"].get(name, {}) | committed["nearest kept"].get(name, {})
        for problem in [p for n, p in enumerate(problems) if p.task_id in named or n % 50 == 0]:
            best, told = known.nearest(problem.program), named.get(problem.task_id)
            if told is None:
                assert best is None or best["share"] < near_copies.NEAREST
            else:
                left_out = problem.task_id in committed["left out"].get(name, {})
                assert round(best["share"], 2) == told["share"] and left_out == (best["share"] >= near_copies.SHARE)


def test_what_a_set_gives_is_counted(tmp_path):
    row = {
        "task_description": "Its sign.",
        "input_output_spec": "`n`",
        "code_sample": FLIP.replace("f(n)", "main_solution(n)"),
    }
    row["input_generator"] = "def generate_inputs(rng):\n    return {'n': rng.randint(-9, 9)}\n"
    missing = row | {"code_sample": "import no_such\n" + row["code_sample"]}
    path = tmp_path / "set.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in (row, missing, {})))
    found = program_sets.measure(str(path), every=1, workers=1)
    assert (found["load"], found["bad rows"], found["looked at"]) == (2, 1, 2)
    assert found["settled"] == {"settled": 1, "not_installed: no_such": 1}
    assert found["perturb"]["if_else_flip"] == {"rewritten": 2}
    assert found["validate"]["if_else_flip"] == {"valid_on_inputs": 1, "not_installed": 1}
    page = program_sets.page({"set": found})
    assert "| `if_else_flip` | 2 | 2 | 2 | 1 | 1 not_installed |" in page and "2 problems load; 1 rows cannot" in page


@pytest.mark.extras
def test_what_models_wrote_is_kept_once_and_put_back_behind_its_prompt(tmp_path, monkeypatch):
    problems, path, asked = load_problems("mbpp")[:13], tmp_path / "written.jsonl", []

    def complete(model, tokenizer, cuts, samples, **_):
        asked.append(len(cuts))
        return [[f"x):\n    return {number}\n" for number in range(samples)] for _ in cuts]

    monkeypatch.setattr(written, "complete", complete)
    written.write("a", None, None, problems[:2], path)
    written.write("a", None, None, problems, path)
    written.write("b", None, None, problems[:1], path)
    assert asked == [2, 10, 1, 1]
    found = list(written.programs(path))
    assert [problem for _, problem in found] == [problem for problem in [*problems, problems[0]] for _ in range(2)]
    names: dict = {}
    exec(found[1][0], names)
    assert names[problems[0].entry_point](5) == 1


def test_where_the_time_goes_is_counted_by_process():
    found = {"kit": {"caller": [1.0, 2]}, "levels": {"process": [1.0, 2]}}
    found["peers"] = {"bare fork": [3.0, 4], "no fork": [5.0, 6]}
    other = found | {"kit": {"caller": [3.0, 4]}}
    assert runner_parts.medians([found, other, other])["kit"] == {"caller": [3.0, 4]}
    assert "| caller | 1.0 | 2 | what calls the kit" in runner_parts.table(found)
    spent = [0.0, 0]
    assert runner_parts.differences(lambda: {"all": list(spent)}, lambda: spent.__setitem__(0, 0.5), 10) == {
        "all": [50.0, 0]
    }
