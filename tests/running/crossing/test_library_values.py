"""The standard library's values arrive as the same values of the same types, and nothing else is made."""

import datetime
import http
import json
import pathlib
import re
import uuid
from collections import Counter, OrderedDict, defaultdict, deque
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from procure_kit.running.crossing.held import Table
from procure_kit.running.crossing.plain_data import Values

UTC, EAST = datetime.UTC, datetime.timezone(datetime.timedelta(hours=5, minutes=30), "E")
SURE = [
    2 + 3j, complex(0.0, -0.0), range(1, 10, 3), range(10**30), slice(1, None, -1), Decimal("1.10"), Decimal("NaN"),
    Fraction(-1, 3), datetime.date(2024, 2, 29), datetime.datetime(2024, 1, 1, 2, 3, 4, 5, EAST),
    datetime.datetime(2024, 10, 27, 2, tzinfo=ZoneInfo("Europe/Berlin"), fold=1), datetime.time(1, 2, tzinfo=UTC),
    datetime.timedelta(-1, 5, 7), UTC, EAST, ZoneInfo("UTC"), uuid.UUID(int=2**127), pathlib.PurePosixPath("/a/b"),
    pathlib.PureWindowsPath("c:\\x"), pathlib.Path("x"), http.HTTPStatus.NOT_FOUND, re.IGNORECASE,
    Counter("aab"), OrderedDict([("b", [1]), ("a", 2)]), defaultdict(list, {1: [2]}), defaultdict(None, {1: 2}),
    deque([1, 2], maxlen=2), deque([[1]]), bytearray(b"x"), frozenset({1}), b"\0", int, ValueError, Decimal,
    datetime.date, [int, (str, float)], {"t": dict},
]  # fmt: skip
VIEWS = [{"a": 1}.keys(), {"a": [1]}.values(), {"a": 1}.items(), memoryview(b"ab"), memoryview(bytearray(b"ab"))]


def crossed(value: object, one: Values, other: Values) -> object:
    return other.decode(json.loads(json.dumps(one.encode(value, Table()))), Table())


@pytest.mark.parametrize("value", SURE, ids=repr)
def test_values_of_the_library(value):
    here, there = Values(), Values()
    found = crossed(value, here, there)
    assert type(found) is type(value) and repr(found) == repr(value)
    assert found == value or value != value
    assert not here.doubts and not there.doubts


@pytest.mark.parametrize("value", VIEWS, ids=lambda value: type(value).__name__)
def test_what_shows_another_object_does_not_show_it_any_more(value):
    here, there = Values(), Values()
    found = crossed(value, here, there)
    assert type(found) is type(value) and list(found) == list(value)
    assert "which shows another object" in str(here.doubts) and here.doubts == there.doubts
    if isinstance(value, memoryview):
        assert found.readonly == value.readonly


def test_factories_and_lengths_work_on_the_other_side():
    found = crossed(defaultdict(list), Values(), Values())
    found["k"].append(1)
    assert found == {"k": [1]}
    found = crossed(deque([1, 2], maxlen=2), Values(), Values())
    found.append(3)
    assert list(found) == [2, 3]


@pytest.mark.parametrize(
    "data",
    [
        ["date", [2024, 13, 1]], ["date", ["x"]], ["ZoneInfo", ["../../etc/passwd"]], ["ZoneInfo", [None]],
        ["UUID", [-1]], ["UUID", ["x"]], ["HTTPStatus", ["no"]], ["Fraction", ["1e9"]], ["Fraction", [0.5]],
        ["Decimal", ["x"]], ["range", [1, 2, 0]], ["dict_keys", [5]], ["dict_keys", [["list", [["list", []]]]]],
        ["memoryview", ["x", True]], ["timezone", [1]], ["slice", []], ["complex", ["x", 1]], ["PosixPath", [5]],
        ["class", "os", "system"], ["class", "subprocess", "Popen"], ["class", "builtins", "print"],
        ["class", "collections", "_sys"], ["class", "numpy", "memmap"], ["class", "zlib", "compressobj"],
        ["tuple class", 0, "P", ["x", 5]], ["named", ["class", "builtins", "tuple"], []],
        ["named", ["class", "builtins", "int"], []], ["tuple class", [], "P", []], ["deque", [], "x"],
    ],
)  # fmt: skip
def test_what_no_encoder_sends_is_refused_or_harmless(data):
    try:
        found = Values().decode(data, Table())
    except (ValueError, TypeError, KeyError, ArithmeticError, AttributeError):
        return
    assert type(found) in (Decimal, Fraction, type) and found.__class__ is type(found)
