"""What a candidate behind the fence of Landlock cannot reach."""

import os
from pathlib import Path

import pytest

from procure_kit.problems.sets import locate
from procure_kit.running import runner
from procure_kit.running.isolation.system import LEVELS
from procure_kit.shipped import DATA
from tests.running.isolation.programs import FENCED, SEEN, answer


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
