"""Run a program against a problem's tests, in limited processes that cannot be talked into a pass.

A pool of warm workers (worker.py) forks for each run the tests and the program apart from one another; only calls and
plain data cross between them (boundary.py). What keeps the program in is named on each result (isolation/levels.py).
"""

import ast
import atexit
import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256

from procure_kit.problems.problem import Problem
from procure_kit.problems.ranges import refuse_impossible
from procure_kit.running.in_order import in_order
from procure_kit.running.isolation.system import LEVELS, check_system
from procure_kit.running.reference import Unsettled, with_test
from procure_kit.running.wire import Channel, Gone, Unsendable
from procure_kit.shipped import PACKAGE

TIMEOUT = 10.0  # seconds that an original may take, for all tests of its problem together
MULTIPLE = 10  # a program may take this many times as long as its original,
WALL_FLOOR, CPU_FLOOR = 3.0, 0.5  # and so many seconds in any case: only waiting is at the mercy of a busy machine
LOADING = 10.0  # seconds more, of both, for a program that imports a library which its original does without
MEMORY_MB = 1024
ORIGINALS = 4096  # whose results are kept
PATIENCE = 30.0  # seconds in which a worker must start, or end
MISSING = re.compile(r"(?:No such file or directory|Permission denied): '(/[^']+)'")  # what Python says of a file
STUCK = 10.0  # seconds beyond a time limit after which a worker is taken for dead: a busy machine may keep it waiting
START = (
    "import sys; sys.path.insert(0, {!r}); from procure_kit.running.worker import main; sys.path.pop(0); main({}, {!r})"
)
# cleared before any job: sets of strings have the same order in every run; no fork has to look for C functions again
ENVIRONMENT = {"PYTHONHASHSEED": "0", "LD_BIND_NOW": "1"}


@dataclass(frozen=True)
class TestResult:
    """What became of one program.

    `status` is "passed", "tests_fail", "timeout", "memory", "crashed", "refused", "unparsable", "never_called" (the
    tests never ask the program for anything: they would pass for every program), or "needs_own_process": the tests look
    into the program's own process, or pass in one process with it and not apart from it, and there they could be
    forged. Where that was allowed, it is "passed_in_own_process". "refused" is a program that asked for what it is not
    given, such as a socket or a file of this machine. Where the original's outputs are to be the tests, and
    cannot be had, it is one of reference.UNSETTLED. The detail says why. `seconds` are wall time, without the start of
    the processes, and `slowest` those of the slowest case of a program that reads standard input; `limit` is the limit
    on them, of the whole run or of each case. `cpu` and `cpu_limit`: the same in CPU time, of the program and the
    processes that it started and waited for.
    """

    __test__ = False  # pytest should not collect it

    passed: bool
    status: str
    detail: str
    seconds: float
    isolation: str
    limit: float = 0.0
    slowest: float = 0.0
    cpu: float = 0.0
    cpu_limit: float = 0.0


class _Worker:
    """A warm process at one level of isolation. Raises: OSError when the system forbids that level."""

    def __init__(self, level: str):
        ours, theirs = socket.socketpair()
        self.channel = Channel(ours)
        code = START.format(str(PACKAGE.parent), theirs.fileno(), level)
        self.process = subprocess.Popen(
            [sys.executable, "-s", "-P", "-c", code],
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            start_new_session=True,
        )
        theirs.close()
        self.level = level
        self.channel.deadline = time.monotonic() + PATIENCE
        try:
            why = self.channel.receive()["why"]
        except Gone as error:
            why = f"the worker did not start: {error}"
        if why:
            self.close()
            raise OSError(why)

    def run(self, job: dict) -> dict:
        self.channel.deadline = time.monotonic() + 2 * job["timeout"] * max(1, len(job["cases"])) + STUCK
        self.channel.send(job)
        return self.channel.receive()

    def kill(self) -> None:
        self.process.kill()
        self.close()

    def close(self) -> None:
        self.channel.socket.close()  # the worker sees it, and ends with all that it started
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


_idle: list[_Worker] = []
_reasons: dict[str, str] = {}  # levels that this system forbids, and why


def _worker() -> _Worker:
    with contextlib.suppress(IndexError):  # raised when none is idle; threads share the pool
        while (worker := _idle.pop()).process.poll() is not None:
            worker.close()  # someone killed it
        return worker
    check_system()
    for level in LEVELS:
        if level not in _reasons:
            try:
                return _Worker(level)
            except OSError as error:
                _reasons[level] = str(error)
    raise OSError("; ".join(f"{level}: {why}" for level, why in _reasons.items()))


@atexit.register
def _close_idle() -> None:
    while _idle:
        _idle.pop().close()


if hasattr(os, "register_at_fork"):  # not so on Windows
    os.register_at_fork(after_in_child=_idle.clear)  # a forked copy of this process needs workers of its own


def run_tests(
    program: str,
    problem: Problem,
    *,
    timeout: float | None = None,
    cpu_seconds: float | None = None,
    memory_mb: int = MEMORY_MB,
    require: str | None = None,
    own_process: bool = False,
) -> TestResult:
    """Run a program against the problem's tests, or its cases.

    `timeout` limits the wall time (seconds) of the whole run, or of each case, and `cpu_seconds`, by default as many,
    the CPU time. Without them the limits come from the original's own run on this machine (`limits_by`), or are TIMEOUT
    for the original itself and where there is none that passes. `memory_mb` limits the address space of
    each process, and the memory of all together. `require` names a level of isolation (see system.LEVELS): where the
    system cannot give it or a stronger one, the status is "refused" and nothing runs. `own_process` lets tests
    pass that do so only in one process with the program, where it can forge their outcome: a status of its own.

    For a program that forges nothing "passed" and "tests_fail" are what one process with program and tests gives: where
    the two sides of the boundary might make a difference, the tests run both ways, and "passed" needs both.

    Raises: ValueError for an unknown level, or a number that cannot be meant; OSError where the system has none.
    """
    refuse_impossible(timeout=timeout, cpu_seconds=cpu_seconds, memory_mb=memory_mb)
    _check_level(require)
    try:
        problem = with_reference(problem, memory_mb=memory_mb, require=require)
    except Unsettled as why:
        return TestResult(False, why.status, why.detail, 0.0, why.isolation)
    job = {name: getattr(problem, name) for name in ("test", "setup", "entry_point", "cases", "tolerance", "any_case")}
    program, original = (text.removeprefix("\ufeff") for text in (program, problem.program))  # a mark of the encoding
    job |= {"program": program, "original": original, "solved": bool(problem.canonical_solution.strip())}
    job |= {"memory_mb": memory_mb, "own_process": own_process}
    if timeout is None:
        same = {"memory_mb": memory_mb, "require": require, "own_process": own_process}
        timeout, own = TIMEOUT, TIMEOUT
        if job["solved"] and program != original:
            measured = run_original(problem.program, problem, timeout=TIMEOUT, **same)
            timeout, own = limits_by(measured, program, original)
        cpu_seconds = own if cpu_seconds is None else cpu_seconds
    cpu_seconds = timeout if cpu_seconds is None else cpu_seconds
    job |= {"timeout": timeout, "cpu_seconds": cpu_seconds}
    result = _hidden(_run(job, require))
    passed = result["status"] in ("passed", "passed_in_own_process")
    return TestResult(passed, limit=timeout, cpu_limit=cpu_seconds, **{"slowest": result["seconds"]} | result)


def _hidden(result: dict) -> dict:
    """The result; where a program failed for want of a file that this machine has, it was refused that file."""
    missing = MISSING.search(result["detail"]) if result["status"] == "tests_fail" else None
    if missing is None or not os.path.exists(missing[1]):
        return result
    return result | {"status": "refused", "detail": f"{result['detail']}; {missing[1]} is hidden from programs"}


def _check_level(require: str | None) -> None:
    if require is not None and require not in LEVELS:
        raise ValueError(f"unknown level of isolation {require!r}: use one of {', '.join(map(repr, LEVELS))}")


def _run(job: dict, require: str | None) -> dict:
    """What a worker makes of a job: {"status", "detail", "seconds", "isolation", ...}."""
    for attempt in (1, 2):
        worker = _worker()
        level = {"isolation": worker.level}
        if require is not None and LEVELS.index(worker.level) > LEVELS.index(require):
            _idle.append(worker)
            why = "; ".join(f"{level}: {reason}" for level, reason in _reasons.items())
            return {"status": "refused", "detail": f"{require!r} is required, but {why}", "seconds": 0.0} | level
        try:
            result = worker.run(job)
        except Unsendable as error:
            _idle.append(worker)
            return {"status": "refused", "detail": str(error), "seconds": 0.0} | level
        except Gone as error:
            worker.kill()
            # comparing or hashing what the program returned can take for ever
            if error.timeout or worker.process.returncode == -signal.SIGPROF:
                why = "the tests could not be stopped in time"
                return {"status": "timeout", "detail": why, "seconds": job["timeout"]} | level
            # someone killed the worker: try once more, with a fresh one
            result = {"status": "crashed", "detail": "the worker died twice while it ran this program", "seconds": 0.0}
            if attempt == 1:
                continue
        else:
            if result.pop("broken", False):
                worker.close()
                if attempt == 1:
                    continue
            else:
                _idle.append(worker)
        return result | level


_originals: OrderedDict[bytes, TestResult] = OrderedDict()  # by a digest: problems may be large, and many


def run_original(original: str, problem: Problem, **limits) -> TestResult:
    """Run an original once, however many programs are measured by it. `limits` as in `run_tests`."""
    asked = repr((original, problem, sorted(limits.items()))).encode(errors="surrogatepass")
    key = sha256(asked).digest()
    if (known := _originals.get(key)) is not None:
        return known
    _originals[key] = found = run_tests(original, problem, **limits)
    if len(_originals) > ORIGINALS:
        _originals.popitem(last=False)
    return found


_references: OrderedDict[bytes, Problem | tuple] = OrderedDict()


def with_reference(
    problem: Problem, *, timeout: float = TIMEOUT, memory_mb: int = MEMORY_MB, require: str | None = None
) -> Problem:
    """The problem with tests made of what its original returns, once for each problem (reference.py); as it is where it
    has tests. Limits as in `run_tests`; `timeout` is for all inputs together.

    Raises: Unsettled, with the status, where no tests can be made; ValueError and OSError as `run_tests`.
    """
    if not problem.input_generator:
        return problem
    refuse_impossible(timeout=timeout, memory_mb=memory_mb)
    _check_level(require)
    limits = {"timeout": timeout, "cpu_seconds": timeout, "memory_mb": memory_mb}
    key = sha256(repr((problem, limits, require)).encode(errors="surrogatepass")).digest()
    if (found := _references.get(key)) is None:
        usual = {"test": "", "cases": (), "original": "", "solved": False, "own_process": False}
        try:
            found = with_test(problem, lambda job: _run(usual | job | limits, require))
        except Unsettled as why:
            found = why.args
        _references[key] = found
        if len(_references) > ORIGINALS:
            _references.popitem(last=False)
    if isinstance(found, tuple):
        raise Unsettled(*found)
    return found


def limits_by(measured: TestResult, program: str, original: str) -> tuple[float, float]:
    """The seconds of wall and of CPU time that a program gets: MULTIPLE times what its original took, and a floor.
    LOADING is added for libraries that the original does not import: to load them is no part of the work."""
    if not measured.passed:
        return TIMEOUT, TIMEOUT
    more = LOADING if libraries(program) - libraries(original) else 0.0
    return max(WALL_FLOOR, MULTIPLE * measured.slowest) + more, max(CPU_FLOOR, MULTIPLE * measured.cpu) + more


def libraries(program: str) -> set[str]:
    """Top-level packages outside the standard library that a program's text imports anywhere."""
    if "import" not in program:
        return set()
    try:
        nodes = list(ast.walk(ast.parse(program)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    named = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    named += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.partition(".")[0] for name in named} - {"", *sys.stdlib_module_names}


def run_many(
    jobs: Iterable[tuple[str, Problem]],
    workers: int = 2,
    **limits,
) -> Iterator[TestResult]:
    """Run (program, problem) pairs, `workers` at a time; yields results in the jobs' order, as they come.

    `limits` are the keyword arguments of `run_tests`.
    """
    refuse_impossible(workers=workers)
    with ThreadPoolExecutor(workers) as threads:
        for _, future in in_order(lambda job: threads.submit(run_tests, *job, **limits), jobs, workers):
            yield future.result()
