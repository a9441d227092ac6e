"""Landlock: the files that a process may open, by a fence of the kernel that needs no privilege (Linux from 6.2).

For systems that forbid namespaces, as most containers do. Together with the system calls that seccomp.py forbids there,
a program reads Python's own files, writes into its own folder, and reaches nothing else.
"""

import ctypes
import os
import struct
import sys
from collections.abc import Iterable

CREATE, ADD, RESTRICT = 444, 445, 446  # the same numbers on every architecture
GIVE_VERSION, BENEATH = 1, 1
EXECUTE, WRITE, READ, LIST = 1, 2, 4, 8
TRUNCATING, WITH_NETWORK, WITH_DEVICES, WITH_SCOPES = 3, 4, 5, 6  # versions; before 3 whoever may read may truncate
DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
_libc = ctypes.CDLL(None, use_errno=True)


def _call(number: int, *args) -> int:
    """Raises: OSError."""
    result = _libc.syscall(ctypes.c_long(number), *args)
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"landlock: {os.strerror(error)}")
    return result


def version() -> int:
    """What this system's Landlock can do. Raises: OSError where it has none, or one that is too old."""
    if sys.platform != "linux":
        raise OSError("landlock is a feature of Linux")
    found = _call(CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(GIVE_VERSION))
    if found < TRUNCATING:
        raise OSError(f"landlock is of version {found}, and {TRUNCATING} is needed")
    return found


def fence(readable: Iterable[str], hidden: Iterable[str], own: str) -> int:
    """A descriptor for `enter`: `readable` folders without the `hidden` ones in them, devices, and the `own` folder,
    in which everything is allowed. Raises: OSError."""
    found = version()
    rights = (1 << (16 if found >= WITH_DEVICES else 15)) - 1
    size = 24 if found >= WITH_SCOPES else 16 if found >= WITH_NETWORK else 8
    handled = struct.pack("3Q", rights, 3, 3)[:size]  # files; TCP; abstract sockets and signals
    rules = _call(CREATE, handled, ctypes.c_size_t(size), ctypes.c_uint32(0))
    for path in readable:
        _allow_reading(rules, path, set(hidden))
    for device in DEVICES:
        _allow(rules, device, READ | WRITE)
    _allow(rules, own, rights)
    return rules


def enter(rules: int) -> None:
    """Let this process and all that it will fork do what the rules allow, for good. Raises: OSError."""
    _call(RESTRICT, ctypes.c_int(rules), ctypes.c_uint32(0))


def _allow_reading(rules: int, path: str, hidden: set[str]) -> None:
    """What is allowed for a folder is for all in it: where something in it is hidden, the rest is named one by one."""
    if os.path.realpath(path) in hidden:
        return
    if not os.path.isdir(path):
        _allow(rules, path, READ | EXECUTE)
    elif any(inner.startswith(f"{os.path.realpath(path)}/") for inner in hidden):
        _allow(rules, path, LIST)
        for entry in os.scandir(path):
            _allow_reading(rules, entry.path, hidden)
    else:
        _allow(rules, path, READ | EXECUTE | LIST)


def _allow(rules: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return  # a link to nowhere
    try:
        rule = struct.pack("=Qi", rights, place)
        _call(ADD, ctypes.c_int(rules), ctypes.c_int(BENEATH), rule, ctypes.c_uint32(0))
    finally:
        os.close(place)
