"""Attacks on the runner, each next to the honest program that passes; and what a learner reads about a failure."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from procure_kit.problems.problem import Problem
from procure_kit.running import candidate, runner
from procure_kit.running.runner import run_many, run_tests
from procure_kit.running.wire import Channel

HONEST = "def f(xs):\n    return sorted(xs)\n"
PROBLEM = Problem(
    task_id="sort",
    prompt="def f(xs):\n",
    canonical_solution="    return sorted(xs)\n",
    test="def check(candidate):\n    assert candidate([3, 1, 2]) == [1, 2, 3]\n    assert candidate([]) == []\n",
    entry_point="f",
)
ALWAYS = "class Yes{base}:\n    def __eq__(self, other): return True\n    def __len__(self): return 3\n"


def run(program: str, timeout: float = 10.0, **limits) -> runner.TestResult:
    return run_tests(program, PROBLEM, timeout=timeout, **limits)


def test_honest_program_passes():
    result = run(HONEST)
    assert (result.passed, result.status, result.detail) == (True, "passed", "")
    assert 0 < result.seconds < result.limit


FORGERIES = {
    "always equal": ALWAYS.format(base="") + "def f(xs): return Yes()",
    "always equal list": ALWAYS.format(base="(list)") + "def f(xs): return Yes([9])",
    "always equal int": ALWAYS.format(base="(int)") + "def f(xs): return Yes(9)",
    "class that claims to be a list": ALWAYS.format(base="") + "    __class__ = list\ndef f(xs): return Yes()",
    "exits when loaded": "import os; os._exit(0)",
    "sys.exit when loaded": "import sys; sys.exit(0)",
    "exits when called": "import os\ndef f(xs): os._exit(0)",
    "SystemExit when called": "def f(xs): raise SystemExit(0)",
    "KeyboardInterrupt when called": "def f(xs): raise KeyboardInterrupt",
    "StopIteration when called": "def f(xs): raise StopIteration",
    "prints a verdict": 'def f(xs): print(\'{"status": "passed"}\')',
    "patches builtins": "import builtins\nbuiltins.sorted = builtins.all = lambda *a: True\ndef f(xs): pass",
    "patches AssertionError": "import builtins\nbuiltins.AssertionError = ValueError\ndef f(xs): pass",
    "traces": "import sys\nsys.settrace(lambda *a: None)\ndef f(xs): pass",
    "at exit": "import atexit, os\natexit.register(lambda: os._exit(0))\ndef f(xs): return None",
    "kills its group": "import os, signal\ndef f(xs): os.killpg(0, signal.SIGKILL)",
    "closes every descriptor": "import os\ndef f(xs): os.closerange(0, 100)",
    "writes to every descriptor": """
import os, json, struct
def f(xs):
    for body in ({"status": "passed", "detail": "", "seconds": 0}, {"result": True, "objects": []}):
        data = json.dumps(body).encode()
        for fd in range(64):
            try: os.write(fd, struct.pack("!I", len(data)) + data)
            except OSError: pass
""",
    "reads the caller's frames": """
import sys
def f(xs):
    frame, seen = sys._getframe(), []
    while frame:
        seen += [v for v in frame.f_locals.values() if isinstance(v, (list, str))]
        frame = frame.f_back
    return next((v for v in seen if v == [1, 2, 3]), seen)
""",
    "reads all objects": """
import gc
def f(xs): return next((o for o in gc.get_objects() if type(o) is list and o == [1, 2, 3] and o is not xs), None)
""",
    "asks the oracle for its names": """
from procure_kit.running.boundary import Peer
import gc
def f(xs):
    peer = next(o for o in gc.get_objects() if isinstance(o, Peer))
    return peer.request("getattr", 0, ("__globals__",))
""",
    "pickle gadget": "class G:\n    def __reduce__(self): return (list, ([1, 2, 3],))\ndef f(xs): return G()",
    "swallows everything": "def f(xs):\n    try: return undefined\n    except BaseException: return None",
    "a function as result": "def f(xs): return lambda: [1, 2, 3]",
    "NaN": "def f(xs): return float('nan')",
}


@pytest.mark.parametrize("program", FORGERIES.values(), ids=FORGERIES)
def test_forgery_does_not_pass(program):
    result = run(program)
    assert not result.passed
    assert result.status in ("tests_fail", "crashed", "needs_own_process"), result
    assert result.detail
    assert run(HONEST).passed  # and the worker is as good as before


C_STACK = """
import sys
sys.setrecursionlimit(10**9)
class Deep:
    def __repr__(self): return repr(self)
def f(xs): return repr(Deep())
"""
STUBBORN = """
def f(xs):
    while True:
        try:
            while True: pass
        except BaseException: pass
"""


@pytest.mark.parametrize(
    ("program", "status", "detail"),
    [
        (
            "def f(xs): return xs",
            "tests_fail",
            "== [1, 2, 3]; f([3, 1, 2]) returned [3, 1, 2]",
        ),
        ("def f(xs): return 1 / 0", "tests_fail", "raised ZeroDivisionError: division by zero"),
        ("def g(xs): pass", "tests_fail", "defines no 'f'"),
        ("import nowhere", "tests_fail", "loading the program raised ModuleNotFoundError"),
        ("def f(xs) return xs", "unparsable", "line 1: expected ':'"),
        ("def f(xs): return '\0'", "unparsable", "source code string cannot contain null bytes"),
        ("def f(xs): raise SystemExit(3)", "tests_fail", "; f([3, 1, 2]) raised SystemExit: 3"),
        ("def f(xs):\n    while True: pass", "timeout", "f([3, 1, 2]) did not end within 0.3 s"),
        ("import time\ntime.sleep(60)", "timeout", "loading the program"),
        (STUBBORN, "timeout", "did not end"),
        ("def f(xs): return [0] * 10**10", "memory", "more memory"),
        ("def f(xs):\n    x = []\n    while True: x.append('x' * 10**6)", "memory", "more memory"),
        ("def f(xs): return 'x' * (4 * 10**7)", "refused", "may cross"),
        ("def f(xs):\n    x = []\n    for _ in range(999): x = [x]\n    return x", "refused", "nested more than 150"),
        ("def f(xs):\n    x = []\n    x.append(x)\n    return x", "tests_fail", "[[...]]"),
        ("def f(xs): return f(xs)", "tests_fail", "raised RecursionError"),
        ("import ctypes\ndef f(xs): ctypes.string_at(0)", "crashed", "SIGSEGV"),
        (C_STACK, "crashed|tests_fail", ""),
        ("import os\ndef f(xs): os._exit(7)", "crashed", "exit code 7"),
        ("def f(xs):\n    for _ in range(10**5): print('x' * 1000)\n    return sorted(xs)", "passed", ""),
    ],
)
def test_failure_says_what_happened(program, status, detail):
    result = run(program, timeout=0.3 if status == "timeout" else 3, memory_mb=256)
    assert result.status in status.split("|"), result
    assert detail in result.detail


def test_unknown_level_is_an_error():
    with pytest.raises(ValueError, match="unknown level of isolation 'total': use one of 'namespaces'"):
        run(HONEST, require="total")


def test_a_rehearsal_goes_all_the_way_and_leaves_nothing(monkeypatch):
    sent, send = [], Channel.send
    monkeypatch.setattr(Channel, "send", lambda self, *messages: sent.extend(messages) or send(self, *messages))
    candidate.rehearse()
    assert sum("result" in message for message in sent) == 2 * candidate.ROUNDS
    assert "candidate" not in sys.modules


def test_many_keep_their_order():
    jobs = [
        ("def f(xs):\n    while True: pass" if n == 1 else HONEST if n % 2 else "def f(xs): pass", PROBLEM)
        for n in range(8)
    ]
    results = list(run_many(jobs, workers=2, timeout=0.5))
    assert [r.status for r in results] == ["tests_fail", "timeout"] + ["tests_fail", "passed"] * 3


def test_a_killed_worker_costs_nothing():
    assert run(HONEST).passed
    runner._idle[-1].process.kill()
    assert run(HONEST).passed


def test_all_workers_killed_cost_nothing():
    with ThreadPoolExecutor(3) as threads:
        list(threads.map(run, ["import time\ntime.sleep(.2)\n" + HONEST] * 3))
    for worker in runner._idle:
        worker.process.kill()
        worker.process.wait()
    assert len(runner._idle) >= 3 and run(HONEST).passed


def test_a_worker_that_says_it_is_broken_is_replaced(monkeypatch):
    tried = []
    monkeypatch.setattr(
        runner._Worker,
        "run",
        lambda self, job: (
            tried.append(self)
            or {"status": "crashed", "detail": "its surroundings died", "seconds": 0.1, "broken": True}
        ),
    )
    assert run(HONEST).status == "crashed"
    assert len(set(tried)) == 2
    monkeypatch.undo()
    assert run(HONEST).passed


def test_a_mark_of_the_encoding_is_no_part_of_a_program():
    assert run("\ufeff" + HONEST).passed


def test_worker_ends_with_its_caller():
    script = "from procure_kit.running.runner import _worker; import os\n"
    script += "_worker(); print('started', flush=True); os._exit(0)"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=20)
    assert ended.stdout == "started\n"  # and the worker has closed the standard error that it shared


def test_what_cannot_be_sent_is_refused():
    result = run(HONEST + "#" * 40_000_000)
    assert (result.status, result.seconds) == ("refused", 0.0)
    assert "may cross" in result.detail
    assert run(HONEST).passed


def test_a_worker_that_cannot_start_says_so(monkeypatch):
    monkeypatch.setattr(runner, "_idle", [])
    monkeypatch.setattr(runner, "_reasons", {})
    monkeypatch.setattr(runner, "START", "raise SystemExit  # {} {} {}")
    with pytest.raises(OSError, match="namespaces: the worker did not start"):
        run(HONEST)


def test_threads_share_the_pool():
    with ThreadPoolExecutor(3) as threads:
        assert all(result.passed for result in threads.map(run, [HONEST] * 6))


@pytest.mark.slow
def test_tests_that_nothing_can_interrupt_end_by_their_own_cpu_time(monkeypatch):
    monkeypatch.setattr(runner, "STUCK", 200.0)
    counts = replace(PROBLEM, test="def check(candidate):\n    assert sum(range(candidate([]))) == 0\n")
    start = time.monotonic()
    result = run_tests("def f(xs): return 10**12", counts, timeout=0.2)
    assert (result.status, result.detail) == ("timeout", "the tests could not be stopped in time")
    assert time.monotonic() - start < 150
    assert run(HONEST).passed


SLEEPS = "import time\ndef f(xs):\n    time.sleep({})\n    return sorted(xs)\n"


@pytest.mark.slow
def test_limits_come_from_the_originals_own_run():
    problem = replace(PROBLEM, prompt="", canonical_solution=SLEEPS.format(0.4))
    quick, same = run_tests(HONEST, problem), run_tests(problem.program, problem)
    given = {"memory_mb": runner.MEMORY_MB, "require": None, "own_process": False}
    original = runner.run_original(problem.program, problem, timeout=runner.TIMEOUT, **given)
    assert quick.limit == runner.MULTIPLE * original.slowest > 7 and quick.cpu_limit == runner.CPU_FLOOR
    assert same.limit == same.cpu_limit == runner.TIMEOUT
    assert quick.passed and same.passed and same.cpu < 0.3 < same.seconds


@pytest.mark.extras
def test_a_library_that_only_the_program_loads_has_time_of_its_own():
    problem = replace(PROBLEM, prompt="", canonical_solution=HONEST)
    loads = run_tests("def f(xs):\n    import numpy\n    return numpy.sort(xs).tolist()\n", problem)
    assert loads.passed and loads.cpu_limit == runner.CPU_FLOOR + runner.LOADING
    assert loads.limit == runner.WALL_FLOOR + runner.LOADING
    assert run_tests("import heapq\n" + HONEST, problem).cpu_limit == runner.CPU_FLOOR
    assert runner.limits_by(loads, "import numpy", "from numpy import sort")[1] < runner.LOADING


@pytest.mark.parametrize(
    ("program", "found"),
    [
        ("import os, numpy.linalg as l\nfrom scipy.stats import norm", {"numpy", "scipy"}),
        ("def f():\n    from . import x\n    import json", set()),
        ("import (", set()),
    ],
)
def test_libraries_that_a_program_imports(program, found):
    assert runner.libraries(program) == found


@pytest.mark.parametrize("loop", ["while True: pass", "import os\n    os.fork()\n    os.fork()\n    while True: pass"])
@pytest.mark.slow
def test_cpu_time_ends_a_loop_and_leaves_waiting_alone(loop):
    endless = run_tests(f"def f(xs):\n    {loop}\n", PROBLEM, timeout=5, cpu_seconds=0.4)
    assert endless.status == "timeout" and "0.4 s of CPU time" in endless.detail
    assert run_tests(SLEEPS.format(0.8), PROBLEM, timeout=5, cpu_seconds=0.4).passed
