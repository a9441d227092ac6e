"""What ties a process to others: who may read its memory, whose children it adopts, and whose death is its own."""

import signal

from procure_kit.running.isolation.libc import LINUX, call

SET_DEATH_SIGNAL, SET_DUMPABLE, SET_SUBREAPER = 1, 4, 36


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent died, so that they can be found and killed (Linux)."""
    if LINUX:
        call("prctl", SET_SUBREAPER, 1, 0, 0, 0)


def hide() -> None:
    """Keep processes of the same user from reading this one's memory (Linux)."""
    if LINUX:
        call("prctl", SET_DUMPABLE, 0, 0, 0, 0)


def die_with_the_parent() -> None:
    """Be killed when the process that forked this one ends (Linux)."""
    if LINUX:
        call("prctl", SET_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
