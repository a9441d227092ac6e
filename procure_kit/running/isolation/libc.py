"""The C library's functions that Python has no name for, and what they return as Python's own exceptions."""

import ctypes
import os
import sys

LINUX = sys.platform == "linux"
libc = ctypes.CDLL(None, use_errno=True)


def call(name: str, *args) -> None:
    """Call a C function that returns 0. Raises: OSError."""
    if getattr(libc, name)(*args):
        error = ctypes.get_errno()
        raise OSError(error, f"{name}: {os.strerror(error)}")
