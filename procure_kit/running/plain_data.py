"""What a value looks like while it crosses between the oracle and the candidate: plain data of a fixed set of types.

Scalars travel as themselves, everything else as `[tag, ...]`. A list, dict, set, bytearray or deque is numbered where
it first occurs in an exchange, and a later occurrence is `["ref", number]`: so arguments that were changed in place
come back changed, `f(x) is x` holds across the boundary, and a cycle ends. What is not plain data (functions,
generators, instances of classes) stays where it is, and a `Handle` stands for it on the other side. A value of a
subclass arrives as its plain base: no method of the candidate's ever runs in the oracle.
"""

import re
from collections import deque
from decimal import Decimal
from fractions import Fraction

from procure_kit.running.handles import ABILITIES, Handle, handle_type
from procure_kit.running.wire import Unsendable

MAX_DEPTH = 150
SMALL_INT = 1 << 64  # larger integers travel as hex: decimal conversion is quadratic, and Python limits it
MUTABLE = {"list": list, "dict": dict, "set": set, "bytearray": bytearray, "deque": deque}
IMMUTABLE = {"tuple": tuple, "frozenset": frozenset}
TEXTUAL = {"decimal": Decimal, "fraction": Fraction}
RATIO = re.compile(r"-?\d+(/\d+)?")  # what str gives of a Fraction, which also reads "1e999999999", for hours
SURROGATE = re.compile("[\ud800-\udfff]")
ARRAYS = re.compile(r"[<>|=][bifcu]\d+")  # numpy's types of plain numbers


class Table(list):
    """The mutable containers of one exchange, in the order in which both sides meet them."""

    def __init__(self, values: list | tuple = ()):
        super().__init__(values)
        self.numbers = {id(value): number for number, value in enumerate(values)}

    def append(self, value: object) -> None:
        self.numbers[id(value)] = len(self)
        super().append(value)


class Values:
    """One side's objects: those that went over as a Handle, and the Handles of the other side's."""

    def __init__(self):
        self.kept: list[object] = []  # objects of this side for which the other side holds a Handle
        self.numbers: dict[int, int] = {}  # where in `kept` an object is, by its id
        self.handles: dict[int, Handle] = {}

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
        """Rebuild a value out of the fixed types alone. Raises: one of boundary.MALFORMED for anything else."""
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
