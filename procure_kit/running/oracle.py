"""The trusted side: it runs a problem's tests, whose `candidate` is a proxy for a function in another process.

The entry point's own name is that proxy, too. Other names that the tests use and do not define come from the ORIGINAL
program, executed here (helpers of the prompt, such as `poly` of HumanEval/32), except classes, which are the
candidate's own: handles, which the candidate gets back. No code of the candidate runs here, and what is compared is
plain data, rebuilt here. Where tests in one process with the program might see something else, the verdict says why
(`doubt`), and they run there as well (together.py): so the program's own helpers are tested, and the original's cannot
stand in for them.
"""

import sys
import time
from collections.abc import Callable
from functools import lru_cache, partial
from importlib import import_module

from procure_kit.running import together
from procure_kit.running.asking import Asking, Finished
from procure_kit.running.boundary import MALFORMED
from procure_kit.running.cases import run_cases
from procure_kit.running.crossing.held import Table
from procure_kit.running.explanation import LONGEST, TESTS, explain
from procure_kit.running.plain_tests import Traits, imported, traits
from procure_kit.running.recording import record
from procure_kit.running.wire import Channel, Gone

ALIASES = {"np": "numpy"}
BROKEN_TESTS = (SyntaxError, ValueError, RecursionError)


def _raise(result: dict) -> None:
    finished = Finished(result["status"], result["detail"])
    finished.result = result
    raise finished


def leaves_no_trace(job: dict) -> bool:
    """Whether judging this job changes nothing in this process that a later job could see."""
    if job["cases"]:
        return True
    try:
        found = tests_of(job)
        needs_original = job["solved"] and found.free
        return found.plain and not (needs_original and not traits(job["original"]).plain)
    except BROKEN_TESTS:
        return True  # it never runs


def tests_of(job: dict) -> Traits:
    """What is known about the job's tests. Raises: one of BROKEN_TESTS."""
    source = f"{job['setup']}\n{job['test']}"
    found = traits(source, job["entry_point"])
    if found.inside and found.free:  # by a name that the program may only have imported
        found = traits(source, job["entry_point"], imported(job["original"] if job["solved"] else job["program"]))
    return found


@lru_cache(maxsize=256)
def _compiled(source: str, name: str):
    return compile(source, name, "exec", dont_inherit=True)


def judge(job: dict, channel: Channel, end: Callable[[dict], None] = _raise) -> dict:
    """The verdict on one job: {"status", "detail", "doubt"}; for a program "slowest", the seconds of its slowest case;
    for one whose "calls" are to be written down what came of them (recording.py).

    With job["together"], tests and program share the candidate's process (together.py), where either could be forged.
    Raises: Finished, for a verdict in the middle of a test, unless `end` does something else with it.
    """
    channel.deadline = time.monotonic() + job["timeout"]
    peer = Asking(channel, job["timeout"], end)
    try:
        found = None if job["cases"] else tests_of(job)
    except BROKEN_TESTS as error:
        return peer.verdict("tests_fail", f"the tests could not be run: {type(error).__name__}: {error}")
    wanted = {name: job[name] for name in ("program", "entry_point", "setup")}
    if not found:
        wanted["stdin"] = True
    elif job["together"]:
        wanted |= {"tests": job["test"], "check": found.check}
    else:
        wanted |= {"names": found.free, "seen": found.seen}
        peer.ahead_of_time(found.ahead)
        if found.doubt:
            peer.doubt(found.doubt)
    try:
        channel.send(wanted, *peer.ahead)
        loaded = channel.receive()
    except Gone as error:
        over = f" did not end within {job['timeout']:.3g} s" if error.timeout else f": {error}"
        return peer.verdict("timeout" if error.timeout else "gone", f"loading the program{over}")
    if loaded.get("status") in ("unparsable", "memory", "tests_fail"):
        return {"status": loaded["status"], "detail": str(loaded.get("detail"))[:LONGEST]}
    if not found:
        return run_cases(job["cases"], peer, job["tolerance"], job["any_case"])
    if "calls" in job:
        return record(job["calls"], job["entry_point"], peer)
    if job["together"]:
        return peer.verdict(together.PASSED, found.inside)
    if loaded.get("doubt"):
        peer.doubt(str(loaded["doubt"])[:200])
    try:
        run_tests(job, peer, found, loaded.get("found"))
    except Finished:
        raise
    except BaseException as error:  # a test may raise anything
        return peer.verdict("tests_fail", explain(error, job["test"], peer.call, peer.outcome), error)
    return peer.verdict("passed") if peer.asked else peer.verdict("never_called", "the tests never call the program")


def run_tests(job: dict, peer: Asking, found: Traits, offered: object) -> None:
    """Run the tests: `check(candidate)` where they define it, else as they stand, with the entry point replaced."""
    proxy = peer.proxy(job["entry_point"])
    names = {"__name__": "tests"}
    if job["solved"] and found.free:
        try:
            exec(_compiled(job["original"], "<original>"), names)
        except Exception:
            names = {"__name__": "tests"}  # a test that needs its names fails by NameError
    for name in found.free:
        offer = _offered(offered, name, peer)
        if name in names and not _is_class(names[name]):
            if isinstance(offer, type) and isinstance(names[name], type):
                names[name] = offer  # what the program raises is caught by its own class
        elif name not in names and ALIASES.get(name, name) in {"numpy", *sys.stdlib_module_names}:
            names[name] = import_module(ALIASES.get(name, name))
        elif offer is not None:
            names[name] = offer
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


def _offered(offered: object, name: str, peer: Asking) -> object:
    """What the program calls by that name, as a value that may cross; None where there is none."""
    if not isinstance(offered, dict) or name not in offered:
        return None
    try:
        return peer.decode(offered[name], Table())
    except MALFORMED as error:
        raise Gone(f"what the program offers is no value: {error!r}") from error
