"""What a chat server answered: content and usage of a reply, or why there is none."""

import json

COUNTS = {"prompt_tokens": "input_tokens", "completion_tokens": "output_tokens"}  # and what some servers call them
BILLION = 10**9  # tokens that no single reply can have cost


class ApiFault(Exception):
    """No usable reply; the message says why.

    `passing`: the same request may well succeed later, after `wait` seconds where the server says so. `stops`: no other
    request would fare better. `status` and `body`: of an HTTP error, without the key.
    """

    def __init__(
        self,
        message: str,
        passing: bool = False,
        usage: dict | None = None,
        wait: float | None = None,
        status: int = 0,
        body: str = "",
        stops: bool = False,
    ):
        super().__init__(message)
        self.passing, self.wait, self.stops = passing, wait, stops
        self.status, self.body = status, body
        self.usage = usage or {}  # a refused or an empty reply costs tokens too


def read_reply(text: str) -> dict:
    """content, finish_reason and usage (empty when not told) of a chat completion, and the reasoning of a server that
    keeps it apart. Raises: ApiFault when it is none, refused or empty; it passes where nothing was paid."""
    row, usage = _parsed(text, "chat completion")
    try:
        choice = row["choices"][0]
        message, finish = choice["message"], choice.get("finish_reason")
        content, refusal = _joined(message.get("content")), message.get("refusal")
        thought = message.get("reasoning_content") or message.get("reasoning")
    except (LookupError, TypeError, AttributeError) as error:
        raise _none("chat completion", error, text, usage) from error
    if refusal or finish == "content_filter":
        raise ApiFault(f"the model refused: {refusal or 'content_filter'}", usage=usage)
    if not content.strip():
        if finish == "length":
            raise ApiFault(f"the reply is empty (finish_reason length): {MORE_TOKENS}", usage=usage)
        raise ApiFault(f"the reply is empty (finish_reason {finish})", passing=True, usage=usage)
    reasoning = {"reasoning": thought} if isinstance(thought, str) else {}
    return {"content": content, "finish_reason": finish, "usage": usage, **reasoning}


MORE_TOKENS = "allow more with max_tokens in --parameters"


def read_texts(text: str) -> dict:
    """texts, finish_reasons and usage of a completion, whose texts may well be empty. Raises: ApiFault when it is none;
    it passes where nothing was paid."""
    row, usage = _parsed(text, "completion")
    try:
        choices = sorted(row["choices"], key=lambda choice: choice.get("index") or 0)
        texts = [(choice["text"] or "").encode(errors="replace").decode() for choice in choices]
        reasons = [choice.get("finish_reason") for choice in choices]
    except (LookupError, TypeError, AttributeError) as error:
        raise _none("completion", error, text, usage) from error
    if not texts:
        raise ApiFault("the server gave no choice", passing=not usage, usage=usage)
    return {"texts": texts, "finish_reasons": reasons, "usage": usage}


def _parsed(text: str, what: str) -> tuple[dict, dict]:
    """The reply and its usage, which is looked at first: what was paid counts, whatever the rest looks like."""
    try:
        row = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _none(what, error, text, {}) from error
    return row, _usage(row.get("usage")) if isinstance(row, dict) else {}


def _none(what: str, error: Exception, text: str, usage: dict) -> ApiFault:
    return ApiFault(f"no {what} ({type(error).__name__}): {text[:200]}", passing=not usage, usage=usage)


def _joined(content: object) -> str:
    """Text, or the text of the parts that some servers give in its place. Half a surrogate pair could not be sent
    back."""
    parts = content if isinstance(content, list) else [content or ""]
    texts = [part.get("text") or "" if isinstance(part, dict) else part.strip() and part for part in parts]
    return "".join(texts).encode(errors="replace").decode()


def _usage(told: object) -> dict:
    told = told if isinstance(told, dict) else {}
    counts = {name: told.get(name, told.get(other)) for name, other in COUNTS.items()}
    return {name: int(count) for name, count in counts.items() if _possible(count)}


def _possible(count: object) -> bool:
    return isinstance(count, int | float) and not isinstance(count, bool) and 0 < count < BILLION
