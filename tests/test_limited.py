"""A command with a limit: how it ended is told, and nothing that it started is left."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.benchmarks import limited as module
from tests.benchmarks.limited import limited


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


@pytest.mark.parametrize(
    "code, expected",
    [
        ("print('all is well')", ("done", "")),
        ("import sys; print('1'); sys.exit('there is no card: buy one')", ("fails", "there is no card: buy one")),
        ("raise SystemExit(3)", ("fails", "exit code 3")),
        (
            "class OutOfMemoryError(Exception): pass\nraise OutOfMemoryError('2 GiB')",
            ("does not fit", "OutOfMemoryError: 2 GiB"),
        ),
        ("import os; os.kill(os.getpid(), 9)", ("does not fit", "the system ended it")),
    ],
)
def test_the_end_is_told(code, expected, tmp_path):
    ending, note = limited(python(code), 600, tmp_path / "log")
    assert ending == expected[0] and note.startswith(expected[1]) and bool(note) == bool(expected[1])


@pytest.mark.parametrize("deaf", [False, True])
def test_at_the_limit_it_may_finish_what_it_does_and_is_then_ended(deaf, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "GRACE", 0.2 if deaf else 600)
    ready, kept = tmp_path / "ready", tmp_path / "kept"
    ignore = "signal.signal(signal.SIGINT, signal.SIG_IGN)" if deaf else ""
    code = (
        f"import pathlib, signal, time\n{ignore}\ntry:\n    pathlib.Path({str(ready)!r}).touch()\n    time.sleep(600)\n"
        f"except KeyboardInterrupt:\n    pathlib.Path({str(kept)!r}).touch()"
    )
    true = subprocess.Popen.wait

    def wait(process, timeout=None):
        while not ready.exists():  # however long it takes to start on a busy machine
            time.sleep(0.05)
        return true(process, timeout)

    monkeypatch.setattr(subprocess.Popen, "wait", wait)
    assert limited(python(code), 0.1, tmp_path / "log") == ("out of time", "cut short after 0 s")
    assert kept.exists() != deaf


def test_what_it_started_ends_with_it(tmp_path):
    child = tmp_path / "child"
    command = ["sh", "-c", f"sleep 600 & echo $! > {child}"]
    assert limited(command, 600, tmp_path / "log") == ("done", "")
    stat = Path(f"/proc/{child.read_text().strip()}/stat")
    deadline = time.monotonic() + 60
    while stat.exists() and stat.read_text().split(") ")[1][0] != "Z" and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not stat.exists() or stat.read_text().split(") ")[1][0] == "Z"


def test_ctrl_c_ends_it_and_is_raised_again(tmp_path, monkeypatch):
    started = []
    true = subprocess.Popen.wait

    def wait(process, timeout=None):
        if not started:
            started.append(process)
            raise KeyboardInterrupt
        return true(process, timeout)

    monkeypatch.setattr(subprocess.Popen, "wait", wait)
    with pytest.raises(KeyboardInterrupt):
        limited(["sleep", "600"], 600, tmp_path / "log")
    assert started[0].returncode in (-signal.SIGINT, -signal.SIGKILL)
