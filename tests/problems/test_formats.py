"""Rows of each official format become problems whose originals pass."""

import ast
import gzip
import json
from dataclasses import replace
from unittest import mock

import pytest

from procure_kit.problems.codecontests import tolerance_in
from procure_kit.problems.fields import docstring
from procure_kit.problems.formats import problem_of
from procure_kit.problems.problem import FIELDS
from procure_kit.problems.rows import read_rows
from procure_kit.running.runner import run_tests
from procure_kit.shipped import DATA
from procure_kit.validation.problem_names import load_problems

FILES = ("mbpp.jsonl", "mbpp_sanitized.jsonl", "codecontests.jsonl", "humanevalplus.jsonl")
FULL = {
    "task_id": 7,
    "text": 'Say """hi"""\\n.',
    "code": "import math\r\ndef root(x):\r\n    return math.sqrt(x)\r\n",
    "test_setup_code": "",
    "test_list": ["assert math.isclose(root(4), 2.0)", "assert root(0) == 0"],
    "challenge_test_list": [],
}
CONTEST = {
    "name": "a",
    "description": "Add two numbers.",
    "public_tests": {"input": ["1 2\n"], "output": ["3\n"]},
    "private_tests": {"input": ["5 5\n", "1 2\n"], "output": ["10\n", "3\n"]},
    "generated_tests": {"input": [], "output": []},
    "solutions": {
        "language": [1, 3, 3, 2],
        "solution": [
            "print input()",
            "print input()",
            "a, b = map(int, input().split())\nprint(a + b)\n",
            "int main(){}",
        ],
    },
    "time_limit": {"seconds": 1, "nanos": 500_000_000},
}


@pytest.mark.parametrize("name", [*FILES[:3], pytest.param(FILES[3], marks=pytest.mark.extras)])  # numpy
def test_the_kits_own_files_pass(name):
    problems = load_problems(DATA / name)
    assert len(problems) >= 3
    for problem in problems:
        compile(problem.program, problem.task_id, "exec")
        result = run_tests(problem.program, problem, timeout=5)
        assert result.passed, (problem.task_id, result)


def test_mbpp_full():
    problem = problem_of(FULL)
    assert (problem.task_id, problem.entry_point) == ("MBPP/7", "root")
    assert "\r" not in problem.program
    assert eval(problem.prompt) == '\nSay """hi"""\\n.\nassert math.isclose(root(4), 2.0)\n'
    assert run_tests(problem.program, problem).passed
    assert run_tests("def root(x): return x", problem).status == "tests_fail"


def test_mbpp_sanitized_gives_its_imports_to_tests_and_program():
    row = {"task_id": 8, "prompt": "Root.", "code": "def root(x):\n    return math.sqrt(x)\n"}
    problem = problem_of(row | {"test_imports": ["import math"], "test_list": FULL["test_list"]})
    assert problem.setup == "import math\n"
    assert run_tests(problem.program, problem).passed


def test_mbpp_without_reference_code():
    test = "\n".join(FULL["test_list"])
    problem = problem_of({"task_id": "MBPP/7", "prompt": "Root.", "test": test})
    assert (problem.entry_point, problem.canonical_solution) == ("root", "")
    assert run_tests("import math\ndef root(x): return math.sqrt(x)", problem).passed
    forged = "class math:\n    isclose = staticmethod(lambda *a: True)\ndef root(x): return 0"
    assert run_tests(forged, problem).status == "needs_own_process"


def test_mbpp_set_up_code_builds_objects_of_the_programs_own_class():
    problem = next(p for p in load_problems(DATA / "mbpp.jsonl") if p.entry_point == "tree_sum")
    assert "Node(5)" in problem.setup
    renamed = problem.program.replace("left = tree", "one = tree").replace("+ left", "+ one")
    assert run_tests(renamed, problem).passed
    assert run_tests(problem.program.replace("+ right", "+ 0"), problem).status == "tests_fail"


@pytest.mark.parametrize(
    ("code", "tests"), [("def sum(a, b): return a + b", ["assert sum(1, 2) == 3"]), ("", ["assert sum(1, 2) == 3"])]
)
def test_a_function_may_be_called_like_a_built_in_one(code, tests):
    problem = problem_of({"task_id": 1, "text": "", "code": code, "test_list": tests})
    assert problem.entry_point == "sum"
    assert run_tests("def sum(a, b): return a + b", problem).passed


def test_codecontests():
    problem = problem_of(CONTEST)
    assert problem.cases == (("1 2\n", "3\n"), ("5 5\n", "10\n"))
    assert problem.canonical_solution.startswith("a, b = ")  # the first PYTHON3 one that parses
    assert (problem.time_limit, problem.tolerance, problem.any_case) == (1.5, 0.0, False)
    assert run_tests(problem.program, problem).passed


def test_codecontests_in_other_languages_has_no_original():
    assert problem_of(CONTEST, languages=("JAVA",)).canonical_solution == ""
    with pytest.raises(ValueError, match="unknown language 'RUBY'"):
        problem_of(CONTEST, languages=("RUBY",))


def test_codecontests_as_lists_of_objects():
    row = CONTEST | {"public_tests": [{"input": "1 2\n", "output": "3\n"}], "private_tests": None}
    row["solutions"] = [{"language": "PYTHON3", "solution": "print(3)"}]
    problem = problem_of(row)
    assert (problem.cases, problem.canonical_solution) == ((("1 2\n", "3\n"),), "print(3)\n")


@pytest.mark.parametrize(
    ("text", "tolerance"),
    [
        ("absolute or relative error does not exceed 10^{-6}.", 1e-6),
        ("an error of at most 10 - 9 is allowed", 1e-9),
        ("should not contain an absolute error greater than 1e-4", 1e-4),
        ("with a precision of 0.001", 1e-3),
        ("Your answer must have an absolute or relative error of at most $10^{-5}$", 1e-5),
        ("numbers up to 10^-6 are possible", 0.0),
        ("print the terrors of 10 lands", 0.0),
        ("", 0.0),
    ],
)
def test_tolerance(text, tolerance):
    assert tolerance_in(text) == pytest.approx(tolerance)


@pytest.mark.parametrize(
    ("text", "any_case"),
    [
        ("You can print each letter in any case.", True),
        ("print it in any case", False),
        ("in any case (upper or lower)", True),
    ],
)
def test_any_case(text, any_case):
    assert problem_of(CONTEST | {"description": text}).any_case is any_case


def test_cruxeval():
    row = {"id": "sample_1", "code": "def f(a, b):\n    return a + b", "input": "[1], [2]", "output": "[1, 2]"}
    problem = problem_of(row)
    assert run_tests(problem.program, problem).passed and problem.inputs == 1
    assert run_tests("def f(a, b): return b + a", problem).status == "tests_fail"


CODEIO = {
    "task_description": "Double a number.\r\nThen stop.",
    "input_output_spec": "Input:\n  `n` (int): a number.",
    "code_sample": "def main_solution(n):\r\n    return 2 * n\r\n\r\n",
    "input_generator": "def generate_inputs(rng: Random) -> dict:\n    return {'n': rng.randint(0, 9)}",
    "difficulty": 3,
}


def test_codeio():
    problem = problem_of(CODEIO)
    assert problem.prompt == (
        '"""\nDouble a number.\nThen stop.\n\nInput:\n  `n` (int): a number.\n\nDefine main_solution.\n"""\n'
    )
    assert problem.canonical_solution == "def main_solution(n):\n    return 2 * n\n"
    assert (problem.test, problem.entry_point, problem.inputs) == ("", "main_solution", 10)
    assert run_tests(problem.program, problem).passed
    assert run_tests("def main_solution(n): return n + 2", problem).status == "tests_fail"
    assert problem_of(CODEIO | {"difficulty": 4}) == problem  # known by its task and program, and in any place
    others = [problem_of(CODEIO | {name: CODEIO[name] + "#"}) for name in ("task_description", "code_sample")]
    assert len({problem.task_id, *(other.task_id for other in others)}) == 3


@pytest.mark.parametrize("name", [*FILES, "codeio"])
def test_what_to_row_writes_loads_again(name, tmp_path):
    path = tmp_path / "own.jsonl"
    problems = [problem_of(CODEIO)] if name == "codeio" else load_problems(DATA / name)
    path.write_text("".join(json.dumps(problem.to_row()) + "\n" for problem in problems))
    assert load_problems(path) == problems


def test_parquet_gzip_and_json_arrays(tmp_path):
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    for name in FILES:
        rows = list(read_rows(DATA / name))
        parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "x.parquet")
        (tmp_path / "x.json").write_text(json.dumps(rows, indent=1))
        with gzip.open(tmp_path / "x.jsonl.gz", "wt") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)
        for file in ("x.parquet", "x.json", "x.jsonl.gz"):
            assert load_problems(tmp_path / file) == load_problems(DATA / name)


WRONG = [
    (FULL | {"test_list": []}, "field 'test_list' is empty"),
    (FULL | {"test_list": "assert root(4)"}, "field 'test_list' must be a list of strings"),
    (FULL | {"code": "def other(x): pass"}, "the tests call no function of the program"),
    (FULL | {"code": "def root(x:"}, "does not parse"),
    ({**FULL, "task_id": None}, "field 'task_id' is missing"),
    (CONTEST | {"public_tests": {"input": ["1"], "output": []}}, "has 1 inputs and 0 outputs"),
    ({"name": "a", "description": "", "public_tests": {"input": [], "output": []}}, "no case in"),
    ({"name": "a", "public_tests": {"input": [""], "output": [""]}}, "field 'description' is missing"),
    (dict.fromkeys(FIELDS, "") | {"cases": ["ab", "c"]}, "field 'cases' must be"),
    (dict.fromkeys(FIELDS, "") | {"tolerance": "1"}, "field 'tolerance' must be a number from 0"),
    (dict.fromkeys(FIELDS, "") | {"time_limit": float("nan")}, "field 'time_limit' must be a number from 0"),
    ({**CODEIO, "code_sample": "x = 1"}, "field 'code_sample' defines no function 'main_solution'"),
    ({**CODEIO, "input_generator": ""}, "field 'input_generator' defines no function 'generate_inputs'"),
    ({**CODEIO, "input_output_spec": None}, "field 'input_output_spec' must be a string"),
    (dict.fromkeys(FIELDS, "f") | {"inputs": 1.5}, "field 'inputs' must be of type int, not float"),
    (dict.fromkeys(FIELDS, "f") | {"inputs": -1}, "field 'inputs' must be the number of inputs"),
    (dict.fromkeys(FIELDS, "f") | {"inputs": 10**9, "input_generator": "x"}, "test has, at most 1000"),
    (dict.fromkeys(FIELDS, "f") | {"input_generator": "x"}, "field 'inputs' must be the number of inputs"),
    (dict.fromkeys(FIELDS, "") | {"any_case": 1}, "field 'any_case' must be of type bool, not int"),
    (FULL | {"task_id": True}, "field 'task_id' must be a number or a string, not bool"),
    (FULL | {"test_setup_code": ["import math"]}, "field 'test_setup_code' must be a string, not list"),
    (CONTEST | {"time_limit": {"seconds": "1"}}, "field 'seconds' must be a number"),
    (CONTEST | {"time_limit": 10**400}, "field 'time_limit' must be a number"),
    (CONTEST | {"solutions": {"language": 3, "solution": ["print(3)"]}}, "must name the language of each solution"),
]


@pytest.mark.parametrize(("row", "message"), WRONG)
def test_a_wrong_row_says_what_is_wrong(row, message):
    with pytest.raises(ValueError, match=message):
        problem_of(row)


def test_bad_rows_are_reported_by_place(tmp_path):
    path = tmp_path / "mixed.json"
    path.write_text(json.dumps([FULL, FULL | {"test_list": []}, CONTEST]))
    bad = []
    assert [p.task_id for p in load_problems(path, on_bad=bad.append)] == ["MBPP/7", "a"]
    assert [str(error) for error in bad] == [f"{path}:item 2: field 'test_list' is empty"]


@pytest.mark.extras
def test_a_file_that_is_no_parquet_says_so(tmp_path):
    path = tmp_path / "x.parquet"
    path.write_bytes(b"no")
    with pytest.raises(ValueError, match="no Parquet file that can be read"):
        load_problems(path)


@pytest.mark.extras
def test_humaneval_plus_tolerates_what_its_tests_do():
    problem = load_problems(DATA / "humanevalplus.jsonl")[0]
    assert run_tests(problem.program.replace("amount * factor", "amount * factor * (1 + 1e-9)"), problem).passed
    assert not run_tests(problem.program.replace("amount * factor", "amount * factor * 1.01"), problem).passed
    assert not run_tests(
        problem.program, replace(problem, test=problem.test.replace("results = [", "results = [7, "))
    ).passed


LEN = ["assert len(g(1)) == 1"]
CRUX = {"id": "sample_1", "code": "def f(a):\n    return a", "input": "1", "output": "1"}
HUMAN = dict(zip(FIELDS, ("t/1", "def f():\n", "    return 1\n", "def check(candidate): pass\n", "f"), strict=True))


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (HUMAN, ("t/1", "f", "", ())),
        (HUMAN | {"cases": [["1", "2"]], "entry_point": ""}, ("t/1", "", "", (("1", "2"),))),
        (HUMAN | {"setup": "import x\r\n", "tolerance": 1}, ("t/1", "f", "import x\r\n", ())),
        ({**CRUX, "function": CRUX["code"]}, ("sample_1", "f", "", ())),
        ({"task_id": 3, "prompt": "", "test": "assert g(1)"}, ("MBPP/3", "g", "", ())),
        ({"task_id": 3, "text": "", "test_list": LEN, "code": "def g(x): pass"}, ("MBPP/3", "g", "", ())),
        ({"task_id": 3, "text": "", "test_list": LEN}, ("MBPP/3", "g", "", ())),  # a built-in name comes last
        (CONTEST | {"public_tests": None}, ("a", "", "", mock.ANY)),
    ],
)  # fmt: skip
def test_a_rows_fields_tell_its_format(row, told):
    problem = problem_of(row)
    assert (problem.task_id, problem.entry_point, problem.setup, problem.cases) == told


def test_all_three_kinds_of_cases_count_and_each_once():
    cases = {"input": ["7 7", "1 2\n"], "output": ["14", "3\n"]}
    problem = problem_of(CONTEST | {"generated_tests": cases})
    assert problem.cases == (("1 2\n", "3\n"), ("5 5\n", "10\n"), ("7 7", "14"))


@pytest.mark.parametrize(
    ("languages", "given", "solution"),
    [
        (("PYTHON3",), [3], "print(1)\n"),
        (("PYTHON3",), ["PYTHON3"], "print(1)\n"),
        (("PYTHON",), [1], "print(1)\n"),
        (("PYTHON3", "PYTHON"), [1], "print(1)\n"),
        (("PYTHON3",), [2], ""),
        (("PYTHON3",), None, ""),
    ],
)
def test_a_solution_is_taken_by_its_language(languages, given, solution):
    row = CONTEST | {"solutions": {"language": given, "solution": ["print(1)  "]}}
    assert problem_of(row, languages).canonical_solution == solution


@pytest.mark.parametrize(
    ("limit", "seconds"),
    [
        (None, None),
        (0, None),
        (2, 2.0),
        ({"seconds": 1, "nanos": 0}, 1.0),
        ({"seconds": 0, "nanos": 0}, None),
        ({}, None),
    ],
)
def test_time_limits(limit, seconds):
    assert problem_of(CONTEST | {"time_limit": limit}).time_limit == seconds


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({**HUMAN, "entry_point": "no name"}, "field 'entry_point' must be the name of a function"),
        ({**HUMAN, "test": None}, "field 'test' must be a string, not NoneType"),
        ({**HUMAN, "setup": 3}, "field 'setup' must be of type str, not int"),
        ({**HUMAN, "tolerance": True}, "field 'tolerance' must be a number from 0 to a billion"),
        ({**HUMAN, "tolerance": -1}, "field 'tolerance' must be a number"),
        ({**HUMAN, "cases": 3}, "field 'cases' must be a list of"),
        ({**HUMAN, "cases": [["1", 2]]}, "field 'cases' must be a list of"),
        ({"task_id": 3, "prompt": "", "test": "assert ("}, r"field 'test' does not parse: .* \(line 1\)"),
        ({**FULL, "test_list": ["assert 1"]}, "the tests call no function"),
        ({**FULL, "test_list": ["assert ("]}, "code or test does not parse"),
        ({**CRUX, "input": "1, ("}, "fields 'input' and 'output' must be a call's arguments"),
        ({**CONTEST, "public_tests": 3}, "field 'public_tests' must be an object with 'input' and 'output'"),
        ({**CONTEST, "public_tests": [1]}, "field 'public_tests' must be an object"),
        ({"prompt": "x"}, "field 'task_id' is missing"),
    ],
)
def test_more_that_is_wrong_with_a_row(row, message):
    with pytest.raises(ValueError, match=message):
        problem_of(row)


def test_mbpp_plus_is_judged_by_its_own_large_test():
    plus = "inputs = [[4], [9], [2.25]]\nresults = [2, 3, 1.5]\n"
    plus += "for i, (inp, exp) in enumerate(zip(inputs, results)):\n    assert root(*inp) == exp\n"
    problem = problem_of(FULL | {"test": plus, "task_id": "Mbpp/7"})
    assert (problem.task_id, problem.entry_point, problem.test) == ("Mbpp/7", "root", plus)
    assert run_tests(problem.program, problem).passed
    fits = "import math\ndef root(x): return {4: 2.0, 0: 0}[x]"
    assert run_tests(fits, problem_of(FULL)).passed and run_tests(fits, problem).status == "tests_fail"


@pytest.mark.parametrize(
    ("given", "task_id"), [(7, "MBPP/7"), ("7", "MBPP/7"), ("MBPP/7", "MBPP/7"), ("Mbpp/7", "Mbpp/7")]
)
def test_a_number_becomes_mbpps_and_a_name_stays(given, task_id):
    assert problem_of(FULL | {"task_id": given}).task_id == task_id


def test_a_humaneval_row_that_lacks_fields_is_not_taken_for_mbpp():
    row = {name: HUMAN[name] for name in ("task_id", "prompt")} | {
        "test": "def check(candidate):\n    assert candidate(1)\n"
    }
    with pytest.raises(ValueError, match="field 'canonical_solution' is missing"):
        problem_of(row)


def test_a_statement_is_a_docstring_whatever_it_holds():
    for text in ('"""', "\\", "\\n", "a\0b", '"'):
        assert ast.literal_eval(docstring(text)) == f"\n{text}\n".replace("\0", "")
