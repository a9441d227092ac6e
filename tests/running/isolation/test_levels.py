"""What a candidate can reach at each level of isolation, and what it leaves behind."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from procure_kit.problems.problem import Problem
from procure_kit.problems.sets import locate
from procure_kit.running import runner
from procure_kit.running.isolation.system import LEVELS
from procure_kit.running.runner import TestResult, run_tests
from procure_kit.shipped import DATA

HONEST = "def f(x):\n    return x + 1\n"
PROBLEM = Problem(
    "t", "def f(x):\n", "    return x + 1\n", "def check(candidate):\n    assert candidate(1) == 2\n", "f"
)
ENDLESS = "def f(x):\n    while True: pass\n"


def run(program: str, timeout: float = 10.0, **limits) -> TestResult:
    return run_tests(program, PROBLEM, timeout=timeout, **limits)


def answer(body: str, wanted: str, argument: str = "0", **limits) -> TestResult:
    """Run `def f(x): <body>` and require its result to be the wanted one."""
    program = "import os, sys, socket\ndef f(x):\n" + "".join(f"    {line}\n" for line in body.splitlines())
    test = f"def check(candidate):\n    assert candidate({argument}) == {wanted}\n"
    return run_tests(program, Problem("t", program, "\n", test, "f"), **limits)


SEEN = {
    "no environment": ("return dict(os.environ)", "{}"),
    "an empty directory": ("return os.listdir()", "[]"),
    "an empty standard input": ("return sys.stdin.read()", "''"),
    "a writable directory": ("open('x', 'w').write('1')\nreturn open('x').read()", "'1'"),
    "a hidden directory": ("os.mkdir('x')\nopen('x/y', 'w')\nos.chmod('x', 0)\nreturn os.listdir()", "['x']"),
}


@pytest.mark.parametrize(("body", "wanted"), SEEN.values(), ids=SEEN)
def test_what_a_candidate_sees(body, wanted):
    for _ in range(2):  # and nothing is left over from one run to the next
        result = answer(body, wanted)
        assert result.passed, result


def test_no_secret_of_the_environment(monkeypatch):
    monkeypatch.setattr(runner, "_idle", [])  # so that a worker starts while the secret is there
    monkeypatch.setenv("SECRET_TOKEN", "xyzzy")
    assert answer("return 'xyzzy' in str(os.environ) or os.path.exists('/proc/self/environ')", "False").passed
    runner._close_idle()


@pytest.fixture
def namespaces():
    if run(HONEST).isolation != "namespaces":
        pytest.skip("this system forbids namespaces")


FENCED = {
    "reading": "open(x).read()",
    "writing": "open(x, 'a')",
    "writing into Python": "open(os.__file__, 'a')",
    "a file in the root": "open('/x', 'w')",
    "killing its parent": "os.kill(os.getppid() or 1 << 20, 9)",
    "becoming root": "os.setuid(0) or os.setgroups([0]) or open('/usr/x', 'w')",
}


@pytest.mark.parametrize("body", FENCED.values(), ids=FENCED)
def test_namespaces_fence(body, namespaces, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("x")
    result = answer(f"try: {body}\nexcept OSError: return 'no'", "'no'", argument=repr(str(secret)))
    assert result.passed, result
    assert secret.read_text() == "x"


def test_namespaces_hide_processes_and_network(namespaces):
    assert answer("return os.getppid(), os.path.exists('/proc/1')", "(1, False)").passed
    with socket.create_server(("127.0.0.1", 0)) as server:
        body = "try: socket.create_connection(('127.0.0.1', x), 1)\nexcept OSError: return 'no'"
        assert answer(body, "'no'", argument=str(server.getsockname()[1])).passed


@pytest.fixture
def landlock(monkeypatch):
    monkeypatch.setattr(runner, "_idle", [])
    monkeypatch.setattr(runner, "_reasons", {level: "not here" for level in LEVELS if level != "landlock"})
    try:
        runner._idle.append(runner._worker())
    except OSError as error:
        pytest.skip(str(error))
    yield
    runner._close_idle()


OUTSIDE = FENCED | {
    "listing": "os.listdir(os.path.dirname(x))",
    "the program's own folder's parent": "open('../x', 'w')",
    "a link": "os.symlink(x, 'l') or open('l').read()",
    "another name": "os.link(x, 'l')",
    "moving": "os.rename(x, 'l')",
    "removing": "os.unlink(x)",
    "cutting": "os.truncate(x, 0)",
    "its mode": "os.chmod(x, 0)",
    "its times": "os.utime(x, (0, 0))",
    "the environment of others": "[open(f'/proc/{pid}/environ').read(1) for pid in ('self', os.getppid())]",
    "shared memory": "open('/dev/shm/x', 'w')",
    "a socket": "socket.socket()",
    "datagrams": "socket.socketpair(type=socket.SOCK_DGRAM)",
}


@pytest.mark.parametrize("body", OUTSIDE.values(), ids=OUTSIDE)
def test_landlock_fences(body, landlock, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("x")
    result = answer(f"try: {body}\nexcept OSError: return 'no'", "'no'", argument=repr(str(secret)))
    assert (result.passed, result.isolation) == (True, "landlock"), result
    assert secret.read_text() == "x" and secret.stat().st_mode & 0o700 and secret.stat().st_mtime > 1


@pytest.mark.extras
def test_landlock_leaves_python_and_its_own_folder(landlock):
    for body, wanted in SEEN.values():
        if "chmod" not in body:
            assert answer(body, wanted).passed, body
    assert answer("import numpy, wave\nos.mkdir('d')\nos.rename('d', 'e')\nreturn os.listdir()", "['e']").passed
    for path, seen in ((DATA / "kit.jsonl", "no"), (locate("humaneval")[0], "no"), (Path(os.__file__), "yes")):
        body = "try: open(x, 'rb').read(1)\nexcept OSError: return 'no'\nreturn 'yes'"
        assert path.stat().st_size and answer(body, repr(seen), argument=repr(str(path))).passed, path


SLEEP = 61 + os.getpid() / 1e7  # a number that no other test run uses
NAP = f"time.sleep({SLEEP})"
ORPHANS = {
    "fork": f"import os, time\nif os.fork() == 0: {NAP}\n",
    "new session": f"""
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0: {NAP}
    os._exit(0)
""",
    "subprocess": f"import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', 'import time; {NAP}'])\n",
    "thread": f"import threading, time\nthreading.Thread(target=lambda: {NAP}).start()\n",
}
TRUSTED = 3  # a worker, its zygote, and the candidate that waits for the next job
FORK_BOMB = "import os\ndef f(x):\n    while True:\n        try: os.fork()\n        except OSError: pass\n"


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


@pytest.mark.parametrize("start", ORPHANS.values(), ids=ORPHANS)
def test_no_process_is_left_behind(start, processes):
    assert processes() == 0
    result = run(start + HONEST)
    assert result.passed, result
    assert processes() == TRUSTED


def test_fork_bomb_ends_with_its_time(processes):
    assert run(FORK_BOMB, timeout=0.5).status in ("timeout", "crashed")
    assert processes() == TRUSTED
    assert run(HONEST).passed


@pytest.mark.parametrize("level", LEVELS[1:])
def test_weaker_levels_hold_too(level, monkeypatch, processes):
    """What a system without namespaces gets: the same verdicts, the level named, no process left behind."""
    if level == "process as root" and os.geteuid():
        pytest.skip("only root runs at this level")
    monkeypatch.setattr(runner, "_reasons", {other: "not here" for other in LEVELS if other != level})
    try:
        runner._idle.append(runner._worker())
    except OSError as error:
        pytest.skip(str(error))
    honest = run(HONEST)
    assert (honest.passed, honest.isolation) == (True, level)
    assert run("import os\ndef f(x): os._exit(0)").status == "crashed"
    assert run("class Yes:\n    def __eq__(self, other): return True\ndef f(x): return Yes()").status == "tests_fail"
    assert run(ORPHANS["new session"] + HONEST).passed
    assert run(ENDLESS, timeout=0.3).status == "timeout"
    for victim in ("os.getppid()", "-1", "-os.getpgid(os.getppid())"):
        kills = (
            f"import os\ndef f(x):\n    try: os.kill({victim}, 0)\n    except OSError: return x + 1\n    return 'can'"
        )
        assert run(kills).passed, victim
    assert processes() == TRUSTED
    assert run(HONEST).passed
    refused = run(HONEST, require="namespaces")
    assert (refused.passed, refused.status, refused.isolation) == (False, "refused", level)
    assert "'namespaces' is required, but namespaces: not here" in refused.detail


CONTAINER = """
from tests.running.isolation.test_levels import ENDLESS, FORK_BOMB, HONEST, run
runs = [run(HONEST), run(FORK_BOMB, timeout=0.4), run("import os\\ndef f(x): os._exit(0)"), run(HONEST)]
print(*(result.status for result in runs), runs[0].isolation in ("namespaces", "landlock", "process as root"))
"""


def test_a_container_that_knows_no_user_but_root():
    command = ["unshare", "--user", "--map-root-user", "--mount", sys.executable, "-c", CONTAINER]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    if done.stderr.startswith("unshare"):
        pytest.skip(f"this system forbids user namespaces: {done.stderr}")
    assert done.stdout in (f"passed {bomb} crashed passed True\n" for bomb in ("timeout", "crashed")), done.stderr


def test_unknown_level_is_an_error():
    with pytest.raises(ValueError, match="unknown level of isolation 'total': use one of 'namespaces'"):
        run(HONEST, require="total")
