"""Let a model behind an OpenAI-compatible server continue programs, by /v1/completions.

A prompt ends before its white space, as for a local model; what a tokenizer would join over that boundary the server
cannot heal, so a score of a server and one of the same model here may differ a little.
"""

import asyncio
import hashlib

from procure_kit.evaluation.completion import TOP_P, function_rest
from procure_kit.generation.llm.background import wait_for
from procure_kit.generation.llm.client import Client, NotAsked
from procure_kit.generation.llm.reply import ApiFault
from procure_kit.training.cuts import Cut


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
    several, is asked again for the others, with another seed. The client's parameters go along, except those set here.
    """
    settings = {"top_p": TOP_P, "temperature": temperature} if samples > 1 else {"temperature": 0.0}
    settings |= {"max_tokens": max_new_tokens}
    prompts = dict.fromkeys((cut.prefix.rstrip(), cut.indent) for cut in cuts)

    async def one(prompt: str, indent: int, turns: asyncio.Semaphore) -> list[str] | str:
        texts: list[str] = []
        most = samples  # choices in one reply
        async with turns:
            while len(texts) < samples:
                more = {"n": min(most, samples - len(texts)), "seed": _seed(seed, prompt, len(texts))}
                if stop := _stops(indent):
                    more["stop"] = stop
                try:
                    texts += await client.continued(prompt, **settings, **more)
                except (ApiFault, NotAsked) as fault:
                    if more["n"] == 1 or not str(fault).startswith(("HTTP 400", "HTTP 422")):
                        return str(fault)
                    most = 1  # llama.cpp's server refuses more than it has places for
        return [function_rest(text, indent) for text in texts[:samples]]

    async def together() -> list[list[str] | str]:
        turns = asyncio.Semaphore(batch_size)
        return await asyncio.gather(*(one(*prompt, turns) for prompt in prompts))

    found = dict(zip(prompts, wait_for(together()), strict=True))
    return [found[cut.prefix.rstrip(), cut.indent] for cut in cuts]


def _seed(seed: int, prompt: str, number: int) -> int:
    """From the seed and the prompt alone, so that neither order nor a restart changes what is drawn."""
    return int(hashlib.sha256(f"{seed} {number} {prompt}".encode()).hexdigest()[:7], 16)


def _stops(indent: int) -> list[str]:
    """What most often follows a function, so that less is written in vain; four is the most that OpenAI takes."""
    if indent < 0:
        return []
    return [f"\n{' ' * indent}{word}" for word in ("def ", "class ", "@")] + ["\nif __name__"]
