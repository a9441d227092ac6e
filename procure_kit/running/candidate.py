"""What runs in the candidate's process: it loads one program, then answers calls until it is killed.

Nothing here is trusted. The program may change any of it; all it can win is to answer calls, which it may do anyway.
"""

import ast
import contextlib
import functools
import re
import socket
import sys
import types

from procure_kit.running import stdin_program, together
from procure_kit.running.boundary import Peer
from procure_kit.running.crossing.handles import OPERATIONS
from procure_kit.running.crossing.held import Table
from procure_kit.running.crossing.remote_errors import said
from procure_kit.running.program_sharing import telling
from procure_kit.running.wire import Channel, Gone

FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType, functools._lru_cache_wrapper)
USES_NUMPY = re.compile(r"^\s*(?:import|from)\s+numpy\b", re.M)
ROUNDS = 20  # more than the interpreter waits before it adapts code to what it meets
REHEARSED = """
from typing import List

def f(*args: List[int]) -> List[int]:
    for arg in args:
        if arg == 3:
            return arg
    return args
"""


def main(channel: Channel, alone: bool) -> None:
    """Load one job's program and answer calls: object 0 is the entry point, or what runs the program on an input.

    alone: all processes that this one can see are of its own making.
    """
    peer = Peer(channel, allowed=tuple(OPERATIONS))
    job = channel.receive()
    try:
        channel.send(load(job, peer, alone))
        while True:
            peer.answer(channel.receive())
    except Gone:
        return  # the oracle has its verdict


def rehearse() -> None:
    """Run a small program a few times: what has run before needs less time, and less memory of its own, in a fork."""
    job = {"program": REHEARSED, "entry_point": "f", "setup": "", "names": [], "seen": {}}
    args = [1, 1.5, True, None, "a", ["list", [1, ["list", ["a"]]]], ["tuple", [1]], ["dict", [["tuple", ["a", 1]]]]]
    call = {"op": "call", "on": 0, "args": args, "kwargs": {}}
    for _ in range(ROUNDS):
        ours, theirs = socket.socketpair()
        with ours, theirs:
            Channel(ours).send(job, call, call)
            ours.shutdown(socket.SHUT_WR)
            main(Channel(theirs), False)
    del sys.modules["candidate"]


def load(job: dict, peer: Peer, alone: bool) -> dict:
    """Execute {"program", "entry_point", "setup", "names", "seen"} as a module: {"status": "loaded", "found", "doubt"},
    or why not."""
    try:
        code = compile(job["program"], "<program>", "exec", dont_inherit=True)
    except SyntaxError as error:
        where = f"line {error.lineno}: " if error.lineno else ""
        return {"status": "unparsable", "detail": f"{where}{error.msg}"}
    except (ValueError, MemoryError, RecursionError) as error:  # null bytes; nested too deep for the parser
        return {"status": "unparsable", "detail": str(error) or "nested too deep"}
    if job.get("stdin"):
        peer.keep(stdin_program.runner(code, alone))
        return {"status": "loaded", "found": {}}
    module = sys.modules["candidate"] = types.ModuleType("candidate")
    try:
        _seed_numpy(job["program"])
        for line in _imports(job["setup"]):
            exec(line, module.__dict__)
        exec(code, module.__dict__)
    except MemoryError:
        return {"status": "memory", "detail": "loading the program needed more memory than it may have"}
    except BaseException as error:  # SystemExit too
        raised = f"{type(error).__name__}: {said(error)}".removesuffix(": ")
        return {"status": "tests_fail", "detail": f"loading the program raised {raised}"}
    names = module.__dict__
    if job["entry_point"] not in names:
        return {"status": "tests_fail", "detail": f"the program defines no {job['entry_point']!r}"}
    if "tests" in job:
        return together.run(job, names)
    peer.keep(names[job["entry_point"]])
    found = {name: names[name] for name in job["names"] if name in names}
    found = {name: peer.encode(value, Table()) for name, value in found.items()}
    doubt = _doubt(names, job["entry_point"], job["seen"]) or telling(job["program"], code)
    return {"status": "loaded", "found": found, "doubt": doubt}


def _seed_numpy(program: str) -> None:
    """As Python's own random numbers, so numpy's: the same ones each time, unless the program seeds them itself."""
    if USES_NUMPY.search(program):
        with contextlib.suppress(ImportError):
            import numpy.random

            numpy.random.seed(0)


def _imports(setup: str) -> list:
    """The import statements of the tests' set-up, one code object each: a program may rely on them."""
    nodes = [node for node in ast.parse(setup).body if isinstance(node, ast.Import | ast.ImportFrom)] if setup else []
    return [compile(ast.Module([node], []), "<setup>", "exec") for node in nodes]


def _doubt(names: dict, entry_point: str, seen: dict[str, str]) -> str:
    """What tests in one process with the program would see of it otherwise than by its answers, or ""."""
    kind = type(names[entry_point])
    if kind not in FUNCTIONS:
        return f"{entry_point!r} is no plain function, but a {kind.__name__}"
    for name in names.keys() & seen.keys():
        if not seen[name] or names[name] is not _imported(seen[name]):
            return f"program and tests both know a {name!r}"
    return ""


def _imported(path: str) -> object:
    """What an import of this "module" or "module.name" binds, if it was imported already."""
    module, _, name = path.rpartition(".")
    return sys.modules.get(path) or getattr(sys.modules.get(module), name, None)
