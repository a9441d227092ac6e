"""One chat request at any OpenAI-compatible server: faults retried, then told; tokens and money counted."""

import asyncio
import os
import random
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path

from procure_kit.background import wait_for
from procure_kit.llm_record import ApiFault, Record, read_reply, request_hash
from procure_kit.rows import append_row

_SCHEMA = {
    "type": "object",
    "properties": {"reasoning": {"type": "string"}, "program": {"type": "string"}},
    "required": ["reasoning", "program"],
    "additionalProperties": False,
}
STRUCTURED = {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": _SCHEMA}}


class NotAsked(Exception):
    """The budget is spent, or the request went into a batch file: the work is left for another run."""


@dataclass
class Client:
    """A model at a server, what may be spent there, and where its replies are kept.

    `record`: JSONL of requests and replies, read first, so that nothing answered is asked again; `replay_only` asks
    no server at all. `batches`: result and error files of OpenAI's Batch API, read like a record; `batch_out`: new
    requests go into that file instead of to a server. `parameters`: any other fields of a request's body.
    `structured`: ask for JSON with the program in a field of its own, until the server says that it cannot.
    `attempts` tries a request, with pauses of `pause` seconds, doubled each time, or as Retry-After says (at most
    `longest`). `budget_usd` needs `price`: dollars per million tokens, in and out. Both budgets are for one run.

    The key comes from OPENAI_API_KEY; a server at `base_url` may need none. Raises: ValueError without either.
    """

    model: str
    base_url: str | None = None
    record: str | Path | None = None
    replay_only: bool = False
    parameters: dict = field(default_factory=lambda: {"temperature": 1.0, "max_tokens": 2048})
    structured: bool = False
    budget_tokens: int | None = None
    budget_usd: float | None = None
    price: tuple[float, float] | None = None
    batches: Iterable[str | Path] = ()
    batch_out: str | Path | None = None
    timeout: float = 120.0
    attempts: int = 5
    pause: float = 1.0
    longest: float = 60.0
    spent: int = field(default=0, init=False)  # tokens of this run, replayed ones not counted
    spent_usd: float = field(default=0.0, init=False)
    left: int = field(default=0, init=False)  # pieces of work that a spent budget or a batch file put off

    def __post_init__(self):
        if self.budget_usd is not None and self.price is None:
            raise ValueError("a budget in dollars needs prices: dollars per million tokens, in and out")
        self._batched, self._client = set(), None
        self._record = Record(self.record, self.batches, self.replay_only)
        if not self.replay_only and not self.batch_out:
            import openai

            key = os.environ.get("OPENAI_API_KEY")
            if not (key or self.base_url):
                raise ValueError("no key: set OPENAI_API_KEY, or name a server of your own with --base-url")
            options = {"base_url": self.base_url, "timeout": self.timeout, "max_retries": 0}
            self._client = openai.AsyncOpenAI(api_key=key or "none-needed", **options)

    def ask(self, messages: list[dict], sample: int = 0) -> dict:
        """`reply`, waited for."""
        return wait_for(self.reply(messages, sample))

    async def reply(self, messages: list[dict], sample: int = 0) -> dict:
        """The reply, as it is recorded: content, finish_reason, usage, seconds and more. `sample` tells several apart.

        To be awaited in the loop of background.py alone. Raises: ApiFault; NotAsked.
        """
        body = {"model": self.model, **self.parameters, "messages": messages}
        form = {"response_format": STRUCTURED}
        for asked in (body | form, body) if self.structured else (body,):
            if reply := self._record.find(request_hash(asked, sample), asked):
                return reply
        body |= form if self.structured else {}
        request = request_hash(body, sample)
        if self.batch_out:
            self._batch(request, body)
        if self._client is None:
            raise ApiFault("the record has no reply to this request")
        try:
            return self._record.keep(request, body, await self._patiently(body))
        except ApiFault as fault:
            if self.structured and "response_format" in body and _about_format(str(fault)):
                self.structured = False
                return await self.reply(messages, sample)
            self._record.keep(request, body, {"content": "", "usage": fault.usage, "fault": str(fault)})
            raise

    def _batch(self, request: str, body: dict) -> None:
        if request not in self._batched:
            line = {"custom_id": request, "method": "POST", "url": "/v1/chat/completions", "body": body}
            append_row(self.batch_out, line)
            self._batched.add(request)
        raise NotAsked(f"the request is in {self.batch_out}")

    async def _patiently(self, body: dict) -> dict:
        for attempt in range(1, self.attempts + 1):
            self._check_budget()
            start = time.perf_counter()
            try:
                reply = await self._once(body)
                return reply | {"seconds": round(time.perf_counter() - start, 3), "attempts": attempt}
            except _Later as later:
                fault, wait = later.fault, later.wait
            except ApiFault as error:
                fault, wait = error, None
            if not fault.passing or attempt == self.attempts:
                raise ApiFault(self._without_key(str(fault))[:500], fault.passing, fault.usage)
            usual = self.pause * 2 ** (attempt - 1) * (1 + random.random() / 4)
            await asyncio.sleep(min(self.longest, usual if wait is None else wait))

    async def _once(self, body: dict) -> dict:
        import openai

        try:
            answered = await self._client.chat.completions.with_raw_response.create(**body)
            text = self._without_key(answered.http_response.text)
        except openai.APIStatusError as error:
            passing = error.status_code in (408, 409, 429) or error.status_code >= 500
            fault = ApiFault(f"HTTP {error.status_code}: {error.message}", passing)
            raise _Later(fault, _retry_after(error.response)) from None
        except openai.APIConnectionError as error:
            raise ApiFault(f"{type(error).__name__}: {error.__cause__ or error}", passing=True) from None
        try:
            reply = read_reply(text)
        except ApiFault as fault:
            self._spend(fault.usage)
            raise
        self._spend(reply["usage"])
        return reply

    def _without_key(self, text: str) -> str:
        """Some servers send the key back, in an error or in a page of theirs."""
        return text.replace(self._client.api_key, "[key]")

    def _spend(self, usage: dict) -> None:
        tokens = [usage.get(name, 0) for name in ("prompt_tokens", "completion_tokens")]
        self.spent += sum(tokens)
        if self.price is not None:
            self.spent_usd += sum(t * price for t, price in zip(tokens, self.price, strict=True)) / 1e6

    def _check_budget(self) -> None:
        if self.budget_tokens is not None and self.spent >= self.budget_tokens:
            raise NotAsked(f"{self.spent} tokens of {self.budget_tokens} are spent")
        if self.budget_usd is not None and self.spent_usd >= self.budget_usd:
            raise NotAsked(f"{self.spent_usd:.4f} dollars of {self.budget_usd} are spent")


class _Later(Exception):
    def __init__(self, fault: ApiFault, wait: float | None):
        self.fault, self.wait = fault, wait


def _about_format(fault: str) -> bool:
    return fault.startswith(("HTTP 400", "HTTP 422")) and any(
        word in fault for word in ("response_format", "json_schema", "structured")
    )


def _retry_after(response) -> float | None:
    """Seconds from now, given in seconds or as an HTTP date; None when neither."""
    value = response.headers.get("retry-after", "")
    try:
        return max(0.0, float(value))
    except ValueError:
        pass  # no number: perhaps a date
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, TypeError):
        return None
