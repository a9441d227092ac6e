"""Exceptions across the boundary: a type's name and a message."""

import builtins

from procure_kit.running.wire import Unsendable

LONGEST_MESSAGE = 1000  # characters of what an exception says


class RemoteError(Exception):
    """An exception of the other side whose type is not a built-in one."""


def said(error: BaseException) -> str:
    """What an exception was given to say: what a KeyError shows are quotes around it. A program may make it fail."""
    try:
        what = error.args[0] if isinstance(error, KeyError) and len(error.args) == 1 else error
        return str(what)[:LONGEST_MESSAGE]
    except BaseException:
        return "(what it says could not be had)"


def remote_error(name: str, message: str, known: dict[str, type] | None = None) -> Exception:
    """The exception that stands for one of the other side: of its built-in type, a known one, or RemoteError."""
    if known and name in known:
        try:
            error = Exception.__new__(known[name])  # past its own, which may want arguments
        except TypeError:  # not for OSError and its kind
            error = known[name].__new__(known[name])
        error.args = (message,)
        return error
    kind = Unsendable if name == "Unsendable" else getattr(builtins, name, None)
    if isinstance(kind, type) and issubclass(kind, Exception) and not issubclass(kind, UnicodeError | ExceptionGroup):
        return kind(message)
    return RemoteError(f"{name}: {message}")
