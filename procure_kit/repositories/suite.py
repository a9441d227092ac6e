"""A source tree's own test command, run in a copy of the tree whose files can be exchanged between runs."""

import os
import shlex
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from procure_kit.repositories.files import can_be_copied, copy_whole, directories_of, files_of
from procure_kit.running.isolation.system import check_system

# All that a suite sees of the environment: no key or token of the caller can be among these.
_KEPT = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "VIRTUAL_ENV", "SYSTEMROOT")
TAIL = 2000  # characters of a suite's output in a detail


@dataclass(frozen=True)
class SuiteResult:
    """`status`: "valid", "tests_fail" or "timeout"; `detail`: the end of the output when it is not valid."""

    status: str
    detail: str
    seconds: float


class Suite:
    """A copy of a tree in a directory of its own, in which files are exchanged between runs of one test command.

    The command runs in a shell. Its working directory is the tree, or the directory around it when the tree itself is
    a package; PYTHONPATH names the same place, and the tree's `src` where there is one; `{dir}` stands for the tree.
    """

    def __init__(self, original: Path, command: str, work: Path):
        check_system()
        self.tree = work / original.name
        for directory in directories_of(original):
            (self.tree / directory).mkdir(parents=True, exist_ok=True)
        for file in files_of(original):
            if can_be_copied(original / file):  # of what cannot, `perturb_tree` has told
                copy_whole(original / file, self.tree / file)
        self.home = work / "home"
        self.home.mkdir()
        self.command = command.replace("{dir}", shlex.quote(str(self.tree)))
        self.cwd = work if (self.tree / "__init__.py").exists() else self.tree

    def put(self, files: dict[str, bytes]) -> None:
        for file, data in files.items():
            (self.tree / file).write_bytes(data)

    def run(self, timeout: float) -> SuiteResult:
        path = [self.cwd, self.tree / "src"] if (self.tree / "src").is_dir() else [self.cwd]
        env = {name: os.environ[name] for name in _KEPT if name in os.environ} | {
            "HOME": str(self.home),
            "PYTHONPATH": os.pathsep.join(map(str, path)),
            "PYTHONHASHSEED": "0",
            "PYTHONDONTWRITEBYTECODE": "1",  # a file that changes twice within a second would be taken for its old self
        }
        start = time.monotonic()
        with tempfile.TemporaryFile() as out:
            child = subprocess.Popen(
                self.command, shell=True, cwd=self.cwd, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                start_new_session=True,
            )  # fmt: skip
            try:
                code = child.wait(timeout)
            except subprocess.TimeoutExpired:
                code = None
            finally:
                _end_group(child)
            seconds = round(time.monotonic() - start, 3)
            out.seek(max(0, out.seek(0, os.SEEK_END) - 4 * TAIL))
            tail = out.read().decode(errors="replace")[-TAIL:].strip()
        if code is None:
            return SuiteResult(
                "timeout", f"the suite ran longer than {timeout:.0f} s; its output ends: {tail}", seconds
            )
        if code:
            return SuiteResult("tests_fail", f"the suite ended with exit code {code}; its output ends: {tail}", seconds)
        return SuiteResult("valid", "", seconds)


def _end_group(child: subprocess.Popen) -> None:
    """End whatever the command has left running."""
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    finally:
        child.wait()
