"""Programs that try what a level of isolation forbids, and how a test runs them."""

import os

from procure_kit.problems.problem import Problem
from procure_kit.running.runner import TestResult, run_tests

HONEST = "def f(x):\n    return x + 1\n"
PROBLEM = Problem(
    "t", "def f(x):\n", "    return x + 1\n", "def check(candidate):\n    assert candidate(1) == 2\n", "f"
)
ENDLESS = "def f(x):\n    while True: pass\n"


def run(program: str, timeout: float = 10.0, **limits) -> TestResult:
    return run_tests(program, PROBLEM, timeout=timeout, **limits)


def answer(body: str, wanted: str, argument: str = "0", **limits) -> TestResult:
    """Run `def f(x): <body>` and require its result to be the wanted one."""
    program = "import os, sys, socket\ndef f(x):\n" + "".join(f"    {line}\n" for line in body.splitlines())
    test = f"def check(candidate):\n    assert candidate({argument}) == {wanted}\n"
    return run_tests(program, Problem("t", program, "\n", test, "f"), **limits)


SEEN = {
    "little environment": ("return sorted(os.environ)", "['HOME', 'USER']"),
    "an empty directory": ("return os.listdir()", "[]"),
    "an empty standard input": ("return sys.stdin.read()", "''"),
    "a writable directory": ("open('x', 'w').write('1')\nreturn open('x').read()", "'1'"),
    "a hidden directory": ("os.mkdir('x')\nopen('x/y', 'w')\nos.chmod('x', 0)\nreturn os.listdir()", "['x']"),
}
FENCED = {
    "reading": "open(x).read()",
    "writing": "open(x, 'a')",
    "writing into Python": "open(os.__file__, 'a')",
    "a file in the root": "open('/x', 'w')",
    "killing its parent": "os.kill(os.getppid() or 1 << 20, 9)",
    "becoming root": "os.setuid(0) or os.setgroups([0]) or open('/usr/x', 'w')",
}
SLEEP = 61 + os.getpid() / 1e7  # a number that no other test run uses
NAP = f"time.sleep({SLEEP})"
ORPHANS = {
    "fork": f"import os, time\nif os.fork() == 0: {NAP}\n",
    "new session": f"""
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0: {NAP}
    os._exit(0)
""",
    "subprocess": f"import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', 'import time; {NAP}'])\n",
    "thread": f"import threading, time\nthreading.Thread(target=lambda: {NAP}).start()\n",
}
FORK_BOMB = "import os\ndef f(x):\n    while True:\n        try: os.fork()\n        except OSError: pass\n"
