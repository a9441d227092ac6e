"""The benchmark of sets larger than memory, on a small one: same rows, less memory."""

import json

import pytest

from tests.benchmarks.set_memory import LIMIT, compare, kept, page


def test_what_was_measured_of_the_other_format_stays_where_the_numbers_are_the_same(tmp_path):
    path, results = tmp_path / "found.json", [{"set": "jsonl"}, {"set": "parquet"}]
    assert kept(path, "--megabytes 2 --chosen 1", "parquet") == []
    path.write_text(json.dumps({"command": "it --megabytes 2 --chosen 1 --formats jsonl", "results": results}))
    assert kept(path, "--megabytes 2 --chosen 1", "parquet") == results[:1]
    assert kept(path, "--megabytes 3 --chosen 1", "parquet") == []


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
def test_a_set_is_streamed_and_its_rows_are_the_same(tmp_path, suffix):
    path = tmp_path / f"set{suffix}"
    found = compare(path, megabytes=80, chosen=2)
    for command in ("perturb", "validate", "evaluate"):
        assert found[command]["same rows"] and found[command]["rows"] > 1, found
        assert max(found[command]["MB"], found[command]["largest child, MB"]) < LIMIT / 2, found
        # half the set: what the allocator keeps differs by some 20 MB from one run to the next
        assert found[command]["MB"] < found["in memory"]["MB"] - 40, found
    assert not path.exists() and page([found], "it").count("the same") == 3
