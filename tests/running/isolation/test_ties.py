"""No process outlives the run that started it."""

import pytest

from tests.running.isolation.conftest import TRUSTED
from tests.running.isolation.programs import FORK_BOMB, HONEST, ORPHANS, run


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
