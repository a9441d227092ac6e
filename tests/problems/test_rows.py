"""Rows are written whole, read tolerantly, and every bad one is named by file and line."""

import gzip
import re
import resource
import sys
from collections import Counter

import pytest

from procure_kit.problems.rows import BadRow, Complaints, append_row, count_line, read_rows, replace_rows


def read(path, **options):
    bad = []
    rows = list(read_rows(path, on_bad=bad.append, **options))
    return rows, [str(error) for error in bad]


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (b"{not json}", "no JSON: Expecting property name enclosed in double quotes (column 2)"),
        (b'["a list"]', "a row must be a JSON object, not list"),
        (b'{"other": 1}', "field 'id' is missing"),
        (b'{"id": 3}', "field 'id' must be a string, not int"),
        (b'{"id": "\xff"}', "can't decode byte 0xff"),
        (b"[" * 100_000, "recursion"),
        (b'{"id": "wrong"}', "no such id"),
        (b'{"id": "half', "control character"),
    ],
)
def test_bad_row_is_named_and_the_rest_is_read(tmp_path, line, complaint):
    def check(row):
        if row["id"] == "wrong":
            raise ValueError("no such id")

    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"id": "a"}\n\n' + line + b'\n{"id": "b", "more": [1]}\n')
    rows, bad = read(path, required=("id",), check=check)
    assert rows == [{"id": "a"}, {"id": "b", "more": [1]}]
    assert len(bad) == 1
    assert bad[0].startswith(f"{path}:3: ")
    assert complaint in bad[0]


def test_a_bad_row_warns_by_default(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text("oops\n")
    with pytest.warns(UserWarning, match=f"{re.escape(str(path))}:1: "):
        assert list(read_rows(path)) == []


def test_compressed_rows(tmp_path):
    path = tmp_path / "rows.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"a": 1}\n'))
    assert read(path) == ([{"a": 1}], [])


@pytest.mark.parametrize(
    "data",
    [gzip.compress(b'{"a": 1}\n' * 9)[:-12], gzip.compress(b'{"a": 1}\n') + b"x", b"no"],
    ids=("cut off", "something behind it", "not compressed"),
)
def test_a_compressed_file_that_is_none_gives_what_it_holds(tmp_path, data):
    path = tmp_path / "rows.jsonl.gz"
    path.write_bytes(data)
    found, bad = read(path)
    assert found == [{"a": 1}] * len(found)
    assert len(bad) == 1
    assert bad[0].startswith(f"{path}:{len(found) + 1}: from here on it cannot be unpacked: ")


def test_a_mark_of_the_encoding_is_no_part_of_a_row(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"a": 1}\n')
    assert read(path) == ([{"a": 1}], [])


def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        list(read_rows(tmp_path / "none.jsonl"))


@pytest.mark.parametrize("row", [{"a": "é\n"}, {"a": "\ud800"}, {"a": {"b": [None, 1.5, True]}}])
def test_what_is_appended_comes_back(tmp_path, row):
    path = tmp_path / "rows.jsonl"
    append_row(path, row)
    append_row(path, row)
    assert read(path) == ([row, row], [])
    assert path.read_bytes().count(b"\n") == 2


def test_appending_closes_a_line_that_a_killed_writer_left(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"a": 1}\n{"a": 2, "b')
    append_row(path, {"a": 3})
    rows, bad = read(path)
    assert rows == [{"a": 1}, {"a": 3}]
    assert len(bad) == 1 and ":2: " in bad[0]


def test_text_other_than_ascii_stays_readable(tmp_path):
    append_row(tmp_path / "rows.jsonl", {"a": "é"})
    assert "é" in (tmp_path / "rows.jsonl").read_text(encoding="utf-8")


def test_rows_are_replaced_whole_or_not_at_all(tmp_path):
    path = tmp_path / "rows.jsonl"
    append_row(path, {"a": 1})
    with pytest.raises(TypeError):
        replace_rows(path, [{"a": 2}, {"a": {3}}])
    assert read(path) == ([{"a": 1}], [])
    replace_rows(path, [{"a": "é"}, {"a": "\ud800"}])
    assert read(path) == ([{"a": "é"}, {"a": "\ud800"}], []) and [*tmp_path.iterdir()] == [path]
    replace_rows(path, [])
    assert path.read_bytes() == b""


def test_complaints_are_counted_but_not_those_of_a_resumed_file(capsys):
    complaints = Complaints()
    complaints.after_a_kill(BadRow("out.jsonl:9: half a row"))
    assert not complaints
    complaints(BadRow("in.jsonl:1: bad"))
    assert complaints
    assert capsys.readouterr().err.splitlines()[1] == "in.jsonl:1: bad"


def test_count_line():
    assert count_line(Counter(["valid", "timeout", "valid"]), "x") == "3 rows: 2 valid, 1 timeout → x"
    assert count_line(Counter(), "x") == "0 rows: none → x"


def test_a_row_that_does_not_fit_leaves_nothing_behind(tmp_path):
    path = tmp_path / "rows.jsonl"
    append_row(path, {"a": 1})
    before, soft_and_hard = path.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50, soft_and_hard[1]))
    try:
        with pytest.raises(OSError, match="rows.jsonl"):
            append_row(path, {"a": "x" * 100})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, soft_and_hard)
    assert path.read_bytes() == before
    append_row(path, {"a": 2})
    assert read(path) == ([{"a": 1}, {"a": 2}], [])


def test_a_json_array_gives_its_items_and_names_a_bad_one_by_its_number(tmp_path):
    path = tmp_path / "rows.json"
    path.write_text('[{"a": "x"},\n 7,\n {"a": "y"}]')
    assert read(path) == ([{"a": "x"}, {"a": "y"}], [f"{path}:item 2: a row must be a JSON object, not int"])
    path.write_text('{"a": "x"}\n{"a": "y"}\n')  # lines all the same
    assert read(path) == ([{"a": "x"}, {"a": "y"}], [])
    lines = tmp_path / "rows.jsonl"
    lines.write_text('[{"a": "x"}]\n')
    assert read(lines) == ([], [f"{lines}:1: a row must be a JSON object, not list"])


def test_a_compressed_row_that_is_damaged_ends_the_file(tmp_path):
    path = tmp_path / "rows.jsonl.gz"
    data = bytearray(gzip.compress(b'{"a": 1}\n'))
    data[10] = 0xFF  # no kind of block
    path.write_bytes(data)
    rows, bad = read(path)
    assert (rows, len(bad)) == ([], 1) and ":1: from here on it cannot be unpacked" in bad[0]


@pytest.fixture
def table(tmp_path):
    """A Parquet file of forty rows in three groups, and where the second group's data begin."""
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "rows.parquet"
    rows = pyarrow.Table.from_pylist([{"a": f"text {number}"} for number in range(40)])
    parquet.write_table(rows, path, row_group_size=16, compression="none", use_dictionary=False)
    return path, parquet.ParquetFile(path).metadata.row_group(1).column(0).data_page_offset


def test_rows_of_parquet(table):
    path, _ = table
    assert read(path, required=("a",)) == ([{"a": f"text {number}"} for number in range(40)], [])
    _, bad = read(path, required=("b",))
    assert len(bad) == 40 and bad[39] == f"{path}:row 40: field 'b' is missing"


def test_parquet_that_is_damaged_gives_what_stands_before(table):
    path, second = table
    data = bytearray(path.read_bytes())
    data[second : second + 40] = b"\xff" * 40
    path.write_bytes(data)
    rows, bad = read(path)
    assert [row["a"] for row in rows] == [f"text {number}" for number in range(16)]
    assert len(bad) == 1 and bad[0].startswith(f"{path}:row 17: from here on it cannot be read: ")
    path.write_bytes(data[:second])
    with pytest.raises(ValueError, match="no Parquet file that can be read"):
        read(path)
    with pytest.raises(FileNotFoundError):
        read(path.with_name("none.parquet"))


def test_parquet_without_its_package_says_what_to_install(table, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    wanted = r"rows.parquet: reading Parquet needs a package: pip install 'procure-kit\[data\]'"
    with pytest.raises(ModuleNotFoundError, match=wanted):
        read(table[0])
