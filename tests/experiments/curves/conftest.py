import pytest

from procure_kit.experiments.curves import stream


@pytest.fixture(autouse=True)
def small_pools(monkeypatch):
    """Pools of two batches: the first of a stream is there sooner."""
    monkeypatch.setattr(stream, "POOL", 2)
