"""Files of rows, read one at a time: JSONL, gzip, Parquet, a JSON array. A row can be read again by its key.

Only an array has to be in memory as a whole. Rows that are read again in the file's order cost no more than reading on.
"""

import gzip
import json
import zlib
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

from procure_kit.extras import how

BUFFER = 1 << 20  # bytes of a Parquet column that are read at once, however large the row group is


class Raw(NamedTuple):
    place: str  # for a reader: "3", "item 3", "row 3"
    key: int  # for `at`
    read: Callable[[], object]  # Raises: ValueError


def rows_file(path: Path, leave_out: Collection[str] = ()) -> "Lines | Array | Table":
    """The file's rows. `leave_out`: columns of Parquet that are not read.

    Raises, when the rows are asked for: FileNotFoundError; ModuleNotFoundError for Parquet without pyarrow.
    """
    if path.suffix == ".parquet":
        return Table(path, leave_out)
    if path.suffix == ".json" and (rows := _array(path)) is not None:
        return Array(rows)
    return Lines(path)


def _array(path: Path) -> list | None:
    """The rows of a file that is one JSON array, as MBPP's sanitized part is published; None for any other."""
    try:
        value = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, list) else None


class Array:
    def __init__(self, rows: list):
        self.rows = rows

    def __iter__(self) -> Iterator[Raw]:
        return (Raw(f"item {key + 1}", key, lambda row=row: row) for key, row in enumerate(self.rows))

    def at(self, key: int) -> object:
        return self.rows[key]


class Lines:
    """JSON lines; a key is where the line begins, in the unpacked file."""

    def __init__(self, path: Path):
        self.open = lambda: (gzip.open if path.suffix == ".gz" else open)(path, "rb")
        self.file = None

    def __iter__(self) -> Iterator[Raw]:
        number = start = 0
        try:
            with self.open() as lines:
                for number, line in enumerate(lines, start=1):
                    if line.strip():
                        yield Raw(str(number), start, lambda line=line: _parsed(line))
                    start += len(line)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            yield _unreadable(str(number + 1), f"from here on it cannot be unpacked: {error}")

    def at(self, key: int) -> object:
        if self.file is None:
            self.file = self.open()
        self.file.seek(key)
        return _parsed(self.file.readline())


def _parsed(line: bytes) -> object:
    try:
        return json.loads(line.decode("utf-8-sig"))  # some editors begin a file with a mark of its encoding
    except json.JSONDecodeError as error:
        raise ValueError(f"no JSON: {error.msg} (column {error.colno})") from error


def _unreadable(place: str, why: str) -> Raw:
    def read() -> None:
        raise ValueError(why)

    return Raw(place, -1, read)


class Table:
    """Parquet; a key is the row's number. A row group is read on from where the last row was."""

    def __init__(self, path: Path, leave_out: Collection[str] = ()):
        try:
            from pyarrow import ArrowException, parquet
        except ModuleNotFoundError as error:
            raise ModuleNotFoundError(f"{path}: reading Parquet needs a package: {how('pyarrow')}") from error
        self.path, self.leave_out = path, leave_out
        self.errors = (ArrowException, OSError)
        self.open = lambda: parquet.ParquetFile(path, buffer_size=BUFFER, pre_buffer=False)
        self.table = None
        self.group, self.next, self.rows = -1, 0, iter(())

    def __iter__(self) -> Iterator[Raw]:
        number = 0
        try:
            for row in self._read():
                number += 1
                yield Raw(f"row {number}", number - 1, lambda row=row: row.to_pylist()[0])
        except self.errors as error:
            if isinstance(error, OSError) and error.errno:  # the system's; one without a number is pyarrow's
                raise
            if not number:
                raise ValueError(f"{self.path}: no Parquet file that can be read: {error}") from error
            yield _unreadable(f"row {number + 1}", f"from here on it cannot be read: {error}")

    def at(self, key: int) -> object:
        if self.table is None:
            self.table = self.open()
            groups = self.table.metadata
            sizes = [groups.row_group(number).num_rows for number in range(groups.num_row_groups)]
            self.starts = list(accumulate(sizes, initial=0))
        group = bisect_right(self.starts, key) - 1
        if group != self.group or key < self.next:
            self.group, self.next, self.rows = group, self.starts[group], self._read(row_groups=[group])
        while True:
            row = next(self.rows)
            self.next += 1
            if self.next > key:
                return row.to_pylist()[0]

    def _read(self, **given) -> Iterator:
        """Batches of one row, each column read a buffer at a time: a row group may be larger than memory."""
        table = self.open()
        columns = [name for name in table.schema_arrow.names if name not in self.leave_out]
        return table.iter_batches(batch_size=1, columns=columns, use_threads=False, **given)
