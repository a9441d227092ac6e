"""Fresh user, mount, network, IPC and PID namespaces (Linux): of all files Python's own, read-only, and one folder."""

import ctypes
import os

from procure_kit.running.isolation.libc import LINUX, call
from procure_kit.running.isolation.readable import answers, python_paths

NEW_MOUNT, NEW_IPC, NEW_USER, NEW_PID, NEW_NET = 0x20000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 32, 4096, 16384, 1 << 18
LOCKED = os.ST_NOSUID | getattr(os, "ST_NODEV", 4) | getattr(os, "ST_NOEXEC", 8)  # flags a remount must repeat
DETACH = 2


def enter() -> None:
    """Move this single-threaded process into fresh namespaces, with a root that holds Python and an empty /tmp.

    Raises: OSError where the system forbids it; the process is then of no more use.
    """
    uid, gid = os.geteuid(), os.getegid()
    if not LINUX:
        raise OSError("namespaces are a feature of Linux")
    call("unshare", NEW_MOUNT | NEW_NET | NEW_IPC | (0 if uid == 0 else NEW_USER))
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
    os.symlink(scratch(), f"{root}/dev/shm")  # where C libraries keep semaphores, which pools of processes need
    _mount(None, root, None, MS_REMOUNT | MS_RDONLY)
    _mount_scratch(root)
    os.chdir(root)
    call("pivot_root", b".", b".")
    call("umount2", b".", DETACH)
    os.chdir(scratch())


def scratch() -> str:
    """The one directory that tests or a candidate in namespaces can write to, each has its own: /tmp, unless Python
    itself lies in there."""
    return "/scratch" if any(path.startswith("/tmp/") for path in python_paths()) else "/tmp"


def _mount_scratch(root: str) -> None:
    _mount("tmpfs", root + scratch(), "tmpfs", 0, "size=64m,nr_inodes=10000,mode=1777")


def _mount(source: str | None, target: str, kind: str | None, flags: int, options: str | None = None) -> None:
    texts = (text if text is None else text.encode() for text in (source, target, kind, options))
    source, target, kind, options = texts
    call("mount", source, target, kind, ctypes.c_ulong(flags), options)


def step_aside() -> None:
    """Let the next fork be the first process of a PID namespace, so that when it dies, all its descendants do; and let
    it have an empty folder of its own where this process has another one."""
    call("unshare", NEW_PID | NEW_MOUNT)
    _mount_scratch("")
