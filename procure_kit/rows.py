"""Rows on disk: one JSON object a line, appended whole, so that a killed run resumes where it stopped."""

import gzip
import json
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path


class BadRow(ValueError):
    """A row that cannot be used; the message names the file, the line and what is wrong."""


def warn_bad_row(error: BadRow) -> None:
    """The default way to report a bad row and go on."""
    warnings.warn(str(error), stacklevel=2)


def read_rows(
    path: str | Path, *, required: tuple[str, ...] = (), on_bad: Callable[[BadRow], None] = warn_bad_row
) -> Iterator[dict]:
    """Yield the usable rows of a JSONL file (or .jsonl.gz) as dicts.

    A row that is not a JSON object, or lacks one of the `required` string fields, goes to `on_bad` as a
    `BadRow` and is left out. A last line without its newline is what a killed writer leaves: it is a bad row too
    unless it parses.

    Raises: FileNotFoundError when the file is missing.
    """
    opener = gzip.open if str(path).endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8", errors="replace") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                yield _checked(json.loads(line), required)
            except ValueError as error:
                on_bad(BadRow(f"{path}:{number}: {error}"))


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
    path = Path(path)
    line = json.dumps(row, ensure_ascii=False) + "\n"
    with open(path, "a+b") as file:
        if file.tell() and _last_byte(file) != b"\n":
            file.write(b"\n")
        file.write(line.encode())


def _last_byte(file) -> bytes:
    file.seek(-1, 2)
    return file.read(1)
