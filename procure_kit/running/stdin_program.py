"""Programs that read standard input: each case in a fork of its own.

This is the candidate's half, and as little trusted as the program; cases.py is the oracle's.
"""

import atexit
import contextlib
import os
import random
import signal
import sys
import traceback
import types
from collections.abc import Callable

from procure_kit.running.isolation.folder import empty_folder

LONGEST = 8_000_000  # bytes of output


def runner(code: types.CodeType, alone: bool) -> Callable[[str], list]:
    """A function from a standard input to [standard output, exit code or minus a signal, end of standard error].

    alone: as in candidate.py; then no process that a case starts lives on beside the next one.
    """

    def run(given: str) -> list:
        with contextlib.ExitStack() as stack:
            files = [stack.enter_context(open(f"{number}", "w+b")) for number in range(3)]
            for number in range(3):
                os.unlink(f"{number}")
            files[0].write(given.encode("utf-8", "surrogatepass"))
            files[0].seek(0)
            return _run(code, files, alone)

    return run


def _run(code: types.CodeType, files: list, alone: bool) -> list:
    child = os.fork()
    if child == 0:
        os.setsid()
        _live(code, [file.fileno() for file in files])
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    with contextlib.suppress(ProcessLookupError, PermissionError):  # nothing of it may be left
        os.kill(-1 if alone else -child, signal.SIGKILL)
    empty_folder()  # what a case leaves behind is not there for the next one
    for file in files[1:]:
        file.seek(0)
    output, errors = files[1].read(LONGEST + 1), files[2].read()[-2000:]
    return [output.decode(errors="replace"), status, errors.decode(errors="replace").strip()]


def _live(code: types.CodeType, ends: list[int]) -> None:
    """Run the program as `python program.py` would, and end the process as it ends."""
    for standard, end in enumerate(ends):
        os.dup2(end, standard)
    os.closerange(3, 64)
    modes = (("stdin", "r", "replace"), ("stdout", "w", "surrogateescape"), ("stderr", "w", "backslashreplace"))
    for standard, (name, mode, errors) in enumerate(modes):
        setattr(sys, name, open(standard, mode, encoding="utf-8", errors=errors, closefd=False))  # noqa: SIM115
    sys.argv = ["program.py"]
    main = sys.modules["__main__"] = types.ModuleType("__main__")
    main.__file__ = os.path.abspath(sys.argv[0])
    random.seed(0)  # as in candidate programs: a fork draws its numbers anew
    ending = 0
    try:
        exec(code, main.__dict__)
    except SystemExit as error:
        ending = error.code if isinstance(error.code, int) else int(error.code is not None)
        if error.code is not None and not isinstance(error.code, int):
            print(error.code, file=sys.stderr)
    except BaseException:
        ending = 1
        traceback.print_exc()
    try:
        if "threading" in sys.modules:
            sys.modules["threading"]._shutdown()  # waits for threads, as the interpreter does when it ends
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:
        ending = ending or 120  # what Python itself ends with when its output cannot be written
    os._exit(ending & 255)
