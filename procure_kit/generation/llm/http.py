"""One request (chat or completion) through the `openai` client: the text that came, or the fault, without the key."""

import asyncio
import json
import math
import os
import time
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from procure_kit.extras import load
from procure_kit.generation.llm.reply import ApiFault

EMPTY = (  # an account that has to be filled first, as servers put it
    "insufficient_quota", "insufficient_balance", "insufficient balance", "insufficient credits",
    "billing_hard_limit_reached", "billing_not_active", "credit balance is too low",
)  # fmt: skip
SECRET = 8  # characters from which on a key is kept out of replies: "none" or "EMPTY" may be words of a program


class Server:
    """The server at `base_url` (OpenAI's without one), and the key from OPENAI_API_KEY; `timeout`: seconds a request.

    Raises: ValueError for a URL or a key that cannot be one, or when both are missing; ModuleNotFoundError when the
    `openai` package is.
    """

    def __init__(self, base_url: str | None, timeout: float):
        openai = load("openai")
        base_url = base_url or os.environ.get("OPENAI_BASE_URL")
        self._key = os.environ.get("OPENAI_API_KEY", "").strip()
        if not (self._key or base_url):
            raise ValueError("no key: set OPENAI_API_KEY, or name a server of your own with --base-url")
        if not (self._key.isascii() and self._key.isprintable()):
            raise ValueError("OPENAI_API_KEY holds characters that no key has")
        if base_url:
            _check_url(base_url)
        self._timeout = timeout
        options = {"base_url": base_url, "timeout": timeout, "max_retries": 0}
        self._client = openai.AsyncOpenAI(api_key=self._key or "none-needed", **options)

    async def post(self, body: dict) -> str:
        """What came. Raises: ApiFault, whatever went wrong."""
        import openai

        kind, needed = (self._client.chat, "messages") if "messages" in body else (self._client, "prompt")
        first = {name: body[name] for name in ("model", needed)}
        others = {name: value for name, value in body.items() if name not in first}
        create = kind.completions.with_raw_response.create
        try:
            async with asyncio.timeout(self._timeout):  # the whole of it: a server that drips never falls silent
                answered = await create(**first, extra_body=others)
                return self._without_key(answered.http_response.text)
        except openai.APIStatusError as error:
            status, body = error.status_code, self._without_key(error.response.text)
            passing = status in (408, 409, 429) or status >= 500 and status != 501  # 501: it never learns
            told = {"wait": _retry_after(error.response), "status": status, "body": body}
            stops = status == 402 or any(words in body.lower() for words in EMPTY)
            raise ApiFault(f"HTTP {status}: {_said(body) or error.message}", passing, stops=stops, **told) from None
        except TimeoutError:
            raise ApiFault(f"time-out after {self._timeout:g} seconds", passing=True) from None
        except Exception as error:  # of whatever library below: one request has failed, and the others go on
            told = self._without_key(f"{type(error).__name__}: {error.__cause__ or error}")
            raise ApiFault(told, isinstance(error, openai.APIConnectionError)) from None

    def _without_key(self, text: str) -> str:
        """Some servers send the key back, in an error or in a page of theirs."""
        return text.replace(self._key, "[key]") if len(self._key) >= SECRET else text


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        good = False
    if not good:
        raise ValueError(f"{url!r} is no address of a server: give one like http://localhost:8000/v1")


def _said(body: str) -> str:
    """The server's own words out of an error's body, which may have any shape."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        said = body
    for name in ("error", "message", "detail"):
        if isinstance(said, dict) and said.get(name):
            said = said[name]
    return (said if isinstance(said, str) else json.dumps(said)).strip() if said else ""


def _retry_after(response) -> float | None:
    """Seconds from now, given in seconds or as an HTTP date; None when neither, or when they lie in the past."""
    value = response.headers.get("retry-after", "")
    try:
        wait = float(value)
    except ValueError:
        try:
            wait = parsedate_to_datetime(value).timestamp() - time.time()
        except (ValueError, TypeError, OverflowError):
            return None
    return wait if wait > 0 and not math.isnan(wait) else None
