"""The mutable containers of one exchange, and whether somebody still holds one of them afterwards.

A call copies: what a program keeps of its arguments, or of what it returned, it could later change, or the tests could,
and the other side would not see it. How often an object is referred to tells whether that can be.
"""

import gc
from collections import Counter, OrderedDict, defaultdict, deque
from sys import getrefcount

TUPLES = {tuple, frozenset}
CONTAINERS = {*TUPLES, list, dict, set, bytearray, deque, Counter, OrderedDict, defaultdict}


class Table(list):
    """The mutable containers of one exchange, in the order in which both sides meet them."""

    def __init__(self, values: list | tuple = ()):
        super().__init__(values)
        self.numbers = {id(value): number for number, value in enumerate(values)}

    def append(self, value: object) -> None:
        self.numbers[id(value)] = len(self)
        super().append(value)

    def cut(self, length: int) -> None:
        """Forget all but the first `length` of them."""
        for value in self[length:]:
            self.numbers.pop(id(value), None)
        del self[length:]

    def held(self) -> str:
        """The type of a container that something else than this table and its containers refers to, or ""."""
        if not self or not _held(self, ALONE):
            return ""
        gc.collect()  # a function that calls itself keeps its variables until then
        return _held(self, ALONE)


def _held(table: Table, alone: int) -> str:
    """alone: as how often referred to an object counts that nothing but the loop below refers to."""
    inside, tuples, waiting = Counter(), {}, [table]
    while waiting:
        for item in [part for part in gc.get_referents(waiting.pop()) if type(part) in CONTAINERS]:
            inside[id(item)] += 1
            if inside[id(item)] == 1:
                waiting.append(item)
                if type(item) in TUPLES:
                    tuples[id(item)] = item
                    inside[id(item)] += 1
            del item
    for value in [*table, *tuples.values()]:
        beyond = getrefcount(value) - inside[id(value)] - alone
        if beyond > 0 and (type(value) not in TUPLES or _can_change(value, table)):
            return type(value).__name__
    return ""


def _can_change(value: tuple | frozenset, table: Table) -> bool:
    """Whether a container of the table is somewhere inside."""
    parts = gc.get_referents(value)
    return any(id(part) in table.numbers or type(part) in TUPLES and _can_change(part, table) for part in parts)


def _one() -> Table:
    table = Table()
    table.append([])
    return table


ALONE = next(number for number in range(9) if not _held(_one(), number))
