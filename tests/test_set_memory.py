"""The benchmark of sets larger than memory, on a small one: same rows, less memory."""

import pytest

from tests.benchmarks.set_memory import LIMIT, compare, page


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
def test_a_set_is_streamed_and_its_rows_are_the_same(tmp_path, suffix):
    path = tmp_path / f"set{suffix}"
    found = compare(path, megabytes=80, chosen=2)
    for command in ("perturb", "validate", "evaluate"):
        assert found[command]["same rows"] and found[command]["rows"] > 1, found
        assert max(found[command]["MB"], found[command]["largest child, MB"]) < LIMIT / 2, found
        assert found[command]["MB"] < found["in memory"]["MB"] - 80, found
    assert not path.exists() and page([found], "it").count("the same") == 3
