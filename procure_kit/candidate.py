"""What runs in the candidate's process: it loads one program, then answers calls until it is killed.

Nothing here is trusted. The program may change any of it; all it can win is to answer calls, which it may do anyway.
"""

import sys
import types

from procure_kit.boundary import OPERATIONS, Peer
from procure_kit.wire import Gone, receive, send


def main(channel: int) -> None:
    """Load {"program", "entry_point"} and answer calls; the entry point is object 0."""
    peer = Peer(channel, allowed=tuple(OPERATIONS))
    job = receive(channel)
    try:
        send(channel, load(job["program"], job["entry_point"], peer))
        while True:
            peer.answer(receive(channel))
    except Gone:
        return  # the oracle has its verdict


def load(program: str, entry_point: str, peer: Peer) -> dict:
    """Execute the program as a module: {"status": "loaded"}, or why not."""
    try:
        code = compile(program, "<program>", "exec", dont_inherit=True)
    except SyntaxError as error:
        return {"status": "unparsable", "detail": f"line {error.lineno}: {error.msg}"}
    except (ValueError, MemoryError, RecursionError) as error:  # null bytes; nested too deep for the parser
        return {"status": "unparsable", "detail": str(error) or "nested too deep"}
    module = sys.modules["candidate"] = types.ModuleType("candidate")
    try:
        exec(code, module.__dict__)
    except MemoryError:
        return {"status": "memory", "detail": "loading the program needed more memory than it may have"}
    except BaseException as error:  # SystemExit too
        return {"status": "tests_fail", "detail": f"loading the program raised {type(error).__name__}: {error}"}
    if entry_point not in module.__dict__:
        return {"status": "tests_fail", "detail": f"the program defines no {entry_point!r}"}
    peer.kept.append(module.__dict__[entry_point])
    return {"status": "loaded"}
