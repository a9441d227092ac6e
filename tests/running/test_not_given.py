"""What a program asks of the system, and gets, or is refused by name: never a wrong answer in its place."""

import os

import pytest

from procure_kit.problems.problem import Problem
from procure_kit.running.runner import run_tests

EMPTY = Problem("t/0", "", "\n", "def check(candidate):\n    assert candidate() == 1\n", "f")


@pytest.mark.parametrize(
    ("program", "why"),
    [
        ("import os\ndef f(): return len([open(os.devnull) for _ in range(100)])", "64 files open at a time"),
        ("def f(): return open('big', 'wb').write(b'x' * 20_000_000)", "16,000,000 bytes into a file"),
        ("import socket\ndef f():\n    socket.socket()\n    return 1", "no program may open sockets"),
        ("import socket\nsocket.socket()\ndef f(): return 1", "no program may open sockets"),  # while it is loaded
    ],
)
def test_what_is_not_given_is_refused(program, why):
    result = run_tests(program, EMPTY)
    assert result.status == "refused" and why in result.detail, result


def test_a_file_of_this_machine_is_refused_and_one_that_nobody_has_is_not(tmp_path):
    path = tmp_path / "numbers.txt"
    path.write_text("1")
    program = "def f(): return int(open({!r}).read())"
    result = run_tests(program.format(str(path)), EMPTY)
    if result.isolation.startswith("process"):
        pytest.skip("at this level programs read what their user can")
    assert result.status == "refused" and f"{path} is hidden from programs" in result.detail
    assert run_tests(program.format(f"{path}.other"), EMPTY).status == "tests_fail"


@pytest.mark.parametrize(
    "program",
    [
        "import os\ndef f(): return 1 - os.system('exit 0')",
        "import subprocess\ndef f(): return int(subprocess.check_output('echo 1', shell=True))",
        "from pathlib import Path\ndef f(): return int(Path.home().is_dir() and Path('~').expanduser() == Path.home())",
        "import getpass\ndef f(): return int(bool(getpass.getuser()))",
    ],
)
@pytest.mark.skipif(not os.path.exists("/bin/sh"), reason="no shell")
def test_what_every_process_has(program):
    assert run_tests(program, EMPTY).status == "passed"


def test_memory_that_the_tests_catch_is_no_failure_and_what_they_do_not_is():
    def status(test: str) -> str:
        return run_tests("def f(n): return bytearray(n)", Problem("t/0", "", "\n", test, "f")).status

    assert status("try: f(1 << 42)\nexcept MemoryError: pass\nelse: assert False") == "passed"
    assert status("assert f(1 << 42)") == "memory"
    assert status("try: f(1 << 42)\nexcept Exception: assert False") == "tests_fail"
