"""Exceptions across the boundary: class, arguments, attributes and cause, as plain data."""

import builtins

from procure_kit.running.crossing.classes import STAND_IN
from procure_kit.running.wire import Unsendable

LONGEST_MESSAGE = 1000  # characters of what an exception says
LONGEST_ARGUMENTS = 100_000  # characters of the texts among its arguments and attributes
WITH_MORE = (UnicodeError, ExceptionGroup)  # they cannot be made of a message alone
CAUSES = 3  # causes of causes
KEPT_ELSEWHERE = ("name", "path", "filename", "filename2")  # attributes that are in no __dict__, all of them text


class RemoteError(Exception):
    """An exception of the other side whose type cannot cross: it says its type and message."""


def said(error: BaseException) -> str:
    """What an exception was given to say: what a KeyError shows are quotes around it. A program may make it fail."""
    try:
        what = error.args[0] if isinstance(error, KeyError) and len(error.args) == 1 else error
        return str(what)[:LONGEST_MESSAGE]
    except BaseException:
        return "(what it says could not be had)"


def encode_error(side, error: BaseException, table, causes: int = CAUSES) -> dict:
    """What `decode_error` rebuilds it from; its name and message alone where it holds what may not cross."""
    plain = {"raise": type(error).__name__, "message": said(error)}
    if isinstance(error, Unsendable):
        return plain
    before = len(table)
    try:
        state = {name: value for name, value in vars(error).items() if type(name) is str}
        state |= {name: getattr(error, name) for name in KEPT_ELSEWHERE if type(getattr(error, name, 0)) is str}
        if sum(len(text) for text in (*error.args, *state.values()) if isinstance(text, str)) > LONGEST_ARGUMENTS:
            return plain
        whole = {"class": side.encode(type(error), table), "args": side.encode(tuple(error.args), table)}
        whole["state"] = side.encode(state, table)
        own = type(error).__module__ != "builtins" and type(error).__str__ is not BaseException.__str__
        whole["shown"] = str(error)[:LONGEST_MESSAGE] if own else None
        if causes and error.__cause__ is not None:
            whole["cause"] = encode_error(side, error.__cause__, table, causes - 1)
        return plain | whole
    except BaseException:  # whatever a program's own class does
        table.cut(before)
        return plain


def decode_error(side, data: dict, table) -> Exception:
    """The exception that stands for one of the other side. Raises: one of boundary.MALFORMED."""
    name, message = str(data["raise"]), str(data["message"])[:LONGEST_MESSAGE]
    if "class" not in data:
        kind = Unsendable if name == "Unsendable" else getattr(builtins, name, None)
        usual = isinstance(kind, type) and issubclass(kind, Exception) and not issubclass(kind, WITH_MORE)
        return kind(message) if usual else RemoteError(f"{name}: {message}")
    kind, args, state = (side.decode(data[part], table) for part in ("class", "args", "state"))
    error: Exception = RemoteError(f"{name}: {message}")
    if isinstance(kind, type) and issubclass(kind, Exception):
        try:
            error = kind(*args) if kind.__module__ == "builtins" else kind.__new__(kind, *args)
        except (TypeError, ValueError):
            error = kind.__new__(kind)
        error.args = args
        for attribute, value in state.items():
            if attribute in KEPT_ELSEWHERE:
                setattr(error, attribute, str(value))
            else:
                error.__dict__[attribute] = value
        if isinstance(data.get("shown"), str) and kind.__module__ == STAND_IN:
            error.__dict__["_shown"] = data["shown"]
    if "cause" in data:
        error.__cause__ = decode_error(side, data["cause"], table)
    return error
