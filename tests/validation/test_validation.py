"""Each way not to be valid has its own status, next to the row that is valid."""

import os
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from types import SimpleNamespace

import pytest

from procure_kit.concepts.perturbation import perturb
from procure_kit.problems.counterfactual import VALID, Counterfactual
from procure_kit.problems.problem import Problem
from procure_kit.running import runner
from procure_kit.validation import validation
from procure_kit.validation.validation import Verdict, changed_lines, validate, validate_all

ORIGINAL = "def f(n):\n    if n < 0:\n        return 'minus'\n    else:\n        return 'plus'\n"
FLIPPED = "def f(n):\n    if n >= 0:\n        return 'plus'\n    else:\n        return 'minus'\n"
TEST = "def check(candidate):\n    assert candidate(-1) == 'minus'\n    assert candidate(0) == 'plus'\n"
PROBLEM = Problem("sign", ORIGINAL, "\n", TEST, "f")
VALID_PAIR = Counterfactual.from_row(
    {"task_id": "sign", "concept": "if_else_flip", "original": ORIGINAL, "counterfactual": FLIPPED}
)
WRONG = FLIPPED.replace(">=", ">")
ENDLESS = FLIPPED.replace("return 'plus'", "while True: pass")


@pytest.fixture
def any_change(monkeypatch):
    """Let every change through, so that a test reaches what comes after the syntax-tree check."""
    monkeypatch.setattr(validation, "classify", lambda *args: SimpleNamespace(status="ok", detail=""))
    monkeypatch.setattr(runner, "WALL_FLOOR", 0.5)


def test_valid():
    verdict = validate(VALID_PAIR, PROBLEM)
    assert (verdict.status, verdict.detail) == ("valid", "")
    assert verdict.seconds > 0
    assert verdict.isolation


@pytest.mark.parametrize(
    ("counterfactual", "status"),
    [
        (ORIGINAL, "no_change"),
        (ORIGINAL + "# a comment\n", "no_change"),
        (ORIGINAL.replace("(n)", "(m)").replace("n <", "m <"), "not_this_concept"),
        ("def f(n:\n", "unparsable"),
    ],
)
def test_the_syntax_tree_decides_before_anything_runs(counterfactual, status, monkeypatch):
    monkeypatch.setattr(validation, "run_tests", lambda *args, **limits: pytest.fail("it was run"))
    assert validate(replace(VALID_PAIR, counterfactual=counterfactual), PROBLEM).status == status


@pytest.mark.parametrize(
    ("counterfactual", "status", "detail"),
    [
        (WRONG, "tests_fail", "test line 3; assert candidate(0) == 'plus'; f(0) returned 'minus'"),
        (ENDLESS, "timeout", "(the original took "),
        ("import os\ndef f(n): os._exit(0)", "crashed", "exit code 0"),
        ("def f(n): return [0] * 10**10", "memory", "more memory"),
    ],
)
def test_the_tests_decide(counterfactual, status, detail, any_change):
    verdict = validate(replace(VALID_PAIR, counterfactual=counterfactual), PROBLEM)
    assert verdict.status == status
    assert detail in verdict.detail


def test_an_original_that_fails_is_not_the_counterfactuals_fault(any_change):
    verdict = validate(replace(VALID_PAIR, original=WRONG), PROBLEM)
    assert verdict.status == "original_fails"
    assert verdict.detail.startswith("tests_fail: test line 3")


def test_an_original_runs_once_for_all_its_counterfactuals(monkeypatch):
    runner._originals.clear()
    programs = []
    run_tests = validation.run_tests
    for module in (runner, validation):
        monkeypatch.setattr(
            module, "run_tests", lambda program, *a, **k: programs.append(program) or run_tests(program, *a, **k)
        )
    assert [validate(VALID_PAIR, PROBLEM).status for _ in range(2)] == ["valid", "valid"]
    assert programs.count(ORIGINAL) == 1
    assert programs.count(FLIPPED) == 2


@pytest.mark.parametrize(
    ("test", "survivor"),
    [
        ("def check(candidate):\n    candidate(1)\n", "returns None at once"),
        ("def check(candidate):\n    assert candidate(1) != 'zero'\n", "returns None at once"),
        ("def check(candidate):\n    assert type(candidate(1)) is str\n", "line 2 with 'n < 0'"),
    ],
)
def test_tests_without_power(test, survivor):
    verdict = validate(VALID_PAIR, replace(PROBLEM, test=test))
    assert verdict.status == "tests_too_weak"
    assert survivor in verdict.detail


def test_a_broken_version_where_nothing_changed_proves_nothing():
    """Only the swapped lines count: the tests must see a difference there."""
    original = "def f(n):\n    a = n + 1\n    b = n + 2\n    return n\n"
    swapped = "def f(n):\n    b = n + 2\n    a = n + 1\n    return n\n"
    start, end = swapped.index("b ="), swapped.index("    return")
    row = {"task_id": "s", "concept": "independent_swap", "original": original, "counterfactual": swapped}
    cf = Counterfactual.from_row(row | {"changed": [[start, end]]})
    assert validation.changed_lines(cf) == {2, 3}
    problem = Problem("s", original, "\n", "def check(candidate):\n    assert candidate(1) == 1\n", "f")
    verdict = validate(cf, problem)
    assert (verdict.status, "line 2 with '3'" in verdict.detail) == ("tests_too_weak", True)


def test_the_time_limit_is_the_originals_own_and_reported(any_change):
    slow = "import time\n" + ORIGINAL.replace("    if", "    time.sleep(0.06)\n    if", 1)
    verdict = validate(replace(VALID_PAIR, original=slow), PROBLEM)
    assert verdict.status == "valid"
    limits = {"memory_mb": runner.MEMORY_MB, "require": None, "own_process": False}
    original = runner.run_original(slow, PROBLEM, timeout=runner.TIMEOUT, **limits)
    assert verdict.limit == runner.MULTIPLE * original.slowest > 1.1  # two calls of 0.06 s, ten times
    assert verdict.cpu_limit == runner.CPU_FLOOR  # waiting takes none
    assert validate(VALID_PAIR, PROBLEM).limit >= 0.5  # the floor


def test_tests_that_need_the_programs_own_process_are_a_status_of_their_own():
    test = "import inspect\n" + TEST + "    assert inspect.isfunction(candidate)\n"
    problem = replace(PROBLEM, test=test)
    verdict = validate(VALID_PAIR, problem)
    assert (verdict.status, "import inspect" in verdict.detail) == ("needs_own_process", True)
    assert validate(VALID_PAIR, problem, own_process=True).status == "valid_in_own_process"


OBJECTS = """class Sign:
    def __init__(self, word): self.word = word
    def __eq__(self, other): return self.word == other.word
def f(n):
    if n < 0:
        return Sign('minus')
    else:
        return Sign('plus')
"""
COMPARES = (
    "def check(candidate):\n    assert candidate(-1) == candidate(-2)\n    assert not candidate(0) == candidate(-1)\n"
)
CALLED = replace(
    PROBLEM, prompt="", canonical_solution=OBJECTS, test=COMPARES + "    assert candidate(0).word == 'plus'\n"
)


def test_known_work_may_share_a_process_with_its_tests():
    """Objects are compared: the original is the problem's own, and the rules make the counterfactual of it again."""
    made = perturb(OBJECTS, "if_else_flip", seed=3, task_id="sign")
    verdict = validate(made, CALLED)
    assert verdict.status == "valid" and "ran in the program's own process: " in verdict.detail
    assert "a value of type Sign crossed" in verdict.detail
    assert validate(made, CALLED, own_process=True).status == "valid_in_own_process"


@pytest.mark.parametrize("changes", [{"site": 5}, {"mode": "other"}, {"counterfactual": "# by hand\n"}])
def test_a_rows_own_word_for_it_is_not_enough(changes):
    made = perturb(OBJECTS, "if_else_flip", seed=3, task_id="sign")
    if "counterfactual" in changes:
        changes = {"counterfactual": changes["counterfactual"] + made.counterfactual}
    verdict = validate(replace(made, **changes), CALLED)
    assert verdict.status == "needs_own_process"
    assert validate(replace(made, original=OBJECTS + "\n"), CALLED).status == "needs_own_process"


def test_tests_that_never_call_the_program_are_a_status_of_their_own():
    verdict = validate(
        VALID_PAIR, replace(PROBLEM, prompt=ORIGINAL, test="def test_f():\n    assert f(-1) == 'minus'\n")
    )
    assert (verdict.status, verdict.detail) == ("never_called", "the tests never call the program")


def test_a_broken_version_that_passes_in_one_process_alone_was_not_noticed():
    weak = replace(CALLED, test="def check(candidate):\n    assert candidate(-1) == candidate(-1)\n")
    assert validate(perturb(OBJECTS, "if_else_flip"), weak).status == "tests_too_weak"


def test_a_level_of_isolation_that_is_missing_refuses(monkeypatch):
    runner._originals.clear()
    refused = runner.TestResult(False, "refused", "'namespaces' is required", 0.0, "process")
    monkeypatch.setattr(validation, "run_tests", lambda *args, **limits: refused)
    assert validate(VALID_PAIR, PROBLEM, require="namespaces") == Verdict(
        "refused", "'namespaces' is required", 0.0, "process"
    )


def test_many_in_their_order(any_change):
    rows = [
        VALID_PAIR,
        replace(VALID_PAIR, counterfactual=WRONG),
        replace(VALID_PAIR, counterfactual=ENDLESS),
        VALID_PAIR,
        VALID_PAIR,
    ]
    verdicts = list(validate_all([(row, PROBLEM) for row in rows], workers=2))
    assert [v.status for v in verdicts] == ["valid", "tests_fail", "timeout", "valid", "valid"]


def test_verdicts_stream():
    def pairs():
        yield VALID_PAIR, PROBLEM
        for _ in range(8):
            yield VALID_PAIR, PROBLEM
        pytest.fail("the whole input was read before the first verdict")

    verdicts = validate_all(pairs(), workers=1)
    assert next(verdicts).status == "valid"
    verdicts.close()


def test_judging_that_raises_costs_its_row_alone(monkeypatch):
    def classify(original, counterfactual, concept):
        if counterfactual == WRONG:
            raise RuntimeError("boom")
        return SimpleNamespace(status="ok", detail="")

    monkeypatch.setattr(validation, "classify", classify)
    verdicts = list(
        validate_all(
            [(VALID_PAIR, PROBLEM), (replace(VALID_PAIR, counterfactual=WRONG), PROBLEM), (VALID_PAIR, PROBLEM)]
        )
    )
    assert [v.status for v in verdicts] == ["valid", "crashed", "valid"]
    assert verdicts[1].detail == "judging this row raised RuntimeError: boom"


class BreakingExecutor:
    """Judges in a real process pool, whose process is killed after a few rows."""

    def __init__(self, pool: ProcessPoolExecutor, after: int):
        self.pool, self.left = pool, after

    def submit(self, function, *args, **kwargs) -> Future:
        self.left -= 1
        if self.left == 0:
            return self.pool.submit(os._exit, 1)
        return self.pool.submit(function, *args, **kwargs)


def test_a_killed_worker_costs_nothing():
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        verdicts = list(validate_all([(VALID_PAIR, PROBLEM)] * 3, BreakingExecutor(pool, after=3), workers=1))
    assert [v.status for v in verdicts] == ["valid"] * 3


@pytest.mark.parametrize(
    ("spans", "lines"),
    [
        ([], set()), ([(0, 1)], {1}), ([(0, 6)], {1}), ([(0, 7)], {1, 2}), ([(6, 6)], {2}),
        ([(6, 12), (17, 18)], {2, 3}),
    ],
)  # fmt: skip
def test_the_lines_that_differ(spans, lines):
    text = "x = 1\ny = 2\nz = 3\n"
    cf = Counterfactual("t", "data_type", "strict", 0, 0, "", text, text, tuple(spans), tuple(spans), "")
    assert changed_lines(cf) == lines


ON_INPUTS = Problem(
    "made/up",
    '"""Its sign."""\n',
    ORIGINAL,
    "",
    "f",
    inputs=4,
    input_generator="def generate_inputs(rng):\n    return {'n': rng.randint(-9, 9)}\n",
)
FLIP = Counterfactual.from_row(
    {"task_id": "made/up", "concept": "if_else_flip", "original": ON_INPUTS.program}
    | {"counterfactual": ON_INPUTS.prompt + FLIPPED}
)


def test_valid_on_inputs_is_a_status_of_its_own():
    verdict = validate(FLIP, ON_INPUTS)
    assert (verdict.status, verdict.detail) == ("valid_on_inputs", "behaves alike on 4 inputs")
    assert verdict.status in VALID and verdict.isolation and verdict.seconds > 0
    one = replace(
        PROBLEM, test="def check(candidate):\n    assert candidate(0) == 'plus'\n", inputs=1
    )  # CRUXEval's way
    assert validate(VALID_PAIR, one).detail == "behaves alike on 1 input"


@pytest.mark.parametrize(
    ("new", "status", "detail"),
    [
        (WRONG.replace("> 0", "> -8"), "tests_fail", "returned 'plus'"),
        (ENDLESS, "timeout", "f(n="),
        (FLIPPED.replace("'plus'", "n.plus"), "tests_fail", "AttributeError"),
    ],
)
def test_what_behaves_otherwise_on_an_input_is_not_valid(any_change, new, status, detail):
    verdict = validate(replace(FLIP, counterfactual=new), ON_INPUTS)
    assert (verdict.status, detail in verdict.detail) == (status, True), verdict


def test_inputs_that_tell_no_broken_version_are_too_few():
    inner = "    if n > 20:\n" + ORIGINAL.partition("\n")[2].replace("    ", "        ").replace(
        "        " * 2, " " * 12
    )
    never = replace(ON_INPUTS, canonical_solution=f"def f(n):\n{inner}    return 'small'\n")
    assert validate(perturb(never.program, "if_else_flip"), never).status == "tests_too_weak"


@pytest.mark.parametrize(
    ("program", "status"),
    [("import no_such\n" + ORIGINAL, "not_installed"), (ORIGINAL.replace("return 'plus'", "1 / 0"), "valid_on_inputs")],
)
def test_where_there_is_nothing_to_compare_with_the_status_says_why(program, status):
    """Inputs for which the original raises are left out, unless it always does."""
    made = replace(ON_INPUTS, canonical_solution=program)
    verdict = validate(perturb(made.program, "if_else_flip"), made)
    assert verdict.status == status, verdict


def test_an_original_that_disagrees_with_itself_the_third_time(monkeypatch):
    settled = replace(
        ON_INPUTS, test="def check(candidate):\n    assert candidate(n=1) == 'other'\n", input_generator=""
    )
    monkeypatch.setattr(validation, "with_reference", lambda problem, **limits: settled)
    assert validate(FLIP, ON_INPUTS).status == "nondeterministic"
    assert validate(FLIP, settled).status == "original_fails"  # the set's own test


def test_a_twin_breaks_where_an_input_shows_it():
    breaks = replace(FLIP, counterfactual=FLIP.original.replace("< 0", "> 0"), soundness="breaking", detail="other")
    verdict = validate(breaks, ON_INPUTS)
    assert verdict.status == "breaks" and "; the tests see it: another result: " in verdict.detail
