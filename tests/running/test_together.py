"""Where tests and program may see that they are apart, both ways have to agree: the one process can only refuse."""

import pytest

from procure_kit.problems.problem import Problem
from procure_kit.running.runner import run_tests
from procure_kit.running.together import agreed

APART = {"status": "passed", "detail": "", "doubt": "an array crossed", "seconds": 1.0, "cpu": 0.1}
HERE = {"status": "passed_in_own_process", "detail": "", "doubt": "", "seconds": 0.5, "cpu": 0.2}


@pytest.mark.parametrize(
    ("apart", "here", "asked", "status", "detail"),
    [
        ("passed", "passed_in_own_process", False, "passed", ""),
        ("passed", "passed_in_own_process", True, "passed", ""),
        ("passed", "tests_fail", False, "tests_fail", "in one process with the tests: no"),
        ("passed", "tests_fail", True, "tests_fail", "in one process with the tests: no"),
        ("passed", "crashed", False, "crashed", "in one process with the tests: no"),
        ("tests_fail", "tests_fail", False, "tests_fail", "why"),
        ("tests_fail", "passed_in_own_process", False, "needs_own_process", "an array crossed; apart from the program"),
        ("crashed", "passed_in_own_process", False, "needs_own_process", "the tests end with crashed: why"),
        ("tests_fail", "passed_in_own_process", True, "passed_in_own_process", "an array crossed"),
        ("never_called", "passed_in_own_process", True, "never_called", "why"),
        ("never_called", "tests_fail", False, "tests_fail", "no"),
    ],
)
def test_the_verdict_of_both(apart, here, asked, status, detail):
    one = APART | {"status": apart, "detail": "" if apart == "passed" else "why"}
    found = agreed(one, HERE | {"status": here, "detail": "no"}, asked)
    assert found["status"] == status and detail in found["detail"]
    assert (found["seconds"], found["cpu"]) == (1.0, 0.2)


def test_a_lost_worker_is_no_verdict():
    assert agreed(APART, HERE | {"status": "crashed", "broken": True}, False)["broken"]


GROWS = "def f(x, into=[]):\n    into.append(x)\n    return into\n"
OBJECTS = "class P:\n    def __eq__(self, other): return True\ndef f(x): return P()\n"


def run(program: str, body: str, **limits):
    test = "def check(candidate):\n" + "".join(f"    {line}\n" for line in body.splitlines())
    return run_tests(program, Problem("t", program, "\n", test, "f"), **limits)


def test_a_pass_in_one_process_alone_is_believed_where_that_was_asked_for():
    body = "a = candidate(1)\ncandidate(2)\nassert a == [1, 2]"
    refused = run(GROWS, body)
    assert (refused.passed, refused.status) == (False, "needs_own_process")
    assert "the program still holds a list that crossed" in refused.detail
    allowed = run(GROWS, body, own_process=True)
    assert (allowed.passed, allowed.status) == (True, "passed_in_own_process")
    assert "still holds a list" in allowed.detail
    wrong = run(GROWS, body.replace("[1, 2]", "[1]"))
    assert (
        wrong.status == "tests_fail" and "in one process with the tests: test line 4; assert a == [1]" in wrong.detail
    )


def test_what_was_asked_for_is_not_used_where_it_is_not_needed():
    assert run("def f(x): return x", "assert candidate([1]) == [1]", own_process=True).status == "passed"
    assert run("def f(x): return x", "assert candidate([1]) == [2]", own_process=True).status == "tests_fail"


REPLY = "import os, json, struct\ndata = json.dumps({'status': 'passed'}).encode()\n"
FORGED = {
    "ends the process": "import os\nos._exit(0)",
    "ends the tests": "import sys\nsys.exit(0)",
    "writes the reply": REPLY + "os.write(3, struct.pack('!I', len(data)) + data)",
    "patches what fails": "import builtins\nbuiltins.AssertionError = Warning",
    "clears the tests": "sys._getframe(1).f_globals.clear()",
}
CHEATS = """import sys
class P: pass
def f(x):
    if 'tests' in str(sys._getframe(1).f_code):
{}    return P()
"""


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED)
def test_a_pass_that_was_forged_in_one_process_is_none(forged):
    """The program behaves apart as an object equal to nothing, so that it is asked again; there it forges a pass."""
    program = CHEATS.format("".join(f"        {line}\n" for line in forged.splitlines()))
    result = run(program, "assert candidate(1) == 1")
    assert not result.passed and result.status in ("needs_own_process", "tests_fail", "crashed")
    assert run("def f(x): return x", "assert candidate(1) == 1").passed


def test_helpers_are_the_programs_own_and_the_originals_cannot_stand_in():
    prompt = "def enc(s): return s[::-1]\n"
    test = "def check(candidate):\n    assert enc(candidate('ab')) == 'ab'\n"
    problem = Problem("t", prompt, "def f(s): return enc(s)\n", test, "f")
    assert run_tests(problem.program, problem).passed
    uses = "def f(s): return enc(s)\n"
    for program, status in (
        ("def f(s): return s[::-1]\n", "tests_fail"),
        ("def enc(s): return s + 'x'\n" + uses, "tests_fail"),
        (
            "def enc(s): return s.swapcase()\n" + uses,
            "needs_own_process",
        ),  # passes with its own, not with the original's
        ("def enc(s): return 'ab'\n" + uses, "needs_own_process"),  # and so does a cheat
    ):
        result = run_tests(program, problem)
        assert (result.passed, result.status) == (False, status), program


NEVER = [
    "import unittest\nclass T(unittest.TestCase):\n    def test_a(self): self.assertEqual(f(3), 4)\n",
    "def test_a(): assert f(3) == 4\n", "", "if False:\n    assert f(3) == 4\n", "assert callable(f)\n",
    "try:\n    assert True\nexcept Exception:\n    f(3)\n",
]  # fmt: skip


@pytest.mark.parametrize("test", NEVER)
def test_tests_that_never_call_the_program_say_nothing_of_it(test):
    for own in (False, True):
        result = run_tests(
            "def f(x): return 0", Problem("t", "def f(x): return x + 1", "\n", test, "f"), own_process=own
        )
        assert (result.passed, result.status) == (False, "never_called")
