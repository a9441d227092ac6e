"""What an original returns on its inputs becomes its test, or a status says why it cannot."""

import builtins
import gzip
import json
from dataclasses import replace

import pytest

from procure_kit.problems.problem import Problem
from procure_kit.problems.rows import read_rows
from procure_kit.running import runner
from procure_kit.running.reference import UNSETTLED, Unsettled
from procure_kit.running.runner import run_many, run_original, run_tests, with_reference

TWICE = "def main_solution(n):\n    return 2 * n\n"
INPUTS = "def generate_inputs(rng: Random) -> dict:\n    return {'n': rng.randint(0, 9)}\n"


def problem(program=TWICE, generator=INPUTS, inputs=3):
    return Problem(
        "made/up", '"""Double it."""\n', program, "", "main_solution", inputs=inputs, input_generator=generator
    )


def test_the_outputs_of_the_original_are_the_test():
    settled = with_reference(problem())
    assert settled.test == (
        "def check(candidate):\n"
        "    assert candidate(n=6) == 12\n    assert candidate(n=6) == 12\n    assert candidate(n=0) == 0\n"
    )
    assert (settled.inputs, settled.input_generator, settled.program) == (3, "", problem().program)
    assert with_reference(settled) is settled
    jobs = [
        (TWICE, problem()),
        ("def main_solution(n):\n    return n + 6\n", problem()),
        (problem().program, problem()),
    ]
    assert [result.status for result in run_many(jobs)] == ["passed", "tests_fail", "passed"]


KEPT = {  # program, generator (None: INPUTS), what the first line of the test compares with
    "text": (
        "def main_solution(n):\n    return ['a\"', {'b': None}, (1,), {3}]\n", None,
        "== ['a\"', {'b': None}, (1,), {3}]",
    ),
    "a nan": ("def main_solution(n):\n    return [float('nan'), n]\n", None, "repr(candidate(n=6)) == '[nan, 6]'"),
    "infinity": ("def main_solution(n):\n    return float('-inf')\n", None, "repr(candidate(n=6)) == '-inf'"),
    "a library's value": (
        "from decimal import Decimal\ndef main_solution(n):\n    return Decimal(n) / 4\n", None,
        "== \"Decimal('1.5')\"",
    ),
    "random numbers": ("import random\ndef main_solution(n):\n    return random.random() < 2\n", None, "== True"),
    "the program's own names": (
        "LARGEST = 4\n" + TWICE, "def generate_inputs(rng):\n    return {'n': LARGEST}\n", "candidate(n=4) == 8",
    ),
    "a future": ("from __future__ import annotations\ndef main_solution(n: Nothing):\n    return n\n", None, "== 6"),
    "nothing to give": (
        "def main_solution():\n    return 7\n", "def generate_inputs(rng):\n    return {}\n", "candidate() == 7",
    ),
    "some inputs raise": ("def main_solution(n):\n    return 1 // n\n", None, "candidate(n=6) == 0"),
}  # fmt: skip


@pytest.mark.parametrize(("program", "generator", "shown"), KEPT.values(), ids=KEPT)
def test_whatever_can_be_written_down_is_compared(program, generator, shown):
    made = problem(program, generator or INPUTS)
    settled = with_reference(made)
    assert shown in settled.test.splitlines()[1]
    assert settled.inputs == settled.test.count("assert") == (2 if "//" in program else 3)
    assert run_tests(made.program, made).status in ("passed", "passed_in_own_process")


SLEEPS = "__import__('time').sleep(60)"
OUT = {  # program, generator (None: INPUTS), status, what the detail says
    "no package": ("import no_such.thing\n" + TWICE, None, "not_installed", "needs no_such, which is not installed"),
    "no package, later": (
        "def main_solution(n):\n    import no_such\n", None, "not_installed", "the program needs no_such, which is not",
    ),
    "no package for inputs": (
        TWICE, "def generate_inputs(rng):\n    import no_such\n", "not_installed", "the input generator needs no_such",
    ),
    "it does not load": ("1 / 0\n" + TWICE, None, "original_fails", "loading the program raised ZeroDivisionError"),
    "it does not parse": ("def main_solution(n:\n", None, "original_fails", "unparsable: line"),
    "it defines nothing": ("x = 1\n", None, "original_fails", "defines no 'main_solution'"),
    "it always raises": (
        "def main_solution(n):\n    raise KeyError(n)\n", None, "original_fails",
        "on each of its 3 inputs it raises, on the first KeyError: 6",
    ),
    "it raises on several lines": (
        "def main_solution(n):\n    raise ValueError(f'a\\nb\\x1b[1m {object()}')\n", None, "original_fails",
        "on the first ValueError: a\\nb\\x1b[1m <object",
    ),
    "it takes other arguments": ("def main_solution(m):\n    return m\n", None, "original_fails", "unexpected keyword"),
    "an input never ends": (
        f"def main_solution(n):\n    if n == 0: {SLEEPS}\n", None, "original_fails",
        "timeout: main_solution(n=0) did not end within 2 s",
    ),
    "it ends its process": ("import os\ndef main_solution(n):\n    os._exit(0)\n", None, "original_fails", "crashed: "),
    "no inputs": (TWICE, "def generate_inputs(rng):\n    return rng.choice([])\n", "no_inputs", "raises IndexError"),
    "inputs without end": (TWICE, f"def generate_inputs(rng):\n    {SLEEPS}\n", "no_inputs", "timeout: "),
    "inputs that do not parse": (TWICE, "def generate_inputs(rng) return\n", "no_inputs", "generator: line 1"),
    "inputs without names": (TWICE, "def generate_inputs(rng):\n    return [1]\n", "no_inputs", "by name, but [1]"),
    "inputs of strange names": (
        TWICE, "def generate_inputs(rng):\n    return {'a b': 1, 'if': 2}\n", "no_inputs", "by name, but {'a b'",
    ),
    "an object": (
        "class Node: pass\ndef main_solution(n):\n    return [Node()]\n", None, "no_outputs", "which is no plain data",
    ),
    "an object, where it does not raise": (
        "def main_solution(n):\n    return [iter(())] if n == 0 else n[0]\n", None, "no_outputs", "no plain data",
    ),
    "a generator": ("def main_solution(n):\n    yield n\n", None, "no_outputs", "which is no plain data"),
    "much": ("def main_solution(n):\n    return 'a' * 30_000\n", None, "no_outputs", "30,002 characters, more than"),
    "many digits": ("def main_solution(n):\n    return 9 ** 9999\n", None, "no_outputs", "cannot be written"),
    "the time": (
        "import time\ndef main_solution(n):\n    return time.perf_counter()\n", None, "nondeterministic",
        "the original returns ",
    ),
    "chance": (
        "import os\ndef main_solution(n):\n    return os.urandom(8)\n", None, "nondeterministic", "in another run",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("program", "generator", "status", "detail"), OUT.values(), ids=OUT)
@pytest.mark.slow
def test_what_cannot_be_settled_has_a_status_and_says_why(program, generator, status, detail):
    made = problem(program, generator or INPUTS)
    with pytest.raises(Unsettled) as why:
        with_reference(made, timeout=2.0 if SLEEPS in repr(made) else 10.0)
    assert (why.value.status, detail in why.value.detail) == (status, True), why.value
    assert status in UNSETTLED and why.value.detail.count("\n") == 0


def test_run_tests_says_it_too():
    made = problem("import no_such\n" + TWICE)
    result = run_tests(TWICE, made)
    assert (result.passed, result.status, result.detail) == (
        False, "not_installed", "the program needs no_such, which is not installed",
    )  # fmt: skip
    assert run_original(made.program, made, timeout=10.0).status == "not_installed"


def test_a_weaker_isolation_than_required_is_refused(monkeypatch):
    monkeypatch.setattr(runner, "_run", lambda job, require: {"status": "refused", "detail": require, "isolation": "x"})
    with pytest.raises(Unsettled) as why:
        with_reference(problem(inputs=4), require="namespaces")
    assert (why.value.status, why.value.detail, why.value.isolation) == ("refused", "namespaces", "x")
    runner._references.clear()


def test_an_unknown_level_or_an_impossible_limit_is_an_error():
    with pytest.raises(ValueError, match="unknown level of isolation 'glass'"):
        with_reference(problem(), require="glass")
    with pytest.raises(ValueError, match="timeout must be a number above 0"):
        with_reference(problem(), timeout=0)


def test_it_is_made_once_for_each_problem(monkeypatch):
    asked, run = [], runner._run
    monkeypatch.setattr(runner, "_run", lambda job, require: asked.append(job) or run(job, require))
    made = problem(TWICE + "# once\n")
    assert with_reference(made) is with_reference(made) and len(asked) == 3  # inputs, and the original twice
    assert [job["calls"] for job in asked[1:]] == [["{'n': 6}", "{'n': 6}", "{'n': 0}"]] * 2


def test_neither_generator_nor_program_runs_in_this_process():
    touch = "import builtins\nbuiltins.touched = True\n"
    assert with_reference(problem(touch + TWICE, touch + INPUTS)).inputs == 3
    assert not hasattr(builtins, "touched")


@pytest.mark.slow
@pytest.mark.extras
def test_numpys_random_numbers_are_the_same_each_time():
    pytest.importorskip("numpy", reason="the program draws by numpy")
    draws = "import numpy as np\ndef main_solution(n):\n    return float(np.random.random())\n"
    assert with_reference(problem(draws)).inputs == 3
    seeded = "import numpy\nnumpy.random.seed(5)\ndef main_solution(n):\n    return int(numpy.random.randint(999))\n"
    assert "== 867" in with_reference(problem(seeded)).test.splitlines()[1]  # its own seed counts
    arrays = "import numpy\ndef main_solution(n):\n    return numpy.ones(3)\n"
    with pytest.raises(Unsettled, match="no_outputs.*a numpy array"):
        with_reference(problem(arrays))


def test_a_file_of_rows(tmp_path):
    row = {"task_description": "Double.", "input_output_spec": "n", "code_sample": TWICE, "input_generator": INPUTS}
    with gzip.open(tmp_path / "rows.jsonl.gz", "wt") as file:
        file.write(json.dumps(row) + "\n")
    (read,) = read_rows(tmp_path / "rows.jsonl.gz")
    from procure_kit.problems.formats import problem_of

    settled = with_reference(problem_of(read))
    assert settled.inputs == 10 and run_tests(settled.program, settled).passed
    assert not run_tests(TWICE.replace("2", "3"), replace(problem_of(read), task_id="again")).passed
