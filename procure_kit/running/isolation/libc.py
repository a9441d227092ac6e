"""The C library's functions that Python has no name for, and what they return as Python's own exceptions."""

import ctypes
import os
import sys

LINUX = sys.platform == "linux"
libc = ctypes.CDLL(None, use_errno=True)
_fork = ctypes.PyDLL(None, use_errno=True).fork


def fork() -> int:
    """As os.fork, for a process of one thread, and without what `random`, `threading` and others have registered to run
    in every child: that touches some 130 pages, each of which is copied. Raises: OSError."""
    child = _fork()
    if child < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"fork: {os.strerror(error)}")
    return child


def call(name: str, *args) -> None:
    """Call a C function that returns 0. Raises: OSError."""
    if getattr(libc, name)(*args):
        error = ctypes.get_errno()
        raise OSError(error, f"{name}: {os.strerror(error)}")
