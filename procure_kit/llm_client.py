"""One chat request at any OpenAI-compatible server: faults retried, then told; every reply recorded as it arrives."""

import hashlib
import json
import os
import random
import threading
import time
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path

from procure_kit.rows import append_row, read_rows


class ApiFault(Exception):
    """No usable reply; the message says why, without the key."""


class BudgetSpent(Exception):
    """The token budget is used up: nothing more was asked."""


@dataclass
class Client:
    """`record`: JSONL of requests and replies, read first, so that nothing answered is asked again.

    `replay_only` asks no server. The key comes from OPENAI_API_KEY; a server at `base_url` may need none. `attempts`
    tries a request, with pauses of `pause` seconds, doubled each time, or what Retry-After says (at most `longest`).
    """

    model: str
    base_url: str | None = None
    record: Path | None = None
    replay_only: bool = False
    temperature: float = 1.0
    max_tokens: int = 2048
    budget_tokens: int | None = None
    timeout: float = 120.0
    attempts: int = 5
    pause: float = 1.0
    longest: float = 60.0
    spent: int = field(default=0, init=False)  # tokens of this run, replayed ones not counted

    def __post_init__(self):
        self._lock = threading.Lock()
        self._known: dict[str, dict] = {}
        if self.record and Path(self.record).exists():
            self._known = {row["request"]: row for row in read_rows(self.record, required=("request", "content"))}
        self._client = None
        if not self.replay_only:
            import openai

            key = os.environ.get("OPENAI_API_KEY") or ("none" if self.base_url else None)
            if key is None:
                raise ValueError("no key: set OPENAI_API_KEY, or name a server of your own with --base-url")
            self._client = openai.OpenAI(api_key=key, base_url=self.base_url, timeout=self.timeout, max_retries=0)

    def ask(self, messages: list[dict]) -> dict:
        """The reply: content, finish_reason, usage, seconds. Raises: ApiFault; BudgetSpent."""
        body = {"model": self.model, "temperature": self.temperature, "max_tokens": self.max_tokens}
        body["messages"] = messages
        request = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
        if request in self._known:
            return self._known[request]
        if self._client is None:
            raise ApiFault("the record has no reply to this request")
        for attempt in range(self.attempts):
            if self.budget_tokens is not None and self.spent >= self.budget_tokens:
                raise BudgetSpent(f"{self.spent} tokens of {self.budget_tokens} are spent")
            start = time.perf_counter()
            reply, fault, wait = self._once(body)
            if reply is not None:
                return self._keep(request, body, reply | {"seconds": round(time.perf_counter() - start, 3)})
            if wait is None:
                break
            if attempt + 1 < self.attempts:
                time.sleep(min(self.longest, wait or self.pause * 2**attempt * (1 + random.random() / 4)))
        raise ApiFault(fault.replace(self._client.api_key, "[key]")[:500])

    def _once(self, body: dict) -> tuple[dict | None, str, float | None]:
        """(reply, "", None), or (None, what went wrong, seconds to wait: 0 for the usual, None for no use)."""
        import openai

        try:
            text = self._client.chat.completions.with_raw_response.create(**body).http_response.text
        except openai.APIStatusError as error:
            again = error.status_code in (408, 409, 429) or error.status_code >= 500
            return None, f"HTTP {error.status_code}: {error.message}", _retry_after(error.response) if again else None
        except openai.APIConnectionError as error:
            return None, f"{type(error).__name__}: {error.__cause__ or error}", 0
        try:
            row = json.loads(text)
            choice = row["choices"][0]
            content, refusal = choice["message"].get("content") or "", choice["message"].get("refusal")
            usage = row.get("usage") or {}
            tokens = usage.get("prompt_tokens", 0) + usage.get("completion_tokens", 0)
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            return None, f"the reply is not a chat completion ({type(error).__name__}): {text[:200]}", 0
        with self._lock:
            self.spent += tokens
        if refusal:
            return None, f"the model refused: {refusal}", None
        if not content.strip():
            return None, f"the reply is empty (finish_reason {choice.get('finish_reason')})", 0
        return {"content": content, "finish_reason": choice.get("finish_reason"), "usage": usage}, "", None

    def _keep(self, request: str, body: dict, reply: dict) -> dict:
        row = {"request": request, **body, **reply, "time": time.strftime("%Y-%m-%dT%H:%M:%S%z")}
        with self._lock:
            self._known[request] = row
            if self.record:
                append_row(self.record, row)
        return row


def _retry_after(response) -> float:
    """Seconds from now, given in seconds or as an HTTP date; 0 when neither."""
    value = response.headers.get("retry-after", "")
    try:
        return max(0.0, float(value))
    except ValueError:
        pass  # no number: perhaps a date
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, TypeError):
        return 0.0
