"""Rows on disk: one JSON object a line, appended whole, so that a killed run resumes where it stopped."""

import json
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from tqdm import tqdm

from procure_kit.problems.files import Raw, rows_file

Made = TypeVar("Made")


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

    def make(row: dict) -> dict:
        if check is not None:
            check(row)
        return row

    for _, row in usable(path, rows_file(Path(path)), make, on_bad, required):
        yield row


def usable(
    path: str | Path,
    file: Iterable[Raw],
    make: Callable[[dict], Made],
    on_bad: Callable[[BadRow], None],
    required: tuple[str, ...] = (),
) -> Iterator[tuple[int, Made]]:
    """The key of each usable row of a file, and what `make` makes of the row; else as `read_rows`."""
    for place, key, read in file:
        try:
            made = make(_checked(read(), required))
        except (ValueError, RecursionError) as error:
            on_bad(BadRow(f"{path}:{place}: {error}"))
        else:
            yield key, made


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
    with open(part, "wb") as file:
        file.writelines(map(_line, rows))  # which may come from the file itself
    part.replace(path)


class Complaints:
    """Reports bad rows on standard error as they come, and is true when there was one."""

    def __init__(self):
        self.count = 0

    def __call__(self, error: BadRow) -> None:
        self.count += 1
        tqdm.write(str(error), file=sys.stderr)  # above a progress bar, where there is one

    def after_a_kill(self, error: BadRow) -> None:
        """For a file that is being resumed: the row is made again, so nothing is lost."""
        tqdm.write(f"{error} (a killed run left it; its work is done again)", file=sys.stderr)

    def __bool__(self) -> bool:
        return self.count > 0


def count_line(counts: Counter, path: Path) -> str:
    """How many rows of each status a file holds, in one line."""
    parts = ", ".join(f"{count} {status}" for status, count in counts.most_common())
    return f"{sum(counts.values())} rows: {parts or 'none'} → {path}"
