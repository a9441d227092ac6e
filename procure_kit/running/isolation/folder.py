"""The folders that tests and a candidate work in, and how they are emptied."""

import contextlib
import os


def empty_folder(for_others: bool = True) -> None:
    """Empty the working directory, however deep a program nested its folders: each level is moved up, then removed.

    for_others: where this process is root, a candidate of another user works in there.
    """
    _unlock(".", 0o777 if for_others and os.geteuid() == 0 else 0o700)  # who works in there may have locked it
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
