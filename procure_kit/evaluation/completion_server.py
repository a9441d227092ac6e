"""Let a model behind an OpenAI-compatible server continue programs, by /v1/completions.

A prompt ends before its white space, as for a local model; what a tokenizer would join over that boundary the server
cannot heal, so a score of a server and one of the same model here may differ a little.
"""

import asyncio
import hashlib
import re
import warnings

from procure_kit.evaluation.completion import TOP_P
from procure_kit.evaluation.function_end import function_rest, left_open
from procure_kit.generation.llm.background import wait_for
from procure_kit.generation.llm.client import Client, NotAsked
from procure_kit.generation.llm.reply import ApiFault
from procure_kit.problems.ranges import refuse_impossible
from procure_kit.training.cuts import Cut

NOT_ABOUT_FIELDS = (401, 402, 403, 404, 405, 408, 409, 413, 429)
NEEDED = " (an evaluation needs a server with /v1/completions, where chat alone is not enough, and a model that it has)"


def complete_by_server(
    client: Client,
    cuts: list[Cut],
    *,
    samples: int = 1,
    temperature: float = 0.8,
    max_new_tokens: int = 128,
    batch_size: int = 8,
    seed: int = 0,
) -> list[list[str] | str]:
    """As `completion.complete`; in place of the texts stands why there are none, where the server gave none.

    `batch_size` requests are in flight together. A server that gives fewer than `samples` choices, or refuses to give
    several, is asked again for the others, with another seed; one that does not take `seed` or `stop` is asked without.
    The client's parameters go along, except those set here.
    """
    numbers = {"samples": samples, "temperature": temperature, "max_new_tokens": max_new_tokens}
    refuse_impossible(**numbers, batch_size=batch_size)
    drawn = samples if temperature else 1  # at temperature 0 all are alike
    settings = {"top_p": TOP_P, "temperature": temperature} if drawn > 1 else {"temperature": 0.0}
    settings |= {"max_tokens": max_new_tokens}
    prompts = dict.fromkeys((cut.prefix.rstrip(), cut.indent) for cut in cuts)

    async def one(prompt: str, indent: int, turns: asyncio.Semaphore) -> list[str] | str:
        texts: list[str] = []
        stop = _stops(indent)
        async with turns:
            while len(texts) < drawn:
                more = {"seed": _seed(seed, prompt, len(texts))} | ({"stop": stop} if stop else {})
                more = {name: value for name, value in more.items() if name not in client.refused}
                more["n"] = 1 if "n" in client.refused else drawn - len(texts)
                try:
                    reply = await client.continued(prompt, **settings, **more)
                except NotAsked as why:
                    return str(why)
                except ApiFault as fault:
                    if (name := _refused(fault, more)) is None:
                        return f"{fault}{NEEDED if fault.status in (404, 405) else ''}"
                    _leave_out(name, client)
                    continue
                ended = zip(reply["texts"], reply["finish_reasons"], strict=True)
                if "stop" in more and any(why == "stop" and left_open(text, prompt) for text, why in ended):
                    stop = []  # it stood in a string or a bracket, and ended no function
                    continue
                texts += reply["texts"]
        return [function_rest(text, indent, prompt) for text in texts[:drawn]] * (samples // drawn)

    async def together() -> list[list[str] | str]:
        turns = asyncio.Semaphore(batch_size)
        return await asyncio.gather(*(one(*prompt, turns) for prompt in prompts))

    found = dict(zip(prompts, wait_for(together()), strict=True))
    return [found[cut.prefix.rstrip(), cut.indent] for cut in cuts]


def _refused(fault: ApiFault, more: dict) -> str | None:
    """Which field it may be that the server does not take: the one that it names, or several choices at once."""
    if not fault.status or fault.status in NOT_ABOUT_FIELDS:
        return None
    named = [name for name in ("seed", "stop") if name in more and re.search(rf"\b{name}\b", fault.body)]
    return named[0] if named else "n" if more["n"] > 1 else None


def _leave_out(name: str, client: Client) -> None:
    if name == "seed" and name not in client.refused:
        warnings.warn("the server takes no seed: another run draws other samples", stacklevel=2)
    client.refused.add(name)


def _seed(seed: int, prompt: str, number: int) -> int:
    """From the seed and the prompt alone, so that neither order nor a restart changes what is drawn."""
    return int(hashlib.sha256(f"{seed} {number} {prompt}".encode()).hexdigest()[:7], 16)


def _stops(indent: int) -> list[str]:
    """What most often follows a function, so that less is written in vain; four is the most that OpenAI takes."""
    if indent < 0:
        return []
    return [f"\n{' ' * indent}{word}" for word in ("def ", "class ", "@")] + ["\nif __name__"]
