"""Levels of isolation for a candidate program, strongest first.

"namespaces" (namespaces.py): a process of its own in new mount, network, IPC and PID namespaces (and a user namespace,
when the caller is not root): no network, no file but Python's own (read-only) and an empty /tmp, no sight of any other
process, and all its descendants die with it. "process": a process of its own without privileges, in an empty directory,
limited in time, memory, file size and processes, and killed with its group and, on Linux, every descendant. "landlock":
such a process that can open Python's own files and that directory alone (landlock.py). "process as root": the same as
"process" where the caller is root and nobody else can read Python: limits hold, file permissions do not. At these last
two the candidate can still read what its user can. Sockets are refused on Linux (seccomp.py), and work elsewhere.
"""

import os
import sys

from procure_kit.running.isolation import landlock, namespaces, privileges, seccomp


def enter(level: str) -> None:
    """Bring this process to a level, as far as it is the same for all of a worker's candidates.

    Raises: OSError with the reason where the system forbids that level; the process is then of no more use.
    """
    if level == "namespaces":
        namespaces.enter()
    elif level == "landlock":
        landlock.version()
        if not seccomp.supported():
            raise OSError("no filter of system calls is known for this machine")
    elif level == "process" and os.geteuid() == 0 and not privileges.can_run_as(privileges.NOBODY):
        raise OSError(f"only root can read {sys.base_prefix}, or no other user can be had")
