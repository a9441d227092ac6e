"""Results in order, no worker held up, nothing read too far ahead."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor

from procure_kit.running.in_order import in_order


def test_order_with_a_slow_first_job():
    release = threading.Event()
    done = []

    def work(number: int) -> int:
        if number == 0:
            assert release.wait(10)
        done.append(number)
        if number == 19:
            release.set()  # the first ends after all others: none of them had to wait for it
        return number

    with ThreadPoolExecutor(2) as threads:
        results = [(job, future.result()) for job, future in in_order(lambda n: threads.submit(work, n), range(20), 2)]
    assert results == [(number, number) for number in range(20)]
    assert done[-1] == 0


def test_an_endless_input_is_read_as_needed():
    read = []

    def endless():
        while True:
            read.append(len(read))
            yield read[-1]

    def submit(number: int) -> Future:
        future: Future = Future()
        future.set_result(number)
        return future

    results = in_order(submit, endless(), workers=2)
    assert [next(results)[0] for _ in range(3)] == [0, 1, 2]
    assert len(read) <= 1003


def test_nothing():
    assert list(in_order(None, [], 2)) == []
