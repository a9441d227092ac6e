"""The C library's functions: what they return is a value, or Python's own exception."""

import subprocess
import sys

import pytest

from procure_kit.running.isolation import libc

IN_A_FORK = """
import errno, os, resource, threading
from procure_kit.running.isolation import libc, privileges

def in_a_fork(do) -> int:
    child = libc.fork()
    if child == 0:
        code = 99
        try:
            code = do()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

"""


def answer(code: str) -> int:
    """What `code` ends with, in a fresh interpreter: a fork is for a process of one thread, and pytest's may have many,
    for which the child would wait forever."""
    run = subprocess.run([sys.executable, "-c", IN_A_FORK + code], capture_output=True, text=True, timeout=60)
    assert not run.stderr
    return int(run.stdout)


def test_a_fork_is_a_process_of_its_own_that_runs_python():
    threads = """
def threads() -> int:
    found: list[int] = []
    thread = threading.Thread(target=found.append, args=(7,))
    thread.start()
    thread.join()
    return found[0] if threading.current_thread() is threading.main_thread() else 98

print(in_a_fork(threads))"""
    assert answer(threads) == 7
    assert answer("parent = os.getpid(); print(in_a_fork(lambda: int(os.getppid() == parent)))") == 1


def test_what_others_registered_for_every_child_is_not_run():
    registered = "ran = []; os.register_at_fork(after_in_child=lambda: ran.append(1)); "
    assert answer(registered + "print(in_a_fork(lambda: len(ran)))") == 0


@pytest.mark.skipif(not libc.LINUX, reason="limits of processes as Linux counts them")
def test_a_fork_that_the_system_refuses_is_an_error():
    refused = """
def refused() -> int:
    if os.geteuid() == 0:
        privileges.become(privileges.NOBODY)  # root has no limit
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    try:
        libc.fork()
    except OSError as error:
        return int(error.errno == errno.EAGAIN)
    return 97

print(in_a_fork(refused))"""
    assert answer(refused) == 1


def test_a_call_that_fails_is_an_error_with_its_name():
    with pytest.raises(OSError, match="chdir: No such file"):
        libc.call("chdir", b"/nowhere/at/all")
