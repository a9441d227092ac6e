"""Map a function over many items, on this process or on several, with a progress bar."""

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

from tqdm import tqdm


def mapped(function: Callable, items: list, workers: int, what: str, unit: str, chunk: int = 4) -> Iterator:
    """Yield the function's results in the order of the items, each `chunk` of them sent to a process at once."""
    bar = partial(tqdm, total=len(items), desc=what, unit=unit, file=sys.stderr)
    if workers <= 1:
        yield from bar(map(function, items))
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as executor:
        yield from bar(executor.map(function, items, chunksize=chunk))
