"""Many jobs at a time, their results in the jobs' order."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import TypeVar

Job = TypeVar("Job")
AHEAD = 1000  # results that may wait for an earlier one
END = object()


def in_order(submit: Callable[[Job], Future], jobs: Iterable[Job], workers: int) -> Iterator[tuple[Job, Future]]:
    """Submit jobs and yield each with its finished future, in their order, as they come.

    One job more than there are workers is kept going: a slow job holds up no worker, and an endless input is read no
    further than that.
    """
    waiting: deque[tuple[Job, Future]] = deque()
    going: set[Future] = set()
    jobs, more = iter(jobs), True
    while True:
        while more and len(going) <= workers and len(waiting) < AHEAD:
            job = next(jobs, END)
            more = job is not END
            if more:
                waiting.append((job, submit(job)))
                going.add(waiting[-1][1])
        if not waiting:
            return
        if waiting[0][1].done():
            yield waiting.popleft()
        else:
            wait(going, return_when=FIRST_COMPLETED)
        going = {future for future in going if not future.done()}
