"""A warm process that runs one job after another, each in forks of its own: `python -c` starts it, see runner.py.

    caller ── worker ── supervisor (one a job) ─┬─ oracle: the tests, trusted
                                                └─ candidate: the program under test, limited and alone

The worker never reads a program. It forks a supervisor a job; that forks the oracle, which reads the job, and the
candidate, which is told the program alone and then answers calls. The supervisor believes only the oracle's report, and
kills everything when the report is there or the time is over.
"""

import contextlib
import gc
import importlib
import os
import random
import select
import shutil
import signal
import socket
import sys
import tempfile
import time
import traceback

from procure_kit import candidate, isolation, oracle
from procure_kit.wire import Gone, receive, send

SPARE = 100  # descriptors from here on are unused: a worker starts with four
GRACE = 0.5  # seconds beyond the time limit in which the oracle can still report by itself
WARM = """abc array base64 bisect calendar cmath collections contextlib copy dataclasses datetime decimal enum
fractions functools hashlib heapq io itertools json math numbers operator random re statistics string struct textwrap
time typing"""  # what programs of the benchmarks import, so that a fork has it already


def main(fd: int, level: str) -> None:
    """Serve jobs on `fd` until it closes: a header for the supervisor, then a body for the oracle."""
    os.environ.clear()
    os.umask(0o022)
    for name in WARM.split():
        importlib.import_module(name)
    try:
        if level == "namespaces":
            isolation.enter_namespaces()
        elif level == "process" and not isolation.nobody_can_import():
            raise OSError(f"only root can read {sys.base_prefix}")
    except OSError as error:
        send(fd, {"why": str(error)})
        return
    send(fd, {"why": ""})  # ready
    gc.disable()
    gc.freeze()  # forks that never touch an object's header never copy its page
    with contextlib.suppress(Gone):  # the caller is gone, and so is the work
        while True:
            header = receive(fd)
            child = os.fork()
            if child == 0:
                _live(supervise, fd, level, header["timeout"], header["memory_mb"])
            if os.waitpid(child, 0)[1]:
                return  # something went wrong: the caller sees this worker end, and starts another


def _live(function, *args) -> None:
    """Run the function as the whole life of a forked process, which must never return into its parent's code."""
    code = 1
    try:
        function(*args)
        code = 0
    except Exception:
        traceback.print_exc()
    finally:
        os._exit(code)


def supervise(fd: int, level: str, timeout: float, memory_mb: int) -> None:
    """Run one job and send its result: status, detail, seconds; and `broken` when the worker should not go on."""
    isolation.adopt_orphans()
    report, reported = os.pipe()
    ours, theirs = socket.socketpair()
    home = isolation.scratch() if level == "namespaces" else tempfile.mkdtemp(prefix="procure-")
    if level == "process" and os.geteuid() == 0:
        os.chown(home, isolation.NOBODY, isolation.NOBODY)

    judge = os.fork()
    if judge == 0:
        os.setsid()
        keep_only(fd, ours.fileno(), reported)
        isolation.limit(int(timeout + GRACE) + 1, 4 * memory_mb)
        isolation.hide()
        _live(oracle.main, 3, 4, 5, timeout)
    if level == "namespaces":
        isolation.new_pid_namespace()
    program = os.fork()
    if program == 0:
        os.setsid()
        os.chdir(home)
        keep_only(theirs.fileno())
        isolation.limit(int(timeout) + 1, memory_mb)
        isolation.drop_privileges(level)
        _live(candidate.main, 3)

    for end in (ours, theirs):
        end.close()
    os.close(reported)
    result = _wait_for_report(report, fd, timeout)
    ending, cpu_seconds = _kill_all(judge, program)
    if result["status"] == "gone":
        result["status"] = "timeout" if cpu_seconds >= int(timeout) + 1 else "crashed"
        result["detail"] += f": {_ended(ending)} after {cpu_seconds:.1f} s of CPU time"
    send(fd, result)
    _empty(home, remove=level != "namespaces")


def _wait_for_report(report: int, caller: int, timeout: float) -> dict:
    """The oracle's report, or what its silence means."""
    start, poller = time.monotonic(), select.poll()
    poller.register(report, select.POLLIN)
    poller.register(caller, 0)  # wakes when the caller is gone
    ready = poller.poll((timeout + GRACE) * 1000)
    seconds = time.monotonic() - start
    if not ready:
        lost = {"status": "timeout", "detail": f"the tests did not end within {timeout:g} s"}
    else:
        try:
            return receive(report, start + timeout + 2 * GRACE)
        except Gone:
            lost = {"status": "crashed", "detail": "the process of the tests ended without a verdict"}
    return lost | {"seconds": seconds, "broken": True}  # the oracle may not have read all of its job


def _kill_all(judge: int, program: int) -> tuple[int, float]:
    """Kill both processes, their groups and every descendant.

    Returns how the program ended (as subprocess's returncode) and the seconds of CPU time that it had used.
    """
    for group in (judge, program):
        for kill in (os.killpg, os.kill):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                kill(group, signal.SIGKILL)
    _, status, usage = os.wait4(program, 0)
    with contextlib.suppress(ChildProcessError):  # raised when none is left
        while True:
            for child in _children():
                os.kill(child, signal.SIGKILL)
            os.waitpid(-1, 0)
    return os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime


def _children() -> list[int]:
    try:
        with open(f"/proc/self/task/{os.getpid()}/children") as file:
            return [int(pid) for pid in file.read().split()]
    except FileNotFoundError:  # in namespaces nothing can be left; elsewhere than on Linux nothing can be listed
        return []


def _empty(home: str, *, remove: bool) -> None:
    for entry in os.scandir(home):
        if entry.is_dir(follow_symlinks=False):
            _unlock(entry.path)
            shutil.rmtree(entry.path)
        else:
            os.unlink(entry.path)
    if remove:
        os.rmdir(home)


def _unlock(folder: str) -> None:
    os.chmod(folder, 0o700)
    for entry in os.scandir(folder):
        if entry.is_dir(follow_symlinks=False):
            _unlock(entry.path)


def keep_only(*wanted: int) -> None:
    """Leave open the wanted descriptors alone, as 3, 4, ..., and /dev/null as 0, 1 and 2; draw the same random numbers.

    Every program starts from the same seed, so that one which draws random numbers gets the same ones each time.
    """
    for number, old in enumerate(wanted):
        os.dup2(old, SPARE + number)
    for number in range(len(wanted)):
        os.dup2(SPARE + number, 3 + number)
    null = os.open("/dev/null", os.O_RDWR)
    for standard in range(3):
        os.dup2(null, standard)
    os.closerange(3 + len(wanted), SPARE + len(wanted))
    random.seed(0)


def _ended(ending: int) -> str:
    if ending >= 0:
        return f"it ended its own process with exit code {ending}"
    return f"its process was killed by {signal.Signals(-ending).name}"
