"""What a process's descendants use, read out of a /proc that the test writes, and of the real one."""

import os
import resource
import threading

import pytest

from procure_kit.running.isolation.usage import Usage, processes_of_this_user

PAGE = resource.getpagesize() / 2**20  # megabytes
TICK = 1 / os.sysconf("SC_CLK_TCK")  # seconds


@pytest.fixture
def usage(tmp_path):
    """A Usage that looks at files of the test: of process 1 and what `write` adds."""
    found = Usage()
    os.close(found.proc)
    found.proc, found.root = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY), 1
    yield found
    os.close(found.proc)


def write(folder, pid: int, pages: int, ticks: tuple[int, ...], *threads: str, name: str = "python") -> None:
    """One process: resident pages, its four times, and the children of each of its threads."""
    (folder / f"{pid}").mkdir()
    (folder / f"{pid}/statm").write_text(f"9999 {pages} 7 1 0 5 0\n")
    before = " ".join(["S"] + ["0"] * 10)
    (folder / f"{pid}/stat").write_text(f"{pid} ({name}) {before} {' '.join(map(str, ticks))} 20 0 1\n")
    for number, children in enumerate(threads):
        (folder / f"{pid}/task/{pid + 100 * number}").mkdir(parents=True)
        (folder / f"{pid}/task/{pid + 100 * number}/children").write_text(children)


def test_memory_and_time_of_all_descendants_without_what_they_share_with_the_root(usage, tmp_path):
    write(tmp_path, 1, 1000, (500, 500, 0, 0), "2 ")
    write(tmp_path, 2, 1300, (1, 2, 3, 4), "3 ")  # with those that it has waited for
    write(tmp_path, 3, 1500, (10, 0, 0, 0), "")
    assert usage.now() == pytest.approx(((300 + 500) * PAGE, 20 * TICK))


def test_children_of_every_thread_count(usage, tmp_path):
    write(tmp_path, 1, 0, (0, 0, 0, 0), "2 3 ", "4 ")
    for pid in (2, 3, 4):
        write(tmp_path, pid, 10, (1, 0, 0, 0), "")
    assert usage.now() == pytest.approx((30 * PAGE, 3 * TICK))


def test_a_process_smaller_than_the_root_uses_nothing_of_its_own(usage, tmp_path):
    write(tmp_path, 1, 1000, (0, 0, 0, 0), "2 3 ")
    write(tmp_path, 2, 400, (0, 0, 0, 0), "")
    write(tmp_path, 3, 1001, (0, 0, 0, 0), "")
    assert usage.now() == pytest.approx((PAGE, 0))


@pytest.mark.parametrize("name", ["a b", "x) S 1 (", "(", ")"])
def test_a_name_may_hold_whatever_a_program_calls_itself(usage, tmp_path, name):
    write(tmp_path, 1, 0, (0, 0, 0, 0), "2 ")
    write(tmp_path, 2, 0, (5, 6, 7, 8), "", name=name)
    assert usage.now() == pytest.approx((0, 26 * TICK))


def test_what_has_just_ended_counts_as_nothing(usage, tmp_path):
    write(tmp_path, 1, 100, (0, 0, 0, 0), "2 3 ")
    write(tmp_path, 3, 110, (1, 0, 0, 0), "4 ")
    (tmp_path / "4").mkdir()
    assert usage.now() == pytest.approx((10 * PAGE, TICK))


def test_without_a_root_or_a_proc_nothing_is_known(usage, tmp_path):
    write(tmp_path, 1, 100, (0, 0, 0, 0), "2 ")
    write(tmp_path, 2, 300, (1, 0, 0, 0), "")
    usage.root = 0
    assert usage.now() == (0.0, 0.0)
    kept, usage.proc, usage.root = usage.proc, None, 1
    assert usage.now() == (0.0, 0.0)
    usage.proc = kept


def test_the_users_processes_are_counted_with_their_threads():
    stop = threading.Event()
    threads = [threading.Thread(target=stop.wait) for _ in range(40)]
    for thread in threads:
        thread.start()
    try:
        assert processes_of_this_user() > 40
    finally:
        stop.set()
        for thread in threads:
            thread.join()
