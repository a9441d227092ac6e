"""What a program keeps of what crossed is noticed, and what it does not keep is not suspected."""

import socket

import pytest

from procure_kit.running.boundary import Peer
from procure_kit.running.crossing.handles import OPERATIONS
from procure_kit.running.crossing.held import Table
from procure_kit.running.crossing.plain_data import Values
from procure_kit.running.wire import Channel

KEPT, LAST = [], [None]
CONSTANT = (1, 2)


def keeps(value):
    KEPT.append(value)


def keeps_a_tuple(value):
    KEPT.append((value,))


def returns_what_it_keeps(value):
    KEPT.append([1])
    return KEPT[-1]


def keeps_by_a_closure(value):
    LAST[0] = lambda: value


def helper_of_itself(value):
    out = []

    def go(items):
        for item in items:
            out.append(item)
            go(item) if isinstance(item, list) else None

    go(value)
    return out


def held(function, *args) -> str:
    """What the side of the function says that it still holds after a call."""
    here, there = socket.socketpair()
    with here, there:
        peer = Peer(Channel(there), tuple(OPERATIONS))
        peer.keep(function)
        table = Table()
        peer.answer({"op": "call", "on": 0, "args": [Values().encode(arg, table) for arg in args], "kwargs": {}})
        return Channel(here).receive().get("held", "")


@pytest.mark.parametrize(
    ("function", "argument", "kind"),
    [
        (keeps, [1], "list"),
        (keeps, {"a": 1}, "dict"),
        (keeps, ([1],), "list"),
        (keeps, [([1],)], "list"),
        (lambda value: KEPT.append(value[0]), [([1],)], "tuple"),
        (lambda value: KEPT.append(value[0]), [[1]], "list"),
        (keeps_a_tuple, {1}, "set"),
        (returns_what_it_keeps, 1, "list"),
        (keeps_by_a_closure, [1], "list"),
    ],
)
def test_what_is_kept(function, argument, kind):
    KEPT.clear()
    assert held(function, argument) == kind


@pytest.mark.parametrize(
    ("function", "argument"),
    [
        (lambda value: value, [1]),
        (lambda value: [value, value], [1, [2], {"a": [3]}]),
        (lambda value: value[0], [[1], ([2],)]),
        (lambda value: value.append(value), [1]),
        (lambda value: CONSTANT, 1),
        (lambda value: [CONSTANT, CONSTANT], 1),
        (lambda value: {1: CONSTANT, 2: []}, 1),
        (keeps, 1),
        (keeps, (1, ("a",))),
        (helper_of_itself, [1, [2, [3]]]),
    ],
)
def test_what_is_not(function, argument):
    KEPT.clear()
    assert held(function, argument) == ""


def test_a_table_can_be_cut():
    table = Table()
    first, second = [], []
    table.append(first)
    table.append(second)
    table.cut(1)
    assert (list(table), table.numbers) == ([first], {id(first): 0})
