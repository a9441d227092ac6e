"""The warm process whose forks are the candidates: it has run a few lines of its own (`candidate.rehearse`), and never
seen a program, a test, or an expected value.

At the level "namespaces" it is the first process of a PID namespace, so that it can kill everything in there at once.
"""

import contextlib
import gc
import os
import random
import signal
import socket
import struct
import traceback

from procure_kit.running import candidate
from procure_kit.running.isolation import landlock, limits, namespaces, privileges, readable, seccomp, ties
from procure_kit.running.isolation.folder import empty_folder
from procure_kit.running.isolation.libc import fork
from procure_kit.running.wire import Channel

LIMITS = struct.Struct("II")  # a candidate's seconds of CPU time, and the megabytes of its address space
ENDED = struct.Struct("id")  # how a candidate ended, as subprocess's returncode, and its seconds of CPU time
SPARE = 100  # descriptors from here on are unused


def start(level: str, others: int) -> tuple[socket.socket, int, str]:
    """Fork the zygote. Returns the socket that commands it, its process id, and the folder that the tests work in: no
    candidate works there, and the zygote removes it in the end.

    others: processes that the caller's user has already, for the kernel counts what candidates start on top of them.
    """
    ours, theirs = socket.socketpair()
    if level == "namespaces":
        between = os.fork()
        if between == 0:  # only children of this one live in the new PID namespace: the oracle's forks must not
            namespaces.step_aside()
            pid = os.fork()
            if pid == 0:
                live(serve, theirs, level, others)
            theirs.sendall(pid.to_bytes(4, "big"))
            os._exit(0)
        os.waitpid(between, 0)
        pid, folder = int.from_bytes(ours.recv(4), "big"), namespaces.scratch()
    else:
        pid = os.fork()
        if pid == 0:
            ours.close()
            live(serve, theirs, level, others)
        theirs.close()
        folder = ours.recv(4096).decode()
    theirs.close()
    return ours, pid, folder


def live(function, *args) -> None:
    """Run the function as the whole life of a forked process, which must never return into its parent's code."""
    code = 1
    try:
        function(*args)
        code = 0
    except Exception:
        traceback.print_exc()
    finally:
        os._exit(code)


def serve(control: socket.socket, level: str, others: int) -> None:
    """Fork a candidate and hand its channel over; on the next word kill it and all that came of it, say how it ended,
    and fork another, until `control` closes."""
    keep_only(control.detach())
    control = socket.socket(fileno=3)
    os.environ.clear()
    ties.hide()
    ties.adopt_orphans()
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # without a handler, a namespace's first process gets no signal
    uid = privileges.spare_uid(level)
    home = namespaces.scratch() if level == "namespaces" else _own_folder(uid)
    folders = [] if level == "namespaces" else [home, _own_folder(None)]  # to remove
    if folders:
        control.sendall(folders[1].encode())
    os.chdir(home)
    os.environ.update(HOME=home, USER="program")
    fence = landlock.fence(readable.python_paths(), readable.answers(), home) if level == "landlock" else None
    limits.limit(processes=limits.PROCESSES + (others if uid is None else 0))
    seccomp.forbid()
    candidate.rehearse()
    random.seed(0)  # a program that draws random numbers gets the same ones each time
    gc.disable()
    gc.freeze()  # forks that never touch an object's header never copy its page
    try:
        _keep_one_ready(control, uid, level, fence)
    finally:
        for folder in folders:
            os.chdir(folder)
            empty_folder(for_others=False)
            os.rmdir(folder)


def _own_folder(uid: int | None) -> str:
    import tempfile  # what it loads would be copied with every fork

    home = tempfile.mkdtemp(prefix="procure-")
    if uid is not None:
        os.chown(home, uid, uid)
    return home


def _keep_one_ready(control: socket.socket, uid: int | None, level: str, fence: int | None) -> None:
    """Fork a candidate ahead of each order: it waits while the last one's verdict is on its way."""
    word = control.recv(1)
    while word:
        ours, theirs = socket.socketpair()
        child = fork()
        if child == 0:
            ours.close()
            control.close()  # what commands the zygote
            live(_become_candidate, theirs, uid, level, fence)
        with ours, theirs, contextlib.suppress(BrokenPipeError):  # raised when the worker is gone
            control.sendmsg([b"."], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack("i", ours.fileno()))])
        word = control.recv(1)
        ending, seconds = _kill_all(child, level)
        if word:
            control.sendall(ENDED.pack(ending, seconds))
        empty_folder()


def _become_candidate(end: socket.socket, uid: int | None, level: str, fence: int | None) -> None:
    os.setsid()
    cpu_seconds, memory_mb = LIMITS.unpack(end.recv(LIMITS.size))
    limits.limit(cpu_seconds=cpu_seconds, memory_mb=memory_mb)
    privileges.drop_privileges(uid)
    if fence is not None:
        landlock.enter(fence)
        os.close(fence)
    if level != "namespaces":
        seccomp.keep_in()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    gc.enable()
    candidate.main(Channel(end), level == "namespaces")


def _kill_all(child: int, level: str) -> tuple[int, float]:
    """Kill the candidate, its group and every descendant.

    Returns how it ended (as subprocess's returncode) and the seconds of CPU time that it had used.
    """
    first, ending, seconds = True, 0, 0.0
    with contextlib.suppress(ChildProcessError):  # raised when none is left
        while True:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                if level == "namespaces":
                    os.kill(-1, signal.SIGKILL)
                elif first:
                    os.killpg(child, signal.SIGKILL)
            for other in _children() if level != "namespaces" else ():
                os.kill(other, signal.SIGKILL)
            if first:  # not yet in its own group, if it was only just forked
                os.kill(child, signal.SIGKILL)
            pid, status, usage = os.wait4(child if first else -1, 0)
            first = False
            if pid == child:
                ending, seconds = os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime
    return ending, seconds


def _children() -> list[int]:
    try:
        with open(f"/proc/self/task/{os.getpid()}/children") as file:
            return [int(pid) for pid in file.read().split()]
    except FileNotFoundError:  # elsewhere than on Linux nothing can be listed
        return []


def keep_only(*wanted: int) -> None:
    """Leave open the wanted descriptors alone, as 3, 4, ..., and /dev/null as 0, 1 and 2."""
    for number, old in enumerate(wanted):
        os.dup2(old, SPARE + number)
    for number in range(len(wanted)):
        os.dup2(SPARE + number, 3 + number)
    null = os.open("/dev/null", os.O_RDWR)
    for standard in range(3):
        os.dup2(null, standard)
    os.closerange(3 + len(wanted), SPARE + len(wanted))
