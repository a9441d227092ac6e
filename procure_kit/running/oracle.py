"""The trusted side: it runs a problem's tests, whose `candidate` is a proxy for a function in another process.

Names that the tests use and do not define come from the ORIGINAL program, executed here (helpers of the prompt, such as
`poly` of HumanEval/32), except classes, which are the candidate's own: handles, which the candidate gets back. No code
of the candidate runs here, and what is compared is plain data, rebuilt here.
"""

import sys
import time
from collections.abc import Callable
from functools import lru_cache, partial
from importlib import import_module

from procure_kit.running.boundary import Peer, RemoteError, Table
from procure_kit.running.explanation import LONGEST, TESTS, explain, short
from procure_kit.running.plain_tests import Traits, traits
from procure_kit.running.stdin_program import LONGEST as LONGEST_OUTPUT
from procure_kit.running.stdin_program import compare
from procure_kit.running.wire import Channel, Gone, Unsendable

ALIASES = {"np": "numpy"}


class Finished(BaseException):
    """The verdict is there; no `except Exception` of a test stops it."""

    def __init__(self, status: str, detail: str):
        self.result = {"status": status, "detail": detail}


def _raise(result: dict) -> None:
    raise Finished(result["status"], result["detail"])


class Asking(Peer):
    """The oracle's end: whatever the candidate does wrong ends the run at once, so that no test can catch it."""

    answered = Exception  # no Finished: it ends the run, wherever it comes

    def __init__(self, channel: Channel, timeout: float, end: Callable[[dict], None]):
        super().__init__(channel, allowed=("call", "iter", "next"))
        self.timeout, self.end = timeout, end
        self.call = self.outcome = ""  # the last call of the entry point, and what came of it

    def finish(self, status: str, detail: str) -> None:
        self.end({"status": status, "detail": detail})

    def request(self, operation: str, number: int, args: tuple = (), kwargs: dict | None = None) -> object:
        try:
            return super().request(operation, number, args, kwargs)
        except Gone as error:
            if error.timeout:
                self.finish("timeout", f"{self.call} did not end within {self.timeout:.3g} s")
            self.finish("gone", f"{self.call}: {error}")
        except Unsendable as error:
            self.finish("refused", f"{self.call}: {error}")
        except MemoryError:
            self.finish("memory", f"{self.call} needed more memory than it may have")

    def proxy(self, name: str) -> Callable:
        """The function that tests call as `candidate`."""

        def candidate(*args, **kwargs):
            shown = [short(arg) for arg in args] + [f"{key}={short(kwargs[key])}" for key in kwargs]
            self.call, self.outcome = f"{name}({', '.join(shown)})", "did not return"
            try:
                value = self.request("call", 0, args, kwargs)
            except Exception as error:
                kind = "" if isinstance(error, RemoteError) else f"{type(error).__name__}: "  # its message has the type
                self.outcome = f"raised {kind}{error}".removesuffix(": ")[:LONGEST]
                raise
            self.outcome = f"returned {short(value)}"
            return value

        candidate.__name__ = candidate.__qualname__ = name
        return candidate


def leaves_no_trace(job: dict) -> bool:
    """Whether judging this job changes nothing in this process that a later job could see."""
    if job["cases"]:
        return True
    try:
        found = _traits(job)
        needs_original = job["solved"] and found.free
        return found.plain and not (needs_original and not traits(job["original"]).plain)
    except (SyntaxError, ValueError, RecursionError):
        return True  # it never runs


def _traits(job: dict) -> Traits:
    return traits(f"{job['setup']}\n{job['test']}", job["entry_point"])


@lru_cache(maxsize=256)
def _compiled(source: str, name: str):
    return compile(source, name, "exec", dont_inherit=True)


def judge(job: dict, channel: Channel, end: Callable[[dict], None] = _raise) -> dict:
    """The verdict on one job: {"status", "detail"}, and for a program "slowest", the seconds of its slowest case.

    Raises: Finished, for a verdict in the middle of a test, unless `end` does something else with it.
    """
    channel.deadline = time.monotonic() + job["timeout"]
    peer = Asking(channel, job["timeout"], end)
    try:
        found = None if job["cases"] else _traits(job)
    except (SyntaxError, ValueError, RecursionError) as error:
        return {"status": "tests_fail", "detail": f"the tests could not be run: {type(error).__name__}: {error}"}
    if found and found.inside and not job["own_process"]:
        return {"status": "needs_own_process", "detail": f"{found.inside}; such tests are not run by default"}
    wanted = {name: job[name] for name in ("program", "entry_point", "setup")}
    if not found:
        wanted["stdin"] = True
    elif found.inside:
        wanted |= {"tests": job["test"], "check": found.check}
    else:
        wanted["names"] = found.free
        peer.ahead.extend(peer.message("call", 0, args, kwargs, Table()) for args, kwargs in found.ahead)
    try:
        channel.send(wanted, *peer.ahead)
        loaded = channel.receive()
    except Gone as error:
        status = "timeout" if error.timeout else "gone"
        detail = "loading the program" + (
            f" did not end within {job['timeout']:.3g} s" if error.timeout else f": {error}"
        )
        return {"status": status, "detail": detail}
    if loaded.get("status") in ("unparsable", "memory", "tests_fail"):
        return {"status": loaded["status"], "detail": str(loaded.get("detail"))[:LONGEST]}
    if not found:
        return run_cases(job["cases"], peer, job["tolerance"], job["any_case"])
    if found.inside:
        return {"status": "passed_in_own_process", "detail": found.inside}
    try:
        run_tests(job, peer, found, loaded.get("found"))
    except Finished:
        raise
    except BaseException as error:  # a test may raise anything
        return {"status": "tests_fail", "detail": explain(error, job["test"], peer.call, peer.outcome)}
    return {"status": "passed", "detail": ""}


def run_tests(job: dict, peer: Asking, found: Traits, offered: object) -> None:
    """Run the tests: `check(candidate)` where they define it, else as they stand, with the entry point replaced."""
    proxy = peer.proxy(job["entry_point"])
    names = {"__name__": "tests"}
    if job["solved"] and (found.free or found.check and job["entry_point"] in job["test"]):
        try:
            exec(_compiled(job["original"], "<original>"), names)
        except Exception:
            names = {"__name__": "tests"}  # a test that needs its names fails by NameError
    for name in found.free:
        if name in names and not _is_class(names[name]):
            if isinstance(names[name], type):
                peer.exceptions[name] = names[name]
        elif name not in names and ALIASES.get(name, name) in {"numpy", *sys.stdlib_module_names}:
            names[name] = import_module(ALIASES.get(name, name))
        elif isinstance(offered, dict) and name in offered:
            names[name] = _offer(offered[name], peer)
    if not found.check or not job["solved"]:
        names[job["entry_point"]] = proxy
    if "numpy" in job["test"] + job["setup"]:
        beware_of_nothing()
    if job["setup"]:
        exec(_compiled(job["setup"], "<setup>"), names)
    exec(_compiled(job["test"], TESTS), names)
    if found.check:
        names["check"](proxy)


def beware_of_nothing() -> None:
    """Let numpy's allclose and isclose, for the tests in this process, tell nothing from something.

    By numpy's broadcasting an empty list is close to any number: it would pass whatever is compared that way.
    """
    import numpy

    for name in ("allclose", "isclose"):
        if not isinstance(getattr(numpy, name), partial):
            setattr(numpy, name, partial(_close, getattr(numpy, name), numpy.asarray, numpy.False_))


def _close(close: Callable, array: Callable, no: object, a: object, b: object, *args, **kwargs) -> object:
    a, b = array(a), array(b)  # once: a Handle may have another size the next time that it is asked
    return close(a, b, *args, **kwargs) if bool(a.size) == bool(b.size) else no


def _is_class(value: object) -> bool:
    """A class that the original defines, other than an exception."""
    return isinstance(value, type) and value.__module__ == "tests" and not issubclass(value, BaseException)


def _offer(offer: object, peer: Asking) -> object:
    """A class or function of the program's, as a handle and nothing else."""
    if not isinstance(offer, list) or offer[:1] != ["handle"]:
        raise Gone("what the program offers is no handle")
    return peer.decode(offer, Table())


def run_cases(cases: list, peer: Asking, tolerance: float, any_case: bool) -> dict:
    """Run a program on each case's input and compare its output; each case has the whole time limit to itself."""
    slowest = 0.0
    for number, (given, expected) in enumerate(cases, start=1):
        peer.call = where = f"case {number} of {len(cases)}"
        start = time.monotonic()
        peer.channel.deadline = start + peer.timeout
        try:
            output, ending, errors = peer.request("call", 0, (given,))
            said = errors.strip().splitlines()[-1][:LONGEST] if errors.strip() else ""
            too_long = len(output.encode(errors="replace")) > LONGEST_OUTPUT
        except Exception as error:
            why = f"{type(error).__name__}: {error}"[:LONGEST]
            return {"status": "crashed", "detail": f"{where}: the program broke what runs it ({why})"}
        slowest = max(slowest, time.monotonic() - start)
        result = {"slowest": slowest, "status": "tests_fail"}
        if ending and said.startswith("MemoryError"):
            return result | {"status": "memory", "detail": f"{where} needed more memory than it may have"}
        if ending == -24:  # SIGXCPU
            return result | {"status": "timeout", "detail": f"{where} used more CPU time than it may"}
        if ending < 0:
            return result | {"status": "crashed", "detail": f"{where}: the program was killed by signal {-ending}"}
        if ending:
            return result | {"detail": f"{where}: the program ended with exit code {ending}" + (said and f": {said}")}
        if too_long:
            return result | {"status": "refused", "detail": f"{where}: more than {LONGEST_OUTPUT:,} bytes of output"}
        if wrong := compare(output, expected, tolerance, any_case):
            return result | {"detail": f"{where}: {wrong}; the input was {short(given)}"}
    return {"status": "passed", "detail": "", "slowest": slowest}
