"""Rows on disk: one JSON object a line, appended whole, so that a killed run resumes where it stopped."""

import gzip
import json
import sys
import warnings
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from procure_kit.extras import how


class BadRow(ValueError):
    """A row that cannot be used; the message names the file, the line and what is wrong."""


def warn_bad_row(error: BadRow) -> None:
    """The default way to report a bad row and go on."""
    warnings.warn(str(error), stacklevel=2)


def read_rows(
    path: str | Path,
    *,
    required: tuple[str, ...] = (),
    check: Callable[[dict], object] | None = None,
    on_bad: Callable[[BadRow], None] = warn_bad_row,
) -> Iterator[dict]:
    """Yield the usable rows of a file as dicts: JSONL (also .gz), a JSON array (.json), or Parquet (.parquet).

    A row that is not a JSON object, lacks one of the `required` string fields, or for which `check` raises ValueError,
    goes to `on_bad` as a `BadRow` and is left out. A last line without its newline is what a killed writer leaves: it
    is a bad row too unless it parses.

    Raises: FileNotFoundError when the file is missing; ModuleNotFoundError for Parquet without pyarrow.
    """
    for place, read in _raw_rows(Path(path)):
        try:
            row = _checked(read(), required)
            if check is not None:
                check(row)
        except (ValueError, RecursionError) as error:
            on_bad(BadRow(f"{path}:{place}: {error}"))
        else:
            yield row


def _raw_rows(path: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    """Where each row stands, and a function that reads it or raises ValueError."""
    if path.suffix == ".parquet":
        yield from _parquet_rows(path)
    elif path.suffix == ".json" and (rows := _array(path)) is not None:
        yield from ((f"item {number}", lambda row=row: row) for number, row in enumerate(rows, start=1))
    else:
        opener = gzip.open if path.suffix == ".gz" else open
        number = 0
        try:
            with opener(path, "rb") as lines:
                for number, line in enumerate(lines, start=1):
                    if line.strip():
                        yield str(number), lambda line=line: _parsed(line)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            why = f"from here on it cannot be unpacked: {error}"
            yield str(number + 1), lambda: _bad(why)


def _parsed(line: bytes) -> object:
    try:
        return json.loads(line.decode("utf-8-sig"))  # some editors begin a file with a mark of its encoding
    except json.JSONDecodeError as error:
        raise ValueError(f"no JSON: {error.msg} (column {error.colno})") from error


def _bad(why: str) -> None:
    raise ValueError(why)


def _array(path: Path) -> list | None:
    """The rows of a file that is one JSON array, as MBPP's sanitized part is published; None for any other."""
    try:
        value = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, list) else None


def _parquet_rows(path: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    try:
        from pyarrow import ArrowException, parquet
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(f"{path}: reading Parquet needs a package: {how('pyarrow')}") from error
    number = 0
    try:
        for batch in parquet.ParquetFile(path).iter_batches(batch_size=16):
            for row in batch.to_pylist():
                number += 1
                yield f"row {number}", lambda row=row: row
    except (ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno:  # the system's; one without a number is pyarrow's
            raise
        if not number:
            raise ValueError(f"{path}: no Parquet file that can be read: {error}") from error
        why = f"from here on it cannot be read: {error}"
        yield f"row {number + 1}", lambda: _bad(why)


def _checked(row: object, required: tuple[str, ...]) -> dict:
    if not isinstance(row, dict):
        raise ValueError(f"a row must be a JSON object, not {type(row).__name__}")
    for field in required:
        if field not in row:
            raise ValueError(f"field {field!r} is missing")
        if not isinstance(row[field], str):
            raise ValueError(f"field {field!r} must be a string, not {type(row[field]).__name__}")
    return row


def append_row(path: str | Path, row: dict) -> None:
    """Append one row as one whole line, after closing a line that a killed writer left open.

    Raises: OSError, as when the disk is full; the file is then as it was.
    """
    line = _line(row)
    with open(path, "a+b", buffering=0) as file:
        size = file.seek(0, 2)
        start = b"\n" if size and _last_byte(file) != b"\n" else b""
        rest = memoryview(start + line)
        try:
            while rest:
                rest = rest[file.write(rest) :]
        except OSError as error:
            file.truncate(size)
            raise OSError(error.errno, error.strerror, str(path)) from error


def _line(row: dict) -> bytes:
    try:
        return json.dumps(row, ensure_ascii=False).encode() + b"\n"
    except UnicodeEncodeError:  # half a surrogate pair, as a program's output may hold, can only be escaped
        return json.dumps(row).encode() + b"\n"


def _last_byte(file) -> bytes:
    file.seek(-1, 2)
    return file.read(1)


def replace_rows(path: Path, rows: Iterable[dict]) -> None:
    """Make these the rows of a file, all of them or, when the disk is full, none."""
    part = path.with_name(path.name + ".part")
    part.write_bytes(b"".join(map(_line, rows)))
    part.replace(path)


class Complaints:
    """Reports bad rows on standard error as they come, and is true when there was one."""

    def __init__(self):
        self.count = 0

    def __call__(self, error: BadRow) -> None:
        self.count += 1
        print(error, file=sys.stderr)

    def after_a_kill(self, error: BadRow) -> None:
        """For a file that is being resumed: the row is made again, so nothing is lost."""
        print(f"{error} (a killed run left it; its work is done again)", file=sys.stderr)

    def __bool__(self) -> bool:
        return self.count > 0


def count_line(counts: Counter, path: Path) -> str:
    """How many rows of each status a file holds, in one line."""
    parts = ", ".join(f"{count} {status}" for status, count in counts.most_common())
    return f"{sum(counts.values())} rows: {parts or 'none'} → {path}"
