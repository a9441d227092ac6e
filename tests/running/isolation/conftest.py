"""A pool of workers for one test alone, whose processes can be counted."""

import os
import subprocess
import time

import pytest

from procure_kit.running import runner
from tests.running.isolation.programs import NAP

TRUSTED = 3  # a worker, its zygote, and the candidate that waits for the next job


@pytest.fixture
def processes(monkeypatch):
    """A pool of its own, and a function that counts its processes: their command lines carry a mark, and so do those
    of all their forks, wherever these went. It waits a moment for what is being killed, and for the next candidate."""
    mark = f"mark-{os.getpid()}-{time.monotonic_ns()}"
    monkeypatch.setattr(runner, "_idle", [])
    monkeypatch.setattr(runner, "START", f"{runner.START}  # {mark}")

    def count() -> int:
        for _ in range(20):
            listing = subprocess.run(["ps", "-ewwo", "args"], capture_output=True, text=True, check=True).stdout
            number = sum(mark in line or NAP in line for line in listing.splitlines())
            if number in (0, TRUSTED):
                break
            time.sleep(0.1)
        return number

    yield count
    runner._close_idle()
