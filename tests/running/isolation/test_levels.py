"""Each level gives the same verdicts, says its name, and leaves nothing behind."""

import os
import subprocess
import sys

import pytest

from procure_kit.running import runner
from procure_kit.running.isolation.system import LEVELS
from tests.running.isolation.conftest import TRUSTED
from tests.running.isolation.programs import ENDLESS, HONEST, ORPHANS, run


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
    assert (
        run("class Yes:\n    def __eq__(self, other): return True\ndef f(x): return Yes()").status
        == "needs_own_process"
    )
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
from tests.running.isolation.programs import ENDLESS, FORK_BOMB, HONEST, run
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
