"""One event loop in a thread of its own, so that plain code and notebooks (which run a loop already) can wait on it."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Coroutine, Iterator
from functools import cache


@cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="procure-kit", daemon=True).start()
    return loop


def wait_for(coroutine: Coroutine):
    """What the coroutine returns or raises. An interrupt from the keyboard cancels it, and waits until it has ended."""
    ended = threading.Event()

    async def run():
        try:
            return await coroutine
        finally:
            ended.set()

    future = asyncio.run_coroutine_threadsafe(run(), _loop())
    try:
        return future.result()
    except KeyboardInterrupt:
        future.cancel()
        ended.wait()
        raise


def each(items: AsyncGenerator) -> Iterator:
    """The items of an async generator, which is closed with this one."""
    try:
        while True:
            try:
                item = wait_for(anext(items))
            except StopAsyncIteration:
                return
            yield item
    finally:
        wait_for(items.aclose())
