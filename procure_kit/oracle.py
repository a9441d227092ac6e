"""The trusted process: it runs a problem's tests, and its `candidate` is a proxy for a function in another process.

Names that the tests use beside `candidate` (helpers of the prompt, such as `poly` of HumanEval/32) come from the
ORIGINAL program, executed here; the candidate's own code never is. What is compared is plain data, rebuilt here.
"""

import ast
import os
import reprlib
import time
import traceback
from collections.abc import Callable

from procure_kit.boundary import Peer
from procure_kit.wire import Gone, Unsendable, receive, send

TESTS = "<tests>"
LONGEST = 400  # characters of a detail's part: a learner reads it
Finish = Callable[[str, str], None]


class Short(reprlib.Repr):
    """Values as a learner wants to read them: whole when they are small."""

    def __init__(self):
        super().__init__()
        self.maxlist = self.maxtuple = self.maxset = self.maxfrozenset = self.maxdict = self.maxdeque = 20
        self.maxstring = self.maxother = 150

    def repr_int(self, value: int, level: int) -> str:
        """Large integers by their size: their digits take quadratic time, and Python refuses to print some."""
        return repr(value) if abs(value) < 10**50 else f"<an integer of {value.bit_length():,} bits>"


_short = Short()


class Asking(Peer):
    """The oracle's end: whatever the candidate does wrong ends the run at once, so that no test can catch it."""

    def __init__(self, channel: int, deadline: float, timeout: float, finish: Finish):
        super().__init__(channel, allowed=("call", "iter", "next"), deadline=deadline)
        self.timeout, self.finish = timeout, finish
        self.call = self.outcome = ""  # the last call of the entry point, and what came of it

    def request(self, operation: str, number: int, args: tuple = (), kwargs: dict | None = None) -> object:
        try:
            return super().request(operation, number, args, kwargs)
        except Gone as error:
            if error.timeout:
                self.finish("timeout", f"{self.call} did not return within the {self.timeout:g} s of the whole run")
            self.finish("gone", f"{self.call}: {error}")
        except Unsendable as error:
            self.finish("refused", f"{self.call}: {error}")
        except MemoryError:
            self.finish("memory", f"{self.call} needed more memory than it may have")

    def proxy(self, name: str) -> Callable:
        """The function that tests call as `candidate`."""

        def candidate(*args, **kwargs):
            shown = [_short.repr(arg) for arg in args] + [f"{key}={_short.repr(kwargs[key])}" for key in kwargs]
            self.call, self.outcome = f"{name}({', '.join(shown)})", "did not return"
            try:
                value = self.request("call", 0, args, kwargs)
            except Exception as error:
                self.outcome = f"raised {type(error).__name__}: {error}"[:LONGEST]
                raise
            self.outcome = f"returned {_short.repr(value)}"
            return value

        candidate.__name__ = candidate.__qualname__ = name
        return candidate


def main(job_fd: int, channel: int, report: int, timeout: float) -> None:
    """Read one job, judge it, and write {"status", "detail", "seconds"}."""
    job = receive(job_fd)
    start = time.monotonic()

    def finish(status: str, detail: str) -> None:
        send(report, {"status": status, "detail": detail, "seconds": time.monotonic() - start})
        os._exit(0)

    peer = Asking(channel, start + timeout, timeout, finish)
    send(channel, {"program": job["program"], "entry_point": job["entry_point"]})
    try:
        loaded = receive(channel, peer.deadline)
    except Gone as error:
        finish("timeout" if error.timeout else "gone", f"loading the program: {error}")
    if loaded.get("status") in ("unparsable", "memory", "tests_fail"):
        finish(loaded["status"], str(loaded.get("detail")))
    try:
        judge(job, peer)
    except BaseException as error:  # a test may raise anything
        finish("tests_fail", explain(error, job["test"], peer))
    finish("passed", "")


def judge(job: dict, peer: Asking) -> None:
    """Run the tests: `check(candidate)` where they define it, else as they stand, with the entry point replaced."""
    proxy = peer.proxy(job["entry_point"])
    names = {"__name__": "tests"}
    try:
        exec(compile(job["original"], "<original>", "exec", dont_inherit=True), names)
    except Exception:
        names = {"__name__": "tests"}  # a prompt alone may not run; a test that needs its names fails by NameError
    tests = compile(job["test"], TESTS, "exec", dont_inherit=True)
    checked = any(isinstance(node, ast.FunctionDef) and node.name == "check" for node in ast.parse(job["test"]).body)
    if not checked or not job["solved"]:
        names[job["entry_point"]] = proxy
    exec(tests, names)
    if checked:
        names["check"](proxy)


def explain(error: BaseException, tests: str, peer: Asking) -> str:
    """Which test failed, what it expected and what came, in one line."""
    said = f"{type(error).__name__}: {error}".removeprefix("AssertionError: ").removesuffix(": ")[:LONGEST]
    frames = [(frame, line) for frame, line in traceback.walk_tb(error.__traceback__) if _of_tests(frame)]
    if not frames:
        return f"the tests could not be run: {said}"
    frame, line = frames[-1]
    simple = (ast.Assert, ast.Expr, ast.Assign, ast.Return, ast.For, ast.If, ast.With, ast.While, ast.Raise)
    around = [n for n in ast.walk(ast.parse(tests)) if isinstance(n, simple) and n.lineno <= line <= n.end_lineno]
    parts = [f"test line {line}"]
    if around:
        statement = min(around, key=lambda node: node.end_lineno - node.lineno)
        parts.append(ast.unparse(statement).splitlines()[0][:LONGEST])
        expected = _expected(statement, frame)
        if expected and expected not in parts[-1]:
            parts.append(f"expected {expected}")
    parts.append(f"{peer.call} {peer.outcome}" if peer.call else said)
    if peer.call and not isinstance(error, AssertionError) and not peer.outcome.startswith("raised"):
        parts.append(said)
    return "; ".join(parts)


def _of_tests(frame) -> bool:
    return frame.f_code.co_filename == TESTS


def _expected(statement: ast.stmt, frame) -> str:
    """The right-hand side of `assert ... == value`, unless computing it would call the candidate again."""
    match statement:
        case ast.Assert(test=ast.Compare(ops=[ast.Eq() | ast.Is()], comparators=[right])):
            if any(isinstance(node, ast.Call) for node in ast.walk(right)):
                return ""
            code = compile(ast.Expression(right), TESTS, "eval")
            return _short.repr(eval(code, frame.f_globals, frame.f_locals))
    return ""
