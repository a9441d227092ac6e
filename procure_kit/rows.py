"""Rows on disk: one JSON object a line, appended whole, so that a killed run resumes where it stopped."""

import gzip
import json
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path


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
    """Yield the usable rows of a JSONL file (or .jsonl.gz) as dicts.

    A row that is not a JSON object, lacks one of the `required` string fields, or for which `check` raises ValueError,
    goes to `on_bad` as a `BadRow` and is left out. A last line without its newline is what a killed writer leaves: it
    is a bad row too unless it parses.

    Raises: FileNotFoundError when the file is missing.
    """
    opener = gzip.open if str(path).endswith(".gz") else open
    with opener(path, "rb") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                row = _checked(json.loads(line.decode()), required)
                if check is not None:
                    check(row)
            except (ValueError, RecursionError) as error:
                on_bad(BadRow(f"{path}:{number}: {error}"))
            else:
                yield row


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
    """Append one row as one whole line, after closing a line that a killed writer left open."""
    try:
        line = json.dumps(row, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # half a surrogate pair, as a program's output may hold, can only be escaped
        line = json.dumps(row).encode()
    with open(path, "a+b") as file:
        if file.tell() and _last_byte(file) != b"\n":
            file.write(b"\n")
        file.write(line + b"\n")


def _last_byte(file) -> bytes:
    file.seek(-1, 2)
    return file.read(1)


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
