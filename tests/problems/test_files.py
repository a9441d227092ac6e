"""Rows one at a time, and again by their keys: in any order, from packed files, from the middle of a row group."""

import gzip
import json

import pytest

from procure_kit.problems.files import rows_file

ROWS = [{"n": n, "text": "é" * n, "tests": {"input": [str(n)] * n}, "unused": "x"} for n in range(9)]


@pytest.fixture(params=["jsonl", "jsonl.gz", "json", "parquet"])
def path(request, tmp_path):
    path = tmp_path / f"rows.{request.param}"
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n\n" for row in ROWS)
    if request.param == "jsonl":
        path.write_text(lines, encoding="utf-8")
    elif request.param == "jsonl.gz":
        path.write_bytes(gzip.compress(lines.encode()))
    elif request.param == "json":
        path.write_text(json.dumps(ROWS))
    else:
        pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
        parquet.write_table(pyarrow.Table.from_pylist(ROWS), path, row_group_size=4)  # three groups
    return path


def test_rows_come_in_their_order_and_again_by_their_keys_in_any(path):
    file = rows_file(path)
    keys = [raw.key for raw in file]
    assert [raw.read() for raw in file] == ROWS and len(set(keys)) == len(ROWS)
    for order in (range(9), reversed(range(9)), (4, 4, 5, 0, 8, 7, 1, 3, 3)):
        for n in order:
            assert file.at(keys[n]) == ROWS[n]


def test_a_row_is_read_when_it_is_asked_for(path):
    """Who stops early has read no further; what was given stays readable."""
    rows = iter(rows_file(path))
    first, second = next(rows), next(rows)
    assert (second.read(), first.read()) == (ROWS[1], ROWS[0])


def test_columns_that_nobody_needs_are_not_read(path):
    kept = rows_file(path, leave_out=("unused",))
    assert all(("unused" in raw.read()) is (path.suffix != ".parquet") for raw in kept)


def test_a_key_is_where_a_line_begins_behind_blank_ones_and_a_mark_of_the_encoding(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"n": 0}\r\n\r\n  \n{"n": 1}\n{broken\n{"n": 2}')
    file = rows_file(path)
    raws = list(file)
    assert [raw.place for raw in raws] == ["1", "4", "5", "6"]
    assert [file.at(raws[n].key)["n"] for n in (0, 1, 3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="no JSON"):
        raws[2].read()
