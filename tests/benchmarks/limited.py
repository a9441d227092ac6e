"""A command for which there is only so much time."""

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

from tests.benchmarks.loss_table import FAILS, NO_ROOM

OUT_OF_TIME, STOPPED, DONE = "out of time", "stopped", "done"
GRACE = 20  # seconds to end a step and write down what is there


def limited(command: list[str], seconds: float, log: Path, **options) -> tuple[str, str]:
    """Run it for at most so long, with all that it starts: how it ended, and of what went wrong the last line it said.

    At the limit it gets what Ctrl-C sends, and 20 seconds later an end. Ctrl-C ends it, too, and is raised again.
    options: of subprocess.Popen.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, process_group=0, **options
        )
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            return OUT_OF_TIME, f"cut short after {seconds:.0f} s"
        finally:
            _end(process)
    if code == 0:
        return DONE, ""
    if code == -signal.SIGKILL:
        return NO_ROOM, "the system ended it, as it does when the machine's memory is full"
    said = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    last = said[-1].strip() if said else f"exit code {code}"
    return NO_ROOM if "OutOfMemoryError" in last else FAILS, last


def _end(process: subprocess.Popen) -> None:
    """The process, and whatever of its group is left."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
