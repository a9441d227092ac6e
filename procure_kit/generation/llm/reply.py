"""What a chat server answered: content and usage of a reply, or why there is none."""

import json


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
