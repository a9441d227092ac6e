"""What a value looks like while it crosses between the oracle and the candidate: plain data of a fixed set of types.

Scalars travel as themselves, everything else as `[tag, ...]`, and is built anew on the other side by a constructor that
is named here or in library_values.py, arrays.py and classes.py: never by what the other side says. A mutable container
is numbered where it first occurs in an exchange, and a later occurrence is `["ref", number]`: so arguments that were
changed in place come back changed, `f(x) is x` holds across the boundary, and a cycle ends. What is not plain data
(functions, generators, instances of classes) stays where it is, and a `Handle` stands for it on the other side. A value
of a subclass arrives as its plain base: no method of the candidate's ever runs in the oracle.

Whatever tests might tell from the value itself is noted in `doubts`: then they also run together with the program.
"""

import re
from collections import Counter, OrderedDict, defaultdict, deque

from procure_kit.running.crossing import arrays, classes, library_values
from procure_kit.running.crossing.handles import ABILITIES, STAYS, Handle, handle_type
from procure_kit.running.crossing.held import Table
from procure_kit.running.wire import Unsendable

MAX_DEPTH = 150
SMALL_INT = 1 << 64  # larger integers travel as hex: decimal conversion is quadratic, and Python limits it
MUTABLE = {kind.__name__: kind for kind in (list, dict, set, bytearray, deque, Counter, OrderedDict, defaultdict)}
IMMUTABLE = {"tuple": tuple, "frozenset": frozenset}
TAGS = {kind: tag for tag, kind in (MUTABLE | IMMUTABLE).items()}
SCALARS = (int, str, float, bytes)
SURROGATE = re.compile("[\ud800-\udfff]")


class Values:
    """One side's objects: those that went over as a Handle, and the Handles of the other side's."""

    def __init__(self):
        self.kept: list[object] = []  # objects of this side for which the other side holds a Handle
        self.numbers: dict[int, int] = {}  # where in `kept` an object is, by its id
        self.handles: dict[int, Handle] = {}
        self.made: dict[int, type] = {}  # classes of this side that stand for the other side's, by its number
        self.doubts: dict[str, None] = {}  # what crossed, and is not in every way the same on the other side

    def doubt(self, why: str) -> None:
        if len(self.doubts) < 3:
            self.doubts[why] = None

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
        if value is None or kind is bool or (kind is int and -SMALL_INT < value < SMALL_INT):
            return value
        if kind is float and value == value:
            return value
        if kind is str:  # two halves of a surrogate pair would arrive as the one character that they are half of
            return value if value.isascii() or not SURROGATE.search(value) else ["str", _hex(value)]
        if depth > MAX_DEPTH:
            raise Unsendable(f"a value nested more than {MAX_DEPTH} deep may not cross")
        if kind in TAGS:
            return self._encode_container(value, kind, table, depth)
        return self._encode_rare(value, kind, table, depth)

    def _encode_container(self, value: object, kind: type, table: Table, depth: int) -> list:
        if kind in (tuple, frozenset):
            return [TAGS[kind], [self.encode(item, table, depth + 1) for item in kind.__iter__(value)]]
        if id(value) in table.numbers:
            return ["ref", table.numbers[id(value)]]
        table.append(value)
        more = []
        if kind is deque and value.maxlen is not None:
            more = [value.maxlen]
        elif kind is defaultdict:
            more = [self.encode(value.default_factory, table, depth + 1)]
        return [TAGS[kind], [self.encode(item, table, depth + 1) for item in contents(value)], *more]

    def _encode_rare(self, value: object, kind: type, table: Table, depth: int) -> list:
        if kind is int:
            return ["int", hex(value)]
        if kind is float:
            return ["nan"]
        if kind is bytes:
            return ["bytes", value.hex()]
        if kind in library_values.TAGS and (parts := library_values.parts(value)) is not None:
            if kind in library_values.VIEWS:
                self.doubt(f"a value of type {kind.__name__} crossed, which shows another object")
            return [library_values.TAGS[kind], [self.encode(part, table, depth + 1) for part in parts]]
        if issubclass(kind, Handle) and value._peer is self:
            return ["yours", value._number]
        if (known := classes.encode(self, value, kind, table, depth)) is not None:
            return known
        if kind.__module__ == "numpy" and (array := arrays.encode(self, value, kind, table, depth)) is not None:
            return array
        return self._encode_subclass(value, kind, table, depth)

    def _encode_subclass(self, value: object, kind: type, table: Table, depth: int) -> list:
        """A value of a program's own class: as its plain base, or as a handle."""
        name = classes.name_of(kind)
        for base in kind.__mro__:
            if base in TAGS or base in SCALARS:
                self.doubt(f"a value of type {name} crossed, which arrives as a plain {base.__name__}")
                if base in MUTABLE.values():
                    if id(value) in table.numbers:
                        return ["ref", table.numbers[id(value)]]
                    table.append(value)
                    tag = TAGS[OrderedDict if base is OrderedDict else dict if issubclass(base, dict) else base]
                    plain = [tag, [self.encode(item, table, depth + 1) for item in contents(value)]]
                elif base in TAGS:
                    plain = [TAGS[base], [self.encode(item, table, depth + 1) for item in base.__iter__(value)]]
                else:
                    plain = self.encode(_plain(value, base), table, depth + 1)
                return ["plain", name, plain]
        able = [name for name in ABILITIES if any(name in vars(base) for base in kind.__mro__)]
        self.doubt(f"a value of type {name} crossed, {STAYS}")
        return ["handle", self.keep(value), name, able]

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
            return self._decode_mutable(tag, rest, table, depth)
        if tag in IMMUTABLE:
            items = [self.decode(item, table, depth + 1) for item in rest[0]]
            return self._in_order(IMMUTABLE[tag](items), items)
        if tag in library_values.BUILD:
            return self._build(tag, [self.decode(part, table, depth + 1) for part in rest[0]])
        if tag in arrays.DECODE:
            return arrays.DECODE[tag](self, rest, table, depth)
        if tag in classes.DECODE:
            return classes.DECODE[tag](self, rest, table, depth)
        match tag, rest:
            case "ref", [int(number)]:
                return table[number]
            case "yours", [int(number)]:
                return self.kept[number]
            case "handle", [int(number), str(kind), list(able)]:
                self.doubt(f"a value of type {kind[:100]} crossed, {STAYS}")
                return self.handle(number, kind, able)
            case "plain", [str(kind), plain]:
                value = self.decode(plain, table, depth + 1)
                self.doubt(f"a value of type {kind[:100]} crossed, which arrives as a plain {type(value).__name__}")
                return value
            case "int", [str(text)]:
                return int(text, 16)
            case "nan", []:
                self.doubt("a number that is none (nan) crossed")
                return float("nan")
            case "str", [str(text)]:
                return bytes.fromhex(text).decode("utf-8", "surrogatepass")
            case "bytes", [str(text)]:
                return bytes.fromhex(text)
        raise ValueError(f"unknown kind of value {tag!r}")

    def _build(self, tag: str, parts: list) -> object:
        value = library_values.BUILD[tag](*parts)
        if type(value) in library_values.VIEWS:
            self.doubt(f"a value of type {tag} crossed, which shows another object")
        return value

    def _decode_mutable(self, tag: str, rest: list, table: Table, depth: int) -> object:
        kind, value = MUTABLE[tag], None
        if kind is deque and len(rest) > 1:
            value = deque(maxlen=int(rest[1]))
        elif kind is defaultdict:
            value = defaultdict(self.decode(rest[1], table, depth + 1))
        else:
            value = kind()
        table.append(value)
        items = [self.decode(item, table, depth + 1) for item in rest[0]]
        refill(value, items)
        return self._in_order(value, items) if kind is set else value

    def _in_order(self, value: object, items: list) -> object:
        """The value; sets that were filled in another order can be iterated in another one."""
        if len(items) > 1 and type(value) in (set, frozenset) and list(value) != items:
            self.doubt("a set crossed, whose order is another one on the other side")
        return value


def _hex(value: str) -> str:
    return str.encode(value, "utf-8", "surrogatepass").hex()


def _plain(value: object, base: type) -> object:
    """The value of a subclass as one of its base, read past any method that the subclass may have put in front."""
    if base is int:
        return int.__index__(value)
    if base is str:
        return str.encode(value, "utf-8", "surrogatepass").decode("utf-8", "surrogatepass")
    if base is float:
        return float.fromhex(float.hex(value))
    return bytes.fromhex(bytes.hex(value))


def contents(value: object) -> list:
    """The items of a mutable value, read past any method that a subclass may have put in front."""
    for base in type(value).__mro__:
        if base is OrderedDict or base is dict:
            return list(base.items(value))
        if base in MUTABLE.values() and not issubclass(base, dict):
            return list(base.__iter__(value))
    return arrays.contents(value)


def refill(target: object, items: list) -> None:
    """Make `items` the contents of `target`, which stays the same object."""
    kind = type(target)
    if kind in (list, bytearray, deque):
        target.clear()
        target.extend(items)
    elif kind in (set, dict, OrderedDict, defaultdict):
        target.clear()
        target.update(items)
    elif issubclass(kind, dict):  # a Counter's own update adds
        target.clear()
        dict.update(target, items)
    else:
        arrays.refill(target, items)
