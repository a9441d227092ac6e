"""A warm process that judges one job after another: `python -c` starts it, see runner.py.

    caller ── worker: the tests, trusted ── zygote: the first process of a PID namespace ── candidate, one a job

The worker runs the tests (oracle.py), in a fork of its own unless they can leave no trace. The zygote has a candidate
forked and waiting, with one end of a fresh socket pair and nothing else, and hands the worker the other: there goes the
program alone, and then come the calls. When the verdict is there, or the time is over, the zygote kills all it forked.
"""

import contextlib
import gc
import importlib
import os
import random
import signal
import socket
import struct
import time

from procure_kit.running import oracle, together, zygote
from procure_kit.running.asking import Finished
from procure_kit.running.explanation import on_one_line
from procure_kit.running.isolation import levels, limits, ties
from procure_kit.running.isolation.folder import empty_folder
from procure_kit.running.isolation.usage import Usage, processes_of_this_user
from procure_kit.running.wire import Channel, Gone

GRACE = 0.5  # seconds beyond the time limit in which the oracle can still report by itself
TICK = 0.1  # seconds between two looks at the clock, the memory, and the caller
WARM = """abc array base64 bisect calendar cmath collections contextlib copy dataclasses datetime decimal enum
fractions functools hashlib heapq io itertools json math numbers operator random re statistics string struct textwrap
time typing"""  # what programs of the benchmarks import, so that a fork has it already


def main(fd: int, level: str) -> None:
    """Serve jobs on `fd` until it closes."""
    os.environ.clear()
    os.umask(0o022)
    limits.quiet_threads()
    caller = Channel(socket.socket(fileno=fd))
    for name in WARM.split():
        importlib.import_module(name)
    usage, others = Usage(), processes_of_this_user()
    try:
        levels.enter(level)
        ties.adopt_orphans()
        control, usage.root, folder = zygote.start(level, others)
        os.chdir(folder)
        control.sendall(b".")  # the first candidate
    except OSError as error:
        caller.send({"why": str(error)})
        return
    ties.hide()
    limits.soften(4096)
    caller.send({"why": ""})  # ready
    gc.freeze()
    job = _Job(caller, control, usage)
    signal.signal(signal.SIGALRM, job.look)
    with contextlib.suppress(Gone, BrokenPipeError):  # the caller is gone, or somebody killed the next candidate
        while True:
            caller.send(job.run(caller.receive()))
    control.close()
    with contextlib.suppress(ChildProcessError):  # raised when the zygote is gone, too, and has tidied up
        while True:
            os.wait()


class _Job:
    """Runs one job after another; a timer looks after the one that runs."""

    def __init__(self, caller: Channel, control: socket.socket, usage: Usage):
        self.caller, self.control, self.usage = caller, control, usage
        self.deadline = self.limit_mb = self.limit_cpu = None

    def run(self, job: dict) -> dict:
        """The result of one job; `broken` in it when this worker should not go on."""
        apart = job["cases"] or "calls" in job  # no tests that could run in one process with the program
        inside = "" if apart else _inside(job)
        if inside and not job["own_process"]:
            why = f"{inside}; such tests are not run by default"
            return {"status": "needs_own_process", "detail": why, "seconds": 0.0, "cpu": 0.0}
        result = self._run_once(job | {"together": bool(inside)})
        if result.get("doubt") and not apart and not inside and not result.get("broken"):
            result = together.agreed(result, self._run_once(job | {"together": True}), job["own_process"])
        result.pop("doubt", None)
        if result["status"] == "tests_fail" and (why := limits.not_to_be_had(result["detail"])):
            result |= {"status": "refused", "detail": f"{result['detail']}; {why}"}
        return result | {"detail": on_one_line(result["detail"])}

    def _run_once(self, job: dict) -> dict:
        """What one candidate makes of the job."""
        memory_mb, cases = job["memory_mb"], max(1, len(job["cases"]))
        cpu_seconds = int(job["cpu_seconds"]) + 1  # the kernel knows whole ones
        with socket.socket(fileno=socket.recv_fds(self.control, 1, 1)[1][0]) as ours:
            ours.sendall(zygote.LIMITS.pack(cpu_seconds, memory_mb))
            random.seed(0)
            start = time.monotonic()
            self.limit_mb, self.limit_cpu = memory_mb, job["cpu_seconds"] * cases
            self.deadline = start + job["timeout"] * cases + 2 * GRACE
            signal.setitimer(signal.ITIMER_REAL, TICK, TICK)
            # ends this process, where C code keeps Python from looking at the clock; its own CPU time: to be kept
            # waiting by a busy machine is no offence
            signal.setitimer(signal.ITIMER_PROF, job["timeout"] * cases + 3 * GRACE)
            result = {}
            try:
                run = oracle.judge if job["together"] or oracle.leaves_no_trace(job) else self._in_a_fork
                result = run(job, Channel(ours))
            except Finished as end:
                result = end.result
            except Exception as error:  # whatever the program found to do, the next job finds a worker
                result = {"status": "crashed", "detail": f"judging it raised {type(error).__name__}: {error}"}
            finally:
                self.deadline = None
                signal.setitimer(signal.ITIMER_REAL, 0)
                signal.setitimer(signal.ITIMER_PROF, 0)
            seconds = time.monotonic() - start
            ended = self._end_candidate()  # before the channel closes: a process that sleeps is the quickest to kill
        if ended is None:
            lost = {"status": "crashed", "detail": "its surroundings died", "broken": True}
            return lost | {"seconds": seconds, "cpu": 0.0}
        ending, cpu = ended
        if result["status"] == "gone":
            over = cpu >= cpu_seconds or ending == -signal.SIGXCPU
            result["status"] = "timeout" if over else "crashed"
            result["detail"] += f": {_ended(ending)} after {cpu:.1f} s of CPU time"
        return {"seconds": seconds, "cpu": cpu} | result

    def _end_candidate(self) -> tuple[int, float] | None:
        try:
            self.control.sendall(b".")
            return zygote.ENDED.unpack(self.control.recv(zygote.ENDED.size))
        except (OSError, struct.error):
            return None

    def _in_a_fork(self, job: dict, channel: Channel) -> dict:
        """Judge in a process and a folder of its own: these tests could change more than their own names."""
        ours, theirs = socket.socketpair()
        with ours, theirs:
            child = os.fork()
            if child == 0:
                signal.signal(signal.SIGALRM, signal.SIG_DFL)
                os.setsid()
                ties.die_with_the_parent()
                zygote.keep_only(theirs.fileno(), channel.socket.fileno())
                zygote.live(_report, job)
            theirs.close()
            try:
                return Channel(ours).receive()
            except Gone:
                return {"status": "crashed", "detail": "the process of the tests ended without a verdict"}
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(child, signal.SIGKILL)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
                empty_folder(for_others=False)

    def look(self, *_) -> None:
        """Called by the timer: ends a job that is over its limits, and this process when nobody waits."""
        if self.deadline is None:
            return
        with contextlib.suppress(BlockingIOError):
            if not self.caller.socket.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT):
                os._exit(1)
        if time.monotonic() > self.deadline:
            raise Finished("timeout", "the tests did not end within the time of the whole run")
        megabytes, seconds = self.usage.now()
        if seconds > self.limit_cpu:
            raise Finished("timeout", f"it used more than {self.limit_cpu:.3g} s of CPU time")
        if megabytes > self.limit_mb:
            raise Finished("memory", f"its processes together needed more than {self.limit_mb} MB of memory")


def _report(job: dict) -> None:
    """The life of a fork that judges: whatever its tests catch or patch, the first verdict counts."""
    report, channel = (Channel(socket.socket(fileno=fd)) for fd in (3, 4))
    os.mkdir("tests")
    os.chdir("tests")

    def finish(result: dict) -> None:
        report.send(result)
        os._exit(0)

    finish(oracle.judge(job, channel, finish))


def _inside(job: dict) -> str:
    """Why the tests can only run in one process with the program; "" also for tests that cannot be read."""
    try:
        return oracle.tests_of(job).inside
    except oracle.BROKEN_TESTS:
        return ""


def _ended(ending: int) -> str:
    if ending >= 0:
        return f"it ended its own process with exit code {ending}"
    return f"its process was killed by {signal.Signals(-ending).name}"
