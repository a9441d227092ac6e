"""numpy's arrays and scalars across the boundary: type of the items, shape, and the items.

Numbers and times travel as the bytes that they are. Text, objects and records travel item by item: there are bytes that
are no text, and an object's would be an address. numpy is imported where a value of its own crosses, and not before.
"""

import math
import re

PLAIN = re.compile(r"[<>|=]([ifcu]\d+|[mM]8(\[\w+\])?)")
LISTED = re.compile(r"[<>|=](b1|[SU]\d+|O)")
MANY = 4_000_000  # items: more than a message of numbers can hold


def encode(side, value: object, kind: type, table, depth: int) -> list | None:
    """None for what is neither an array nor a scalar, or whose items are of no known type."""
    import numpy

    if kind is not numpy.ndarray and not issubclass(kind, numpy.generic):
        return None
    what = described(value.dtype)
    if what is None:
        return None
    side.doubt("an array crossed" if kind is numpy.ndarray else f"a value of type numpy.{kind.__name__} crossed")
    if kind is not numpy.ndarray:
        return ["scalar", what, _items(side, numpy.asarray(value), table, depth)]
    if id(value) in table.numbers:
        return ["ref", table.numbers[id(value)]]
    table.append(value)
    return ["array", what, list(value.shape), _items(side, value, table, depth)]


def described(dtype: object) -> str | list | None:
    """The type of the items as plain data: its code, or [name, type] of each field; None when it is another one."""
    if dtype.fields is None:
        known = (PLAIN.fullmatch(dtype.str) or LISTED.fullmatch(dtype.str)) and dtype.subdtype is None
        return dtype.str if known else None
    fields = [[name, described(dtype.fields[name][0])] for name in dtype.names]
    return None if any(what is None for _, what in fields) else fields


def _items(side, array: object, table, depth: int) -> object:
    if array.dtype.fields is None and PLAIN.fullmatch(array.dtype.str):
        return array.tobytes().hex()
    if array.dtype.fields is not None:
        return [_items(side, array[name], table, depth) for name in array.dtype.names]
    return [side.encode(item, table, depth + 1) for item in array.ravel().tolist()]


def _built(side, what: object, shape: list, items: object, table, depth: int) -> object:
    import numpy

    dtype = _type(numpy, what)
    if math.prod(shape) > MANY or not all(type(length) is int and length >= 0 for length in shape):
        raise ValueError("no shape of an array that may cross")
    if isinstance(what, str) and PLAIN.fullmatch(what):
        return numpy.frombuffer(bytearray.fromhex(items), dtype).reshape(shape) if items else numpy.empty(shape, dtype)
    array = numpy.empty(shape, dtype)
    if isinstance(what, list):
        for (name, inner), column in zip(what, items, strict=True):
            array[name] = _built(side, inner, shape, column, table, depth)
        return array
    flat = array.reshape(-1)
    for number, item in enumerate(items):
        flat[number] = side.decode(item, table, depth + 1)
    return flat.reshape(shape)


def _type(numpy, what: object) -> object:
    if isinstance(what, list):
        return numpy.dtype([(str(name), _type(numpy, inner)) for name, inner in what])
    if not PLAIN.fullmatch(what) and not LISTED.fullmatch(what):
        raise ValueError("no known type of an array's items")
    return numpy.dtype(what)


def _decode_array(side, rest: list, table, depth: int) -> object:
    what, shape, items = rest
    place = len(table)
    table.append(None)  # its place: what is inside comes after it, and cannot refer to it
    array = _built(side, what, shape, items, table, depth)
    table[place] = array
    table.numbers[id(array)] = place
    side.doubt("an array crossed")
    return array


def _decode_scalar(side, rest: list, table, depth: int) -> object:
    what, items = rest
    value = _built(side, what, [], items, table, depth)[()]
    side.doubt(f"a value of type numpy.{type(value).__name__} crossed")
    return value


DECODE = {"array": _decode_array, "scalar": _decode_scalar}


def contents(array: object) -> list:
    """An array as the one item of its contents: a copy, which crosses as it is now."""
    return [array.copy()]


def refill(target: object, items: list) -> None:
    """Write an array's items into another one of the same shape, where they can be written."""
    (source,) = items
    if target.shape == source.shape and target.flags.writeable:
        target[...] = source
