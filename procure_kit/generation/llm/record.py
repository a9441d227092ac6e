"""Replies of a chat server kept on disk as they arrive, and found again by their requests."""

import hashlib
import json
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from procure_kit.generation.llm.reply import COUNTS, ApiFault, read_reply
from procure_kit.problems.rows import BadRow, append_row, read_rows, warn_bad_row


def request_hash(body: dict, sample: int) -> str:
    """What a reply is found by: all that was sent, and which of several samples it is."""
    return hashlib.sha256(json.dumps([body, sample], sort_keys=True).encode()).hexdigest()


def _reply(row: dict) -> None:
    """What the generator reads of a recorded reply. Raises: ValueError."""
    if not isinstance(row.get("fault", ""), str):
        raise ValueError("field 'fault' must be a string")
    if row.get("fault"):
        return
    usage, seconds = row.get("usage", {}), row.get("seconds", 0.0)
    if not isinstance(usage, dict) or not all(isinstance(usage.get(name, 0), int) for name in COUNTS):
        raise ValueError(f"field 'usage' must be an object with whole numbers for {' and '.join(COUNTS)}")
    if not isinstance(seconds, int | float):
        raise ValueError("field 'seconds' must be a number")
    if not isinstance(row.get("reasoning", ""), str):
        raise ValueError("field 'reasoning' must be a string")


def _response(row: dict) -> None:
    """What is read of a batch's row. Raises: ValueError."""
    if not isinstance(row.get("response") or {}, dict):
        raise ValueError("field 'response' must be an object with status_code and body")


class Record:
    """A JSONL file of requests and replies, and what batches brought; a fault is asked again unless replayed."""

    def __init__(
        self,
        path: str | Path | None,
        batches: Iterable[str | Path] = (),
        replay: bool = False,
        on_bad: Callable[[BadRow], None] = warn_bad_row,
    ):
        self.path, batches = path, list(batches)
        if replay and path and not batches and not Path(path).exists():
            raise FileNotFoundError(f"{path}: there is no such record to replay")
        if path and not replay:
            open(path, "ab").close()  # where it cannot be written, nothing is asked
        there = path and Path(path).exists()
        kept = read_rows(path, required=("request", "content"), check=_reply, on_bad=on_bad) if there else ()
        self.known = {row["request"]: row for row in kept if replay or not row.get("fault")}
        given = {"required": ("custom_id",), "check": _response, "on_bad": on_bad}
        self.arrived = {row["custom_id"]: row for file in batches for row in read_rows(file, **given)}

    def find(self, request: str, body: dict) -> dict | None:
        """The reply to a request, if there is one. Raises: ApiFault when what came, or was recorded, is a fault."""
        row = self.known.get(request)
        if (row is None or row.get("fault")) and request in self.arrived:
            row = self.arrived[request]
            response = row.get("response") or {}
            try:
                if row.get("error") or response.get("status_code") != 200:
                    said = row.get("error") or response.get("body")
                    raise ApiFault(f"the batch has no reply: {json.dumps(said)[:300]}")
                return self.keep(request, body, read_reply(json.dumps(response.get("body"))) | {"seconds": 0.0})
            except ApiFault as fault:
                self.keep(request, body, {"content": "", "usage": fault.usage, "fault": str(fault)})
                raise
        if row and row.get("fault"):
            raise ApiFault(row["fault"])
        return row

    def keep(self, request: str, body: dict, reply: dict) -> dict:
        row = {"request": request, **body, **reply, "time": time.strftime("%Y-%m-%dT%H:%M:%S%z")}
        if not row.get("fault"):
            self.known[request] = row
        if self.path:
            append_row(self.path, row)
        return row
