"""What a candidate sees of the world around it, and what the next one finds there."""

import pytest

from procure_kit.running import runner
from tests.running.isolation.programs import SEEN, answer


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
