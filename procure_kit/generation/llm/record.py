"""Replies of a chat server kept on disk as they arrive, and found again by their requests."""

import hashlib
import json
import time
from collections.abc import Iterable
from pathlib import Path

from procure_kit.generation.llm.reply import ApiFault, read_reply
from procure_kit.problems.rows import append_row, read_rows


def request_hash(body: dict, sample: int) -> str:
    """What a reply is found by: all that was sent, and which of several samples it is."""
    return hashlib.sha256(json.dumps([body, sample], sort_keys=True).encode()).hexdigest()


class Record:
    """A JSONL file of requests and replies, and what batches brought; a fault is asked again unless replayed."""

    def __init__(self, path: str | Path | None, batches: Iterable[str | Path] = (), replay: bool = False):
        self.path, batches = path, list(batches)
        if replay and path and not batches and not Path(path).exists():
            raise FileNotFoundError(f"{path}: there is no such record to replay")
        if path and not replay:
            open(path, "ab").close()  # where it cannot be written, nothing is asked
        kept = read_rows(path, required=("request", "content")) if path and Path(path).exists() else ()
        self.known = {row["request"]: row for row in kept if replay or not row.get("fault")}
        self.arrived = {row["custom_id"]: row for file in batches for row in read_rows(file, required=("custom_id",))}

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
                return self.keep(request, body, read_reply(json.dumps(response["body"])) | {"seconds": 0.0})
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
