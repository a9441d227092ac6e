"""System calls that no candidate program needs, answered with "not permitted" (Linux, x86-64 and 64-bit ARM).

Namespaces hide what is outside; this closes what is left inside them: looking into other processes or changing their
limits and priority, memory that no limit counts, sockets (of some kinds no namespace is), namespaces of its own, and
the kernel's rarely trodden ground. Where there are no namespaces, also what is done to files without opening them, and
signals to others.
"""

import ctypes
import os
import platform
import struct
import sys

NOT_PERMITTED, NO_SUCH_CALL = 0x00050000 | 1, 0x00050000 | 38
ALLOW = 0x7FFF0000
SET_SECCOMP, FILTER, SET_NO_NEW_PRIVILEGES = 22, 2, 38
LOAD, AND, EQUAL, ANY_BIT, RETURN = 0x20, 0x54, 0x15, 0x45, 0x06
DATAGRAMS = 2
NEW_USER = 0x10000000
ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
CALLS = {  # name: number on x86-64, on ARM
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272),
    "pidfd_getfd": (438, 438), "setpriority": (141, 140), "sched_setscheduler": (144, 119),
    "sched_setaffinity": (203, 122), "sched_setparam": (142, 118), "sched_setattr": (314, 274), "ioprio_set": (251, 30),
    "socket": (41, 198), "memfd_create": (319, 279), "memfd_secret": (447, 447), "shmget": (29, 194),
    "msgget": (68, 186), "semget": (64, 190), "mq_open": (240, 180), "add_key": (248, 217), "request_key": (249, 218),
    "keyctl": (250, 219), "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39),
    "pivot_root": (155, 41), "chroot": (161, 51), "open_tree": (428, 428), "move_mount": (429, 429),
    "fsopen": (430, 430), "mount_setattr": (442, 442), "bpf": (321, 280), "perf_event_open": (298, 241),
    "userfaultfd": (323, 282), "io_uring_setup": (425, 425), "fanotify_init": (300, 262),
    "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265), "kexec_load": (246, 104),
    "init_module": (175, 105), "finit_module": (313, 273), "quotactl": (179, 60), "acct": (163, 89),
    "swapon": (167, 224), "reboot": (169, 142), "vmsplice": (278, 75),
}  # fmt: skip
SIGNALS = ((62, 129), (200, 130), (234, 131), (129, 138), (297, 240))  # kill, tkill, tgkill, and with a value
CLONE, CLONE3, PRLIMIT, SOCKET_PAIR = (56, 220), (435, 435), (302, 261), (53, 199)
OUTSIDE = {  # mode, owner, times and attributes of any file that the user owns; None: ARM has no such call
    "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452), "chown": (92, None),
    "fchown": (93, 55), "lchown": (94, None), "fchownat": (260, 54), "utime": (132, None), "utimes": (235, None),
    "futimesat": (261, None), "utimensat": (280, 88), "setxattr": (188, 5), "lsetxattr": (189, 6),
    "fsetxattr": (190, 7), "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16),
    "pidfd_send_signal": (424, 424),
}  # fmt: skip


def program(machine: str) -> bytes:
    """The filter, in the kernel's classic BPF: eight bytes an instruction."""
    which = list(ARCHITECTURE).index(machine)
    steps: list[tuple[int, int, int, int]] = [
        (LOAD, 0, 0, 4),
        (EQUAL, 1, 0, ARCHITECTURE[machine]),
        (RETURN, 0, 0, NOT_PERMITTED),  # a call by another architecture's numbers
        (LOAD, 0, 0, 0),
    ]
    if machine == "x86_64":
        steps += [(0x35, 0, 1, 0x40000000), (RETURN, 0, 0, NOT_PERMITTED)]  # the x32 numbers of the same calls
    for numbers in CALLS.values():
        steps += [(EQUAL, 0, 1, numbers[which]), (RETURN, 0, 0, NOT_PERMITTED)]
    # clone3 keeps its flags where a filter cannot read them: without it the C library uses clone
    steps += [(EQUAL, 0, 1, CLONE3[which]), (RETURN, 0, 0, NO_SUCH_CALL)]
    steps += [(EQUAL, 0, 4, CLONE[which]), (LOAD, 0, 0, 16), (ANY_BIT, 0, 1, NEW_USER), (RETURN, 0, 0, NOT_PERMITTED)]
    steps += [(RETURN, 0, 0, ALLOW)]
    # an end of a pair of datagram sockets can send to any other socket of this machine
    steps += [(EQUAL, 0, 5, SOCKET_PAIR[which]), (LOAD, 0, 0, 24), (AND, 0, 0, 0xF), (EQUAL, 0, 1, DATAGRAMS)]
    steps += [(RETURN, 0, 0, NOT_PERMITTED), (RETURN, 0, 0, ALLOW)]
    # prlimit is how the C library sets limits: of the calling process alone
    steps += [(EQUAL, 0, 3, PRLIMIT[which]), (LOAD, 0, 0, 16), (EQUAL, 1, 0, 0), (RETURN, 0, 0, NOT_PERMITTED)]
    steps += [(RETURN, 0, 0, ALLOW)]
    return _packed(steps)


def signals_to(pid: int, machine: str) -> bytes:
    """The filter that forbids what is OUTSIDE, and lets signals go to this process alone."""
    which = list(ARCHITECTURE).index(machine)
    steps = [(LOAD, 0, 0, 0)]
    for numbers in OUTSIDE.values():
        if numbers[which] is not None:
            steps += [(EQUAL, 0, 1, numbers[which]), (RETURN, 0, 0, NOT_PERMITTED)]
    for numbers in SIGNALS:
        steps += [(EQUAL, 0, 4, numbers[which]), (LOAD, 0, 0, 16), (EQUAL, 0, 1, pid), (RETURN, 0, 0, ALLOW)]
        steps += [(RETURN, 0, 0, NOT_PERMITTED)]
    return _packed([*steps, (RETURN, 0, 0, ALLOW)])


def _packed(steps: list[tuple[int, int, int, int]]) -> bytes:
    return b"".join(struct.pack("HBBI", *step) for step in steps)


def forbid() -> bool:
    """Forbid this process, and all that it will fork, the CALLS. False where there is no filter for this system."""
    return supported() and _install(program(platform.machine()))


def keep_in() -> bool:
    """Let this process and its children signal nobody but this process, and change no file but by opening it, where no
    namespace hides the others."""
    return supported() and _install(signals_to(os.getpid(), platform.machine()))


def supported() -> bool:
    return sys.platform == "linux" and platform.machine() in ARCHITECTURE and sys.maxsize > 1 << 32


def _install(code: bytes) -> bool:
    libc = ctypes.CDLL(None, use_errno=True)
    buffer = ctypes.create_string_buffer(code, len(code))
    header = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(buffer))
    if libc.prctl(SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        return False
    return libc.prctl(SET_SECCOMP, FILTER, header, 0, 0) == 0
