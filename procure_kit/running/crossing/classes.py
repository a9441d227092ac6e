"""Classes across the boundary: the library's by name, and stand-ins for exceptions and named tuples of a program's own.

A stand-in is made here, of a tuple or of an exception of the library, and has no method of the other side's. Sent back,
it is the class that it stands for.
"""

from collections import namedtuple
from importlib import import_module
from importlib.util import find_spec

VALUES = ("builtins", "collections", "datetime", "decimal", "fractions", "uuid", "numbers", "numpy")
ERRORS = (
    "binascii", "configparser", "csv", "dataclasses", "graphlib", "ipaddress", "json.decoder", "numpy.exceptions",
    "numpy.linalg", "pathlib", "queue", "re", "statistics", "struct", "xml.etree.ElementTree", "zlib", "zoneinfo",
)  # fmt: skip
HOMES = {"_queue": "queue", "zoneinfo._common": "zoneinfo", "_csv": "csv"}  # where else such a class says it is from
USUAL = {*vars(namedtuple("Usual", "")), "__annotations__", "__orig_bases__", "__dict__", "__weakref__"}
LONGEST_NAME = 100  # characters
STAND_IN = "program"  # the module of classes that stand for those of the other side


def name_of(kind: type) -> str:
    """The name of a class, whatever its metaclass says."""
    return type.__dict__["__name__"].__get__(kind)[:LONGEST_NAME]


def library_class(module: str, name: str) -> type | None:
    """The class of that name out of one of VALUES and ERRORS; from the latter, exceptions alone."""
    if module not in VALUES and module not in ERRORS:
        return None
    if module.startswith("numpy") and find_spec("numpy") is None:
        return None
    found = getattr(import_module(module), name, None)
    if not isinstance(found, type) or found.__module__ not in (module, *HOMES) or issubclass(found, BaseExceptionGroup):
        return None
    if module == "numpy" and not issubclass(found, import_module("numpy").generic):
        return None
    return found if module in VALUES or issubclass(found, Exception) else None


def home(kind: type) -> tuple[str, str] | None:
    """The module and the name by which the other side finds the same class, if it does."""
    module, name = type.__dict__["__module__"].__get__(kind), name_of(kind)
    if not isinstance(module, str):
        return None
    module = HOMES.get(module, module)
    return (module, name) if library_class(module, name) is kind else None


def is_named_tuple(kind: type) -> bool:
    """Whether it is as `namedtuple` makes them, without any method of its own."""
    names = vars(kind).get("_fields")
    return kind.__bases__ == (tuple,) and isinstance(names, tuple) and not {*vars(kind)} - USUAL - {*names}


def encode(side, value: object, kind: type, table, depth: int) -> list | None:
    """A class of a known kind, or an instance of a named tuple; None for all else."""
    if kind.__bases__ == (tuple,) and is_named_tuple(kind):
        side.doubt(f"a value of type {name_of(kind)} crossed, a class of its own side")
        items = [side.encode(item, table, depth + 1) for item in tuple.__iter__(value)]
        return ["named", _encode_class(side, kind), items]
    if type not in kind.__mro__:
        return None
    return _encode_class(side, value)


def _encode_class(side, kind: type) -> list | None:
    for number, stand_in in side.made.items():
        if stand_in is kind:
            return ["yours", number]
    if found := home(kind):
        return ["class", *found]
    if is_named_tuple(kind):
        return ["tuple class", side.keep(kind), name_of(kind), list(kind._fields)]
    if BaseException not in kind.__mro__ or BaseExceptionGroup in kind.__mro__:
        return None
    own = []
    for base in kind.__mro__:
        if found := home(base):
            return ["error class", own, *found]
        own.append([side.keep(base), name_of(base)])
    return None


def _class(side, rest: list, table, depth: int) -> type:
    found = library_class(*map(str, rest))
    if found is None:
        raise ValueError("no class that may cross")
    return found


def _tuple_class(side, rest: list, table, depth: int) -> type:
    number, name, fields = rest
    if number not in side.made:
        made = namedtuple("Made", [str(field) for field in fields], rename=True)
        made.__name__ = made.__qualname__ = str(name)[:LONGEST_NAME]
        side.made[int(number)] = made
    return side.made[number]


def _error_class(side, rest: list, table, depth: int) -> type:
    own, *found = rest
    made = _class(side, found, table, depth)
    if not issubclass(made, Exception):
        raise ValueError("no exception that may cross")
    for number, name in reversed(own):
        if number not in side.made:
            own = {"__module__": STAND_IN, "__str__": _shown}
            side.made[int(number)] = type(str(name)[:LONGEST_NAME], (made,), own)
        made = side.made[number]
    return made


def _shown(error: BaseException) -> str:
    """What the other side's exception shows; an exception that was made here shows itself."""
    shown = error.__dict__.get("_shown")
    plain = next(base for base in type(error).__mro__ if base.__module__ != STAND_IN)
    return shown if isinstance(shown, str) else plain.__str__(error)


def _named(side, rest: list, table, depth: int) -> tuple:
    kind, items = side.decode(rest[0], table, depth + 1), rest[1]
    if not isinstance(kind, type) or not is_named_tuple(kind) or len(items) != len(kind._fields):
        raise ValueError("no named tuple")
    side.doubt(f"a value of type {name_of(kind)} crossed, a class of its own side")
    return tuple.__new__(kind, [side.decode(item, table, depth + 1) for item in items])


DECODE = {"class": _class, "tuple class": _tuple_class, "error class": _error_class, "named": _named}
