"""Programs that read standard input: how they run, what they may not do, and how their output is compared."""

import pytest

from procure_kit.problems.problem import Problem
from procure_kit.running.cases import NUMBER, compare
from procure_kit.running.runner import run_tests

HONEST = "a, b = map(int, input().split())\nprint(a + b)\n"
PROBLEM = Problem("sum", "", HONEST, "", "", cases=(("1 2\n", "3\n"), ("20 22\n", "42\n")))


def run(program: str, problem: Problem = PROBLEM, **limits):
    return run_tests(program, problem, **{"timeout": 2, **limits})


RIGHT = {
    "input": HONEST,
    "all of standard input": "import sys\na, b = map(int, sys.stdin.read().split())\nsys.stdout.write(str(a + b))",
    "bytes": "import sys\nprint(sum(map(int, sys.stdin.buffer.readline().split())))",
    "descriptor 0": "import os\nprint(sum(map(int, os.read(0, 99).split())))",
    "open(0)": "print(sum(map(int, open(0).read().split())))",
    "guarded main": "def main():\n    print(sum(map(int, input().split())))\nif __name__ == '__main__':\n    main()",
    "ends itself": HONEST + "import sys\nsys.exit()",
    "exit 0": HONEST + "exit(0)",
    "raw output": "import os\nos.write(1, b'%d' % sum(map(int, input().split())))\nos._exit(0)",
    "in a thread": "import threading as t\nt.Thread(target=lambda: print(sum(map(int, input().split())))).start()",
    "at exit": "import atexit\natexit.register(lambda: print(sum(map(int, input().split()))))",
    "more white space": "print('\\n ', sum(map(int, input().split())), ' \\n\\n')",
    "with noise on standard error": HONEST + "import sys\nprint('debug', file=sys.stderr)",
    "its own name": "import os\nassert os.path.basename(__file__) == 'program.py'\n" + HONEST,
    "leaves a file behind": "import os\nassert os.listdir() == []\nopen('x', 'w').write('1')\nos.mkdir('d')\n" + HONEST,
}


@pytest.mark.parametrize("program", RIGHT.values(), ids=RIGHT)
def test_right(program):
    result = run(program)
    assert (result.passed, result.status, result.detail) == (True, "passed", ""), result
    assert 0 < result.slowest <= result.seconds


POOL = """from multiprocessing import Pool
if __name__ == '__main__':
    with Pool(2) as pool:
        print(sum(pool.map(int, input().split())))
"""
THREADS = "import threading, time\nfor _ in range(60): threading.Thread(target=time.sleep, args=[1]).start()\n"


def test_what_a_program_asks_of_the_system_is_there_or_its_lack_is_the_reason():
    pool, threads = run(POOL, timeout=10), run(THREADS, timeout=10)
    assert pool.passed or pool.status == "refused" and "no semaphores at this level" in pool.detail, pool
    assert threads.status == "refused" and "may have 32 processes and threads at a time" in threads.detail
    inside = Problem("t", "", "\n", "def check(candidate):\n    assert candidate() is None\n", "f")
    asked = run(f"def f():\n    {THREADS.splitlines()[0]}\n    {THREADS.splitlines()[1]}\n", inside, timeout=10)
    assert asked.status == "refused" and "32 processes and threads" in asked.detail


EVERY = """
import os
for fd in range(3, 64):
    try: os.write(fd, b'3\\n')
    except OSError: pass
"""
WRONG = {
    "wrong": ("print(3)", "tests_fail", "case 2 of 2: word 1: expected '42', got '3'; the input was '20 22"),
    "nothing": ("", "tests_fail", "case 1 of 2: expected 1 words, got 0"),
    "too much": (HONEST + "print('and more')", "tests_fail", "case 1 of 2: expected 1 words, got 3"),
    "raises": ("x = 1 / 0", "tests_fail", "case 1 of 2: the program ended with exit code 1: ZeroDivisionError"),
    "reads too much": (HONEST + "input()", "tests_fail", "EOFError"),
    "right, but ends with 3": (HONEST + "exit(3)", "tests_fail", "exit code 3"),
    "says why it ends": (HONEST + "exit('no')", "tests_fail", "exit code 1: no"),
    "does not parse": ("print(", "unparsable", "line 1: '(' was never closed"),
    "endless": ("while True: pass", "timeout", "case 1 of 2 did not end within 0.4 s"),
    "sleeps": ("import time\ntime.sleep(60)", "timeout", "case 1 of 2"),
    "endless on the second": (HONEST + "while a == 20: pass", "timeout", "case 2 of 2"),
    "endless at exit": (HONEST + "import atexit, itertools as i\natexit.register(all, i.count(1))", "timeout", ""),
    "thread without end": (HONEST + "import threading as t\nt.Thread(target=t.Event().wait).start()", "timeout", ""),
    "memory": ("x = [0] * 10**10", "memory", "case 1 of 2 needed more memory"),
    "segfault": ("import ctypes\nctypes.string_at(0)", "crashed", "killed by signal 11"),
    "kills itself": ("import os\nos.kill(os.getpid(), 9)", "crashed", "signal 9"),
    "endless output": ("while True: print('x' * 9999)", "refused|tests_fail", ""),
    "closes its output": ("import os\nos.close(1)\nprint(3)", "tests_fail", ""),
    "kills what runs it": ("import os\nos.kill(os.getppid(), 9)\nprint(3)", "crashed", ""),
    "writes half and crashes": ("import os\nos.write(1, b'3\\n')\nos.abort()", "crashed", "killed by signal 6"),
    "goes on after the end": (HONEST + "print('more')\nimport sys\nsys.stdin.read()", "tests_fail", "got 2"),
    "two bytes a character": ("print('é' * 5_000_000)", "refused", "more than 8,000,000 bytes of output"),
    "wrong, in Windows' lines": ("print('4\\r\\n\\r\\n')", "tests_fail", "expected '3', got '4'"),
    "commands a terminal": ("print('\\x1b[2J')", "tests_fail", r"got '\x1b[2J'"),
    "hides its exception": ("import sys\nsys.excepthook = print\nprint(3)\nraise ValueError", "tests_fail", "code 1"),
    "writes to every descriptor": (EVERY, "tests_fail", ""),
    "looks for outputs": ("import gc\nprint([o for o in gc.get_objects() if '42' in str(o)][:1])", "tests_fail", ""),
}  # fmt: skip


@pytest.mark.parametrize(("program", "status", "detail"), WRONG.values(), ids=WRONG)
def test_wrong(program, status, detail):
    result = run(program, timeout=0.4 if status == "timeout" else 3)
    assert result.status in status.split("|"), result
    assert detail in result.detail
    assert run(HONEST).passed


BREAKS = {
    "locks its folder": "import os\nos.mkdir('a', 0)\nos.makedirs('b/c')\nos.chmod('b/c', 0)\nos.chmod('b', 0)\n",
    "nests its folders": "import os\nfor _ in range(1500):\n    os.mkdir('d' * 50)\n    os.chdir('d' * 50)\n",
    "leaves one to fill the disk": """
import os
if os.fork() == 0:
    os.setsid()
    while True:
        try: open(str(os.times().elapsed), 'w').write('x' * 10**7)
        except OSError: pass
""",
}


@pytest.mark.parametrize("mess", BREAKS.values(), ids=BREAKS)
def test_no_case_breaks_what_runs_the_next(mess):
    result = run("import os\nif os.listdir(): raise SystemExit('it is not empty')\n" + mess + HONEST)
    assert result.passed, result


def test_what_runs_a_program_can_be_broken_and_the_worker_goes_on():
    breaks = "import os\nos.rename('.', '../elsewhere')\n"
    kills = "import os\nos.kill(os.getppid(), 11)\n"
    for program in (breaks, kills):
        assert run(program).status in ("tests_fail", "crashed")
        assert run(HONEST).passed


def test_random_numbers_are_the_same_in_every_run():
    said = {run("import random\nprint(random.random())").detail for _ in range(2)}
    assert len(said) == 1 and "got '0." in said.pop()


@pytest.mark.slow
def test_each_case_has_its_own_time():
    slow = "import time\ntime.sleep(1)\n" + HONEST
    result = run(slow, timeout=1.9)
    assert result.passed, result
    assert result.slowest < 1.9 < result.seconds


@pytest.mark.parametrize(
    ("output", "expected", "why"),
    [
        ("1 2 4", "1 2 3", "word 3: expected '3', got '4'"),
        ("5 2 4", "1 2 3", "word 1: expected '1', got '5'"),
        ("1 2", "1 2 3", "expected 3 words, got 2"),
        ("1 2 3 4", "1 2 3", "expected 3 words, got 4"),
        ("x" * 300, "y" * 300, f"word 1: expected '{'y' * 100}', got '{'x' * 100}'"),
        ("-2.5e0", "-2.51", "word 1: expected '-2.51', got '-2.5e0'"),
    ],
)
def test_the_first_difference_is_told(output, expected, why):
    assert compare(output, expected, 0.0, False) == why


@pytest.mark.parametrize(
    ("number", "is_number"),
    [
        ("1", True), ("-1", True), ("+1.5", True), (".5", True), ("1.", True), ("1e5", True), ("1.5E-7", True),
        (".", False), ("1e", False), ("0x1", False), ("1_0", False), ("--1", False), ("inf", False), ("", False),
    ],
)  # fmt: skip
def test_what_is_compared_as_a_number(number, is_number):
    assert bool(NUMBER.fullmatch(number)) is is_number


@pytest.mark.parametrize(
    ("output", "expected", "equal"),
    [("1.0001", "1", True), ("1.0002", "1", False), ("200.02", "200", True), ("200.03", "200", False)],
)
def test_numbers_may_differ_absolutely_or_relative_to_the_expected_one(output, expected, equal):
    assert (compare(output, expected, 1.0001e-4, False) == "") is equal


@pytest.mark.parametrize(
    ("output", "expected", "tolerance", "any_case", "equal"),
    [
        ("1 2\n3\n", "1 2\n3", 0, False, True),
        ("1  2 \r\n\n3", "1 2\n3\n", 0, False, True),
        ("12\n", "1 2\n", 0, False, False),
        ("1", "1 1", 0, False, False),
        ("", "", 0, False, True),
        ("Yes", "YES", 0, False, False),
        ("Yes", "YES", 0, True, True),
        ("0.3333", "0.33333333", 1e-4, False, True),
        ("0.3333", "0.33333333", 1e-6, False, False),
        ("0.3333", "0.33333333", 0, False, False),
        ("1000000001", "1000000000", 1e-6, False, False),  # both whole
        ("+5", "5", 1e-6, False, True),
        ("1000000.5", "1000000", 1e-6, False, True),
        ("1.0", "1", 0, False, False),
        ("1.0", "1", 1e-9, False, True),
        ("1e0", "1", 1e-9, False, True),
        ("nan", "1", 1e-3, False, False),
        ("inf", "1", 1e-3, False, False),
        ("1_0", "10", 1e-3, False, False),
        ("x", "1", 1e-3, False, False),
        ("9" * 100_000 + "x", "1", 1e-3, False, False),
        ("9" * 400, "9" * 400 + ".5", 1e-3, False, False),
    ],
)
def test_compare(output, expected, tolerance, any_case, equal):
    assert (compare(output, expected, tolerance, any_case) == "") is equal
