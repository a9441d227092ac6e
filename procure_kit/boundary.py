"""What crosses between the oracle and the candidate: calls, and plain data of a fixed set of types.

Scalars travel as themselves, everything else as `[tag, ...]`. A list, dict, set, bytearray or deque is numbered where
it first occurs in an exchange, and a later occurrence is `["ref", number]`: so arguments that were changed in place
come back changed, `f(x) is x` holds across the boundary, and a cycle ends. What is not plain data (functions,
generators, instances of classes) stays where it is, and a `Handle` stands for it on the other side. A value of a
subclass arrives as its plain base: no method of the candidate's ever runs in the oracle.
"""

import builtins
import re
from collections import deque
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from procure_kit.wire import Channel, Gone, Unsendable

MAX_DEPTH = 150
SMALL_INT = 1 << 64  # larger integers travel as hex: decimal conversion is quadratic, and Python limits it
MUTABLE = {"list": list, "dict": dict, "set": set, "bytearray": bytearray, "deque": deque}
IMMUTABLE = {"tuple": tuple, "frozenset": frozenset}
TEXTUAL = {"decimal": Decimal, "fraction": Fraction}
RATIO = re.compile(r"-?\d+(/\d+)?")  # what str gives of a Fraction, which also reads "1e999999999", for hours
LONGEST_MESSAGE = 1000  # characters of what an exception says
MALFORMED = (KeyError, TypeError, ValueError, IndexError, AttributeError, ArithmeticError, RecursionError)
OPERATIONS = {  # what the other side may ask of an object that stayed here
    "call": lambda target, args, kwargs: target(*args, **kwargs),
    "iter": lambda target, args, kwargs: iter(target),
    "next": lambda target, args, kwargs: next(target),
    "getattr": lambda target, args, kwargs: getattr(target, *args),
    "setattr": lambda target, args, kwargs: setattr(target, *args),
    "getitem": lambda target, args, kwargs: target[args[0]],
    "len": lambda target, args, kwargs: len(target),
    "bool": lambda target, args, kwargs: bool(target),
    "str": lambda target, args, kwargs: str(target),
}
SURROGATE = re.compile("[\ud800-\udfff]")
ARRAYS = re.compile(r"[<>|=][bifcu]\d+")  # numpy's types of plain numbers


class RemoteError(Exception):
    """An exception of the other side whose type is not a built-in one."""


class Table(list):
    """The mutable containers of one exchange, in the order in which both sides meet them."""

    def __init__(self, values: list | tuple = ()):
        super().__init__(values)
        self.numbers = {id(value): number for number, value in enumerate(values)}

    def append(self, value: object) -> None:
        self.numbers[id(value)] = len(self)
        super().append(value)


class Handle:
    """Stands for an object of the other side: what is done with it is done there, and gives plain data again.

    It is equal to nothing but itself, and holds what iterating it gives: no `__eq__` or `__contains__` of the other
    side is asked. It can be called, iterated or measured where the object can (`handle_type`).
    """

    __slots__ = ("_peer", "_number", "_kind")

    def __init__(self, peer: "Peer", number: int, kind: str):
        for name, value in (("_peer", peer), ("_number", number), ("_kind", kind)):
            object.__setattr__(self, name, value)

    def __getattr__(self, name: str):
        if name.startswith("_"):
            raise AttributeError(name)
        return self._peer.request("getattr", self._number, (name,))

    def __setattr__(self, name: str, value: object) -> None:
        if name.startswith("_"):
            raise AttributeError(name)
        self._peer.request("setattr", self._number, (name, value))

    def __bool__(self) -> bool:
        return self._peer.request("bool", self._number)

    def __str__(self) -> str:
        return self._peer.request("str", self._number)

    def __repr__(self) -> str:
        return f"<{self._kind}>"


ABILITIES = {
    "__call__": lambda handle, *args, **kwargs: handle._peer.request("call", handle._number, args, kwargs),
    "__iter__": lambda handle: handle._peer.request("iter", handle._number),
    "__next__": lambda handle: handle._peer.request("next", handle._number),
    "__getitem__": lambda handle, key: handle._peer.request("getitem", handle._number, (key,)),
    "__len__": lambda handle: handle._peer.request("len", handle._number),
}


@lru_cache
def handle_type(able: tuple[str, ...]) -> type[Handle]:
    """A Handle with some of the ABILITIES, so that `callable` and `isinstance(x, Iterable)` are told the truth."""
    return type("Handle", (Handle,), {"__slots__": (), **{name: ABILITIES[name] for name in able}})


class Peer:
    """One end of the channel: asks the other end, and answers it while waiting.

    `allowed` names the OPERATIONS that the other end may ask for.
    """

    answered: type[BaseException] = BaseException  # what, raised by an operation, is an answer: SystemExit too

    def __init__(self, channel: Channel, allowed: tuple[str, ...]):
        self.channel, self.allowed = channel, allowed
        self.ahead: deque[dict] = deque()  # requests that were sent before they were made
        self.kept: list[object] = []  # objects of this side for which the other side holds a Handle
        self.numbers: dict[int, int] = {}  # where in `kept` an object is, by its id
        self.handles: dict[int, Handle] = {}
        self.exceptions: dict[str, type[BaseException]] = {}  # types of this side that the other's may arrive as

    def keep(self, value: object) -> int:
        """The number by which the other side can speak of an object of this one."""
        if id(value) not in self.numbers:
            self.numbers[id(value)] = len(self.kept)
            self.kept.append(value)
        return self.numbers[id(value)]

    def handle(self, number: int, kind: str, able: list) -> Handle:
        """What stands for the other side's object of that number: always the same one."""
        if number not in self.handles:
            self.handles[number] = handle_type(tuple(name for name in ABILITIES if name in able))(self, number, kind)
        return self.handles[number]

    def request(self, operation: str, number: int, args: tuple = (), kwargs: dict | None = None) -> object:
        """Ask for an operation on an object of the other side.

        Raises: what it raised there, by type name and message; Gone; Unsendable.
        """
        table = Table()
        message = self.message(operation, number, args, kwargs or {}, table)
        given = list(table)
        if self.ahead and self.ahead[0] == message:
            self.ahead.popleft()
        else:
            while self.ahead:  # another request than was foreseen: those that were are of no more use
                self.ahead.popleft()
                self._reply()
            self.channel.send(message)
        reply = self._reply()
        try:
            result = self.decode(reply["result"], table) if "result" in reply else None
            for target, content in zip(given, reply["objects"], strict=not reply.get("lost")):
                refill(target, [self.decode(item, table, 1) for item in content])
            if "result" in reply:
                return result
            name, message = str(reply["raise"]), str(reply["message"])[:LONGEST_MESSAGE]
            error = remote_error(name, message, self.exceptions)
            if isinstance(error, StopIteration) and operation != "next":  # it would end a loop of the tests, unseen
                error = RemoteError(f"{name}: {message}")
        except MALFORMED as problem:
            raise Gone(f"what arrived is no reply: {problem!r}") from problem
        raise error

    def message(self, operation: str, number: int, args: tuple, kwargs: dict, table: Table) -> dict:
        """The message that asks for an operation."""
        message = {"op": operation, "on": number, "args": [self.encode(arg, table) for arg in args]}
        return message | {"kwargs": {name: self.encode(arg, table) for name, arg in kwargs.items()}}

    def _reply(self) -> dict:
        """The next reply; requests of the other side that come first are answered."""
        while "op" in (reply := self.channel.receive()):
            self.answer(reply)
        return reply

    def answer(self, message: dict) -> None:
        """Carry out one request of the other side and send the reply."""
        table, given = Table(), []
        try:
            if message["op"] not in self.allowed:
                raise PermissionError(f"{message['op']!r} is not offered on this side")
            args = [self.decode(arg, table) for arg in message["args"]]
            kwargs = {name: self.decode(arg, table) for name, arg in message["kwargs"].items()}
            given = list(table)
            result = OPERATIONS[message["op"]](self.kept[message["on"]], args, kwargs)
            reply = {"result": self.encode(result, table)}
        except self.answered as error:
            table, reply = Table(given), {"raise": type(error).__name__, "message": said(error)}
        try:
            reply["objects"] = [[self.encode(item, table, 1) for item in contents(value)] for value in given]
            self.channel.send(reply)
        except (Unsendable, MemoryError, RecursionError) as error:
            self.channel.send({"raise": type(error).__name__, "message": str(error), "objects": [], "lost": True})

    def encode(self, value: object, table: Table, depth: int = 0) -> object:
        """Turn a value into JSON, numbering its mutable containers in `table`."""
        kind = type(value)
        if value is None or kind in (bool, float) or (kind is int and -SMALL_INT < value < SMALL_INT):
            return value
        if kind is str:  # two halves of a surrogate pair would arrive as the one character that they are half of
            return value if value.isascii() or not SURROGATE.search(value) else ["str", _hex(value)]
        if depth > MAX_DEPTH:
            raise Unsendable(f"a value nested more than {MAX_DEPTH} deep may not cross")
        if issubclass(kind, Handle) and value._peer is self:
            return ["yours", value._number]
        for tag, base in MUTABLE.items():
            if isinstance(value, base):
                if id(value) in table.numbers:
                    return ["ref", table.numbers[id(value)]]
                table.append(value)
                return [tag, [self.encode(item, table, depth + 1) for item in contents(value)]]
        for tag, base in IMMUTABLE.items():
            if isinstance(value, base):
                return [tag, [self.encode(item, table, depth + 1) for item in base.__iter__(value)]]
        return self._encode_rare(value, kind)

    def _encode_rare(self, value: object, kind: type) -> list:
        if isinstance(value, int):
            return ["int", hex(int.__index__(value))]
        if isinstance(value, str):
            return ["str", _hex(value)]
        if isinstance(value, float):
            return ["float", float.hex(value)]
        if isinstance(value, bytes):
            return ["bytes", bytes.hex(value)]
        if kind is complex:
            return ["complex", value.real, value.imag]
        if kind is range:
            return ["range", *(hex(bound) for bound in (value.start, value.stop, value.step))]
        for tag, base in TEXTUAL.items():
            if kind is base:
                return [tag, str(value)]
        if kind.__module__ == "numpy" and hasattr(kind, "tolist"):
            plain = self.encode(kind.tolist(value), Table())
            numbers = kind.__name__ == "ndarray" and ARRAYS.fullmatch(value.dtype.str)
            return ["array", value.dtype.str, plain] if numbers else plain
        able = [name for name in ABILITIES if any(name in vars(base) for base in kind.__mro__)]
        return ["handle", self.keep(value), kind.__name__, able]

    def decode(self, data: object, table: Table, depth: int = 0) -> object:
        """Rebuild a value out of the fixed types alone. Raises: one of MALFORMED for anything else."""
        if isinstance(data, dict):
            raise ValueError("an object where a value was expected")
        if not isinstance(data, list):
            return data
        if depth > MAX_DEPTH:
            raise ValueError(f"a value nested more than {MAX_DEPTH} deep")
        tag, *rest = data
        if tag in MUTABLE:
            value = MUTABLE[tag]()
            table.append(value)
            refill(value, [self.decode(item, table, depth + 1) for item in rest[0]])
            return value
        if tag in IMMUTABLE:
            return IMMUTABLE[tag]([self.decode(item, table, depth + 1) for item in rest[0]])
        match tag, rest:
            case "decimal", [str(text)]:
                return Decimal(text)
            case "fraction", [str(text)] if RATIO.fullmatch(text):
                return Fraction(text)
            case "ref", [int(number)]:
                return table[number]
            case "yours", [int(number)]:
                return self.kept[number]
            case "handle", [int(number), str(kind), list(able)]:
                return self.handle(number, kind, able)
            case "array", [str(dtype), items] if ARRAYS.fullmatch(dtype):
                import numpy

                return numpy.array(self.decode(items, Table(), depth + 1), dtype)
            case "int", [str(text)]:
                return int(text, 16)
            case "str", [str(text)]:
                return bytes.fromhex(text).decode("utf-8", "surrogatepass")
            case "float", [str(text)]:
                return float.fromhex(text)
            case "bytes", [str(text)]:
                return bytes.fromhex(text)
            case "complex", [float(real), float(imag)]:
                return complex(real, imag)
            case "range", [str(), str(), str()]:
                return range(*(int(bound, 16) for bound in rest))
        raise ValueError(f"unknown kind of value {tag!r}")


def _hex(value: str) -> str:
    return str.encode(value, "utf-8", "surrogatepass").hex()


def contents(value: object) -> list:
    """The items of a mutable container, read past any method that a subclass may have put in front."""
    if isinstance(value, dict):
        return list(dict.items(value))
    base = next(base for base in MUTABLE.values() if isinstance(value, base))
    return list(base.__iter__(value))


def refill(target: list | dict | set | bytearray | deque, items: list) -> None:
    """Make `items` the contents of `target`, which stays the same object."""
    target.clear()
    if isinstance(target, set | dict):
        target.update(items)
    else:
        target.extend(items)


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
