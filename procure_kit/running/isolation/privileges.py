"""What a process may do that others may not: give it up for good, or be another user."""

import ctypes
import os

from procure_kit.running.isolation.libc import LINUX, call, libc
from procure_kit.running.isolation.ties import die_with_the_parent

NOBODY = 65534
SET_NO_NEW_PRIVILEGES = 38
CAPABILITY_VERSION = 0x20080522
NO_CAPABILITIES = ((ctypes.c_uint32 * 2)(CAPABILITY_VERSION, 0), (ctypes.c_uint32 * 6)())
if LINUX:
    libc.capset.argtypes = [ctypes.c_uint32 * 2, ctypes.c_uint32 * 6]  # looked up here, for all forks


def spare_uid(level: str) -> int | None:
    """The user id that candidates get where the caller is root: its own for each worker, because the kernel counts a
    user's processes together. None: they keep the caller's, as in a container that knows no other user."""
    if os.geteuid() or level == "process as root":
        return None
    worker = int.from_bytes(os.urandom(2), "big") if level == "namespaces" else os.getppid()
    uid = 61000 + worker % 4000
    return uid if can_run_as(uid) else None


def drop_privileges(uid: int | None) -> None:
    """Give up every privilege, for good: become the given user where the caller is root, lose all capabilities."""
    if uid is not None:
        become(uid)
    if LINUX:
        call("prctl", SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        call("capset", *NO_CAPABILITIES)
    die_with_the_parent()


def can_run_as(uid: int) -> bool:
    """Whether this process can become that user, and read Python's library then; tried in a fork."""
    child = os.fork()
    if child == 0:
        able = False
        try:
            become(uid)
            able = os.access(os.__file__, os.R_OK)
        finally:
            os._exit(0 if able else 1)
    return os.waitpid(child, 0)[1] == 0


def become(uid: int) -> None:
    """Be another user for good. Raises: OSError where the system forbids it."""
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
