"""Chat requests at any OpenAI-compatible server: faults retried, then told; tokens and money counted."""

import asyncio
import json
import random
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from procure_kit.generation.llm.background import wait_for
from procure_kit.generation.llm.http import Server
from procure_kit.generation.llm.record import Record, request_hash
from procure_kit.generation.llm.reply import ApiFault, read_reply, read_texts
from procure_kit.problems.ranges import RANGES, refuse_impossible
from procure_kit.problems.rows import BadRow, append_row, warn_bad_row

_SCHEMA = {
    "type": "object",
    "properties": {"reasoning": {"type": "string"}, "program": {"type": "string"}},
    "required": ["reasoning", "program"],
    "additionalProperties": False,
}
STRUCTURED = {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": _SCHEMA}}
BATCH = 50_000  # requests that OpenAI's Batch API takes in one file
PERHAPS_FORMAT = (400, 415, 422, 500, 501)  # answers that may mean: no structured output here


class NotAsked(Exception):
    """The run was stopped, its budget is spent, or the request went into a batch file: the work is left for another."""


@dataclass
class Client:
    """A model at a server, what may be spent there, and where its replies are kept.

    `record`: JSONL of requests and replies, read first, so that nothing answered is asked again; `replay_only` asks
    no server at all. `batches`: result and error files of OpenAI's Batch API, read like a record; `batch_out`: new
    requests go into that file instead of to a server. `parameters`: any other fields of a request's body.
    `structured`: ask for JSON with the program in a field of its own, until the server says that it cannot.
    `attempts` tries a request, each for `timeout` seconds, with pauses of `pause` seconds, doubled each time, or as
    Retry-After says (not shorter ones, when it says so again); who asks for more than `longest` is not asked again.
    `budget_usd` needs `price`: dollars per million tokens, in and out. Both budgets are for one run, and what is in
    flight when one is spent is let finish. An empty account, and parameters that the server refuses at the first
    request, end the run: `stopped` says why.

    The key comes from OPENAI_API_KEY; a server at `base_url` may need none. Raises: ValueError without either, or for
    values that cannot be.
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
    longest: float = 600.0
    server: object | None = None  # with an async `post(body)` as http.Server's: asked in place of the one at base_url
    on_bad: Callable[[BadRow], None] = warn_bad_row  # told of rows of the record or a batch that cannot be used
    spent: int = field(default=0, init=False)  # tokens of this run, replayed ones not counted
    spent_usd: float = field(default=0.0, init=False)
    left: int = field(default=0, init=False)  # pieces of work that a stop, a spent budget or a batch file put off
    stopped: str = field(default="", init=False)  # why nothing more is asked
    refused: set = field(default_factory=set, init=False)  # fields that the server does not take (completion_server.py)

    def __post_init__(self):
        if not self.model:
            raise ValueError("no model is named")
        if self.budget_usd is not None and self.price is None:
            raise ValueError("a budget in dollars needs prices: dollars per million tokens, in and out")
        numbers = ("timeout", "attempts", "pause", "longest", "budget_tokens", "budget_usd", "price")
        refuse_impossible(**{name: getattr(self, name) for name in numbers})
        refuse_impossible(**{name: value for name, value in self.parameters.items() if name in RANGES})
        if own := {"model", "messages", "stream"} & self.parameters.keys():
            raise ValueError(f"the client sets {', '.join(sorted(own))} itself: leave it out of the parameters")
        self._batched, self._answered = set(), False
        asking = not (self.replay_only or self.batch_out)
        self._server = (self.server or Server(self.base_url, self.timeout)) if asking else None
        self._record = Record(self.record, self.batches, self.replay_only, self.on_bad)

    def ask(self, messages: list[dict]) -> dict:
        """`reply`, waited for."""
        return wait_for(self.reply(messages))

    async def reply(self, messages: list[dict], sample: int = 0, plain: bool = False) -> dict:
        """The reply, as it is recorded: content, finish_reason, usage, seconds and more. `sample` tells several apart;
        `plain`: not structured, whatever the client is.

        To be awaited in the loop of background.py alone. Raises: ApiFault; NotAsked.
        """
        body = {"model": self.model, **self.parameters, "messages": messages}
        form = {"response_format": STRUCTURED}
        structured = self.structured and not plain
        for asked in (body | form, body) if structured else (body,):
            if reply := self._record.find(request_hash(asked, sample), asked):
                return reply
        body |= form if structured else {}
        request = request_hash(body, sample)
        if self.batch_out:
            self._batch(request, body)
        if self._server is None:
            raise ApiFault("the record has no reply to this request, and no server is asked")
        try:
            return self._record.keep(request, body, await self._patiently(body))
        except ApiFault as fault:
            if structured and fault.status in PERHAPS_FORMAT:
                reply = await self.reply(messages, sample, plain=True)  # where that fails too, it was something else
                self.structured = False
                return reply
            self._record.keep(request, body, {"content": "", "usage": fault.usage, "fault": str(fault)})
            raise

    async def continued(self, prompt: str, **fields) -> dict:
        """What /v1/completions puts behind the prompt: `texts`, as many as the server gave, and their `finish_reasons`.

        Nothing of it is recorded. To be awaited as `reply`. Raises: ApiFault; NotAsked.
        """
        return await self._patiently({"model": self.model, **self.parameters, **fields, "prompt": prompt})

    def _batch(self, request: str, body: dict) -> None:
        if request not in self._batched and len(self._batched) < BATCH:
            line = {"custom_id": request, "method": "POST", "url": "/v1/chat/completions", "body": body}
            append_row(self.batch_out, line)
            self._batched.add(request)
        raise NotAsked(f"the request is in {self.batch_out}, or in the next one")

    async def _patiently(self, body: dict) -> dict:
        for attempt in range(1, self.attempts + 1):
            self._check_budget()
            start = time.perf_counter()
            try:
                reply = await self._once(body)
                return reply | {"seconds": round(time.perf_counter() - start, 3), "attempts": attempt}
            except ApiFault as error:
                fault = error
            if fault.stops:
                self.stopped = self.stopped or f"{str(fault)[:500]}: nothing more is asked"
                raise NotAsked(self.stopped)
            if "messages" in body and not self._answered and (named := self._parameter_refused(fault)):
                self.stopped = f"{str(fault)[:500]}: change or leave out {named} in --parameters (Client: parameters)"
                raise NotAsked(self.stopped)
            usual = self.pause * 2 ** (attempt - 1) * (1 + random.random() / 4)
            wait = usual if fault.wait is None else fault.wait if attempt == 1 else max(usual, fault.wait)
            if not fault.passing or attempt == self.attempts or wait > self.longest:
                more = f" (it asks for a pause of {wait:.0f} seconds)" if wait > self.longest else ""
                told = {"usage": fault.usage, "status": fault.status, "body": fault.body}
                raise ApiFault(str(fault)[:500] + more, **told)
            await asyncio.sleep(wait)

    async def _once(self, body: dict) -> dict:
        text = await self._server.post(body)
        try:
            reply = read_reply(text) if "messages" in body else read_texts(text)
        except ApiFault as fault:
            self._spend(fault.usage)
            raise
        if not reply["usage"]:
            reply["usage"] = _estimate(body, reply)
        self._spend(reply["usage"])
        self._answered = True
        return reply

    def _parameter_refused(self, fault: ApiFault) -> str:
        """The parameters of one's own that a refusal names; none where a long prompt is the reason, as it may be."""
        if fault.status not in (400, 422) or "context" in fault.body.lower():
            return ""
        return ", ".join(name for name in self.parameters if re.search(rf"\b{re.escape(name)}\b", fault.body))

    def _spend(self, usage: dict) -> None:
        tokens = [usage.get(name, 0) for name in ("prompt_tokens", "completion_tokens")]
        self.spent += sum(tokens)
        if self.price is not None:
            self.spent_usd += sum(t * price for t, price in zip(tokens, self.price, strict=True)) / 1e6

    def _check_budget(self) -> None:
        if self.stopped:
            raise NotAsked(self.stopped)
        if self.budget_tokens is not None and self.spent >= self.budget_tokens:
            raise NotAsked(f"{self.spent} tokens of {self.budget_tokens} are spent")
        if self.budget_usd is not None and self.spent_usd >= self.budget_usd:
            raise NotAsked(f"{self.spent_usd:.4f} dollars of {self.budget_usd} are spent")


def _estimate(body: dict, reply: dict) -> dict:
    """A server that counts nothing must not make a budget endless: code has three characters a token, or more."""
    asked, answered = (body[k] for k in ("messages", "prompt") if k in body), reply.get("content") or reply.get("texts")
    return {
        "prompt_tokens": len(json.dumps(list(asked))) // 3,
        "completion_tokens": sum(map(len, answered or ())) // 3,
        "estimated": True,
    }
