"""Replies of a chat server: read one, keep each on disk as it arrives, and find it again by its request."""

import hashlib
import json
import time
from collections.abc import Iterable
from pathlib import Path

from procure_kit.rows import append_row, read_rows


class ApiFault(Exception):
    """No usable reply; the message says why. `passing`: the same request may well succeed later, after `wait` seconds
    where the server says so."""

    def __init__(self, message: str, passing: bool = False, usage: dict | None = None, wait: float | None = None):
        super().__init__(message)
        self.passing = passing
        self.wait = wait
        self.usage = usage or {}  # a refused or an empty reply costs tokens too


def read_reply(text: str) -> dict:
    """content, finish_reason and usage (empty when not told) of a chat completion, and the reasoning of a server that
    keeps it apart. Raises: ApiFault when it is none, refused or empty."""
    try:
        row = json.loads(text)
        choice = row["choices"][0]
        message, finish = choice["message"], choice.get("finish_reason")
        content, refusal = message.get("content") or "", message.get("refusal")
        content = content.encode(errors="replace").decode()  # half a surrogate pair could not be sent back
        thought = message.get("reasoning_content") or message.get("reasoning")
        usage, empty = _usage(row.get("usage")), not content.strip()
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise ApiFault(f"no chat completion ({type(error).__name__}): {text[:200]}", passing=True) from error
    if refusal or finish == "content_filter":
        raise ApiFault(f"the model refused: {refusal or 'content_filter'}", usage=usage)
    if empty:
        raise ApiFault(f"the reply is empty (finish_reason {finish})", passing=True, usage=usage)
    reasoning = {"reasoning": thought} if isinstance(thought, str) else {}
    return {"content": content, "finish_reason": finish, "usage": usage, **reasoning}


def read_texts(text: str) -> dict:
    """texts and usage of a completion, whose texts may well be empty. Raises: ApiFault when it is none."""
    try:
        row = json.loads(text)
        choices = sorted(row["choices"], key=lambda choice: choice.get("index") or 0)
        texts = [(choice["text"] or "").encode(errors="replace").decode() for choice in choices]
        usage = _usage(row.get("usage"))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise ApiFault(f"no completion ({type(error).__name__}): {text[:200]}", passing=True) from error
    if not texts:
        raise ApiFault("the server gave no choice", passing=True, usage=usage)
    return {"texts": texts, "usage": usage}


def _usage(told: object) -> dict:
    told = told if isinstance(told, dict) else {}
    counts = {name: told.get(name) for name in ("prompt_tokens", "completion_tokens")}
    return {name: count for name, count in counts.items() if isinstance(count, int) and count > 0}


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
