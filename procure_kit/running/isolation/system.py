"""What can be said of isolation on any system, Windows too: the levels' names, and what running programs needs."""

import os
from importlib.util import find_spec

LEVELS = ("namespaces", "landlock", "process", "process as root")  # strongest first; levels.py says what each one is


def check_system() -> None:
    """Raises: OSError with one sentence on a system that has no processes such as the levels are made of."""
    missing = [] if hasattr(os, "fork") else ["os.fork"]
    missing += [f"the module {name}" for name in ("fcntl", "resource") if find_spec(name) is None]
    if missing:
        raise OSError(
            f"running programs needs Linux or macOS: this Python lacks {' and '.join(missing)} (on Windows use WSL, "
            "the Windows Subsystem for Linux)"
        )
