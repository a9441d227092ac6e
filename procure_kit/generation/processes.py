"""Map a function over many items, on this process or on several, with a progress bar."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sized
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import islice
from multiprocessing import get_context

from tqdm import tqdm

from procure_kit.running.in_order import in_order


def mapped(function: Callable, items: Iterable, workers: int, what: str, unit: str, chunk: int = 4) -> Iterator:
    """Yield the function's results in the order of the items, each `chunk` of them sent to a process at once.

    Items are taken as there is room for them, so that they may be more than memory holds.
    """
    total = len(items) if isinstance(items, Sized) else None
    bar = partial(tqdm, total=total, desc=what, unit=unit, file=sys.stderr)
    if workers <= 1:
        yield from bar(map(function, items))
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as executor:
        yield from bar(_in_processes(executor, function, iter(items), workers, chunk))


def _in_processes(executor, function: Callable, items: Iterator, workers: int, chunk: int) -> Iterator:
    chunks = iter(lambda: list(islice(items, chunk)), [])
    for _, made in in_order(lambda part: executor.submit(_each, function, part), chunks, workers):
        yield from made.result()


def _each(function: Callable, items: list) -> list:
    return [function(item) for item in items]
