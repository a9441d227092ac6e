"""Tests and program each work in an empty folder of their own, at every level; nothing of one run is there in the next.

The program waits before it looks, so that whatever the tests write meanwhile would be there for it.
"""

import os
import time
from pathlib import Path

import pytest

from procure_kit.problems.problem import Problem
from procure_kit.running import runner
from procure_kit.running.isolation.system import LEVELS
from procure_kit.running.runner import run_tests

READS = "import time\ndef f(path):\n    time.sleep(0.3)\n    return open(path).read()\n"
WRITTEN = "open({0!r}, 'w').write('abc')\nassert candidate({0!r}) == 'abc'"
LOOKS = "import os\ndef f(): return os.listdir('.')\n"


def run(program: str, body: str, **limits):
    test = "def check(candidate):\n" + "".join(f"    {line}\n" for line in body.splitlines())
    return run_tests(program, Problem("t", program, "\n", test, "f"), **limits)


@pytest.fixture(params=LEVELS)
def level(request, monkeypatch, tmp_path):
    if request.param == "process as root" and os.geteuid():
        pytest.skip("only root runs at this level")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(runner, "_idle", [])
    monkeypatch.setattr(runner, "_reasons", {other: "not here" for other in LEVELS if other != request.param})
    try:
        runner._idle.append(runner._worker())
    except OSError as error:
        pytest.skip(str(error))
    yield request.param
    runner._close_idle()


def test_a_program_never_sees_the_files_of_its_tests(level):
    asked = run(READS, WRITTEN.format("in.txt"), own_process=True)
    assert (asked.status, asked.isolation) == ("passed_in_own_process", level), asked
    assert run(READS, WRITTEN.format("in.txt")).status == "needs_own_process"
    assert run(LOOKS, "assert candidate() == []").passed
    assert not list(Path.cwd().iterdir())  # the caller's own folder


def test_tests_never_see_the_files_of_a_program_or_of_another_run(level):
    leaves = "def f(x):\n    open('left.txt', 'w').write(x)\n    return x\n"
    for ending in ("open('mine.txt', 'w').close()", "os.rmdir(os.getcwd())", "os.chmod('.', 0)", "os.chmod('..', 0)"):
        looks = f"import os\ncandidate('a')\nseen = os.listdir('.')\n{ending}\nraise ValueError(f'seen {{seen}}')"
        assert run(leaves, looks).detail.endswith("ValueError: seen []"), ending


def test_the_folders_are_gone_with_their_worker(level):
    where = run(
        "import os\ndef f(): return os.getcwd()\n", "import os\nraise ValueError(f'{os.getcwd()}|{candidate()}|')"
    )
    folders = [Path(part) for part in where.detail.partition("ValueError: ")[2].split("|")[:2]]
    if level == "namespaces":  # where nobody else sees them
        assert folders[0].is_relative_to(folders[1])
        return
    assert len(set(folders)) == 2
    (worker,) = runner._idle
    worker.kill()
    runner._idle.clear()
    while any(folder.exists() for folder in folders):
        time.sleep(0.05)
