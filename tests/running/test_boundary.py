"""Plain data crosses unchanged, arguments change in place, and everything else stays where it is."""

import collections
import contextlib
import enum
import json
import socket
import threading
from unittest import mock

import pytest

from procure_kit.problems.problem import Problem
from procure_kit.running.boundary import Peer
from procure_kit.running.crossing.handles import ABILITIES, OPERATIONS, handle_type
from procure_kit.running.crossing.held import Table
from procure_kit.running.crossing.plain_data import Values, contents, refill
from procure_kit.running.crossing.remote_errors import RemoteError
from procure_kit.running.runner import run_tests
from procure_kit.running.wire import Channel, Gone, Unsendable


def problem(program: str, test: str) -> Problem:
    body = "".join(f"    {line}\n" for line in test.splitlines())
    return Problem("t", program, "\n", f"def check(candidate):\n{body}", "f")


VALUES = [
    "None", "True", "-1", "10 ** 30", "0.1", "-0.0", "float('inf')", "2 + 3j",
    "'é\\n\\ud800'", "b'\\x00x'", "bytearray(b'x')", "[1, [2, []]]", "(1, (2,), ())",
    "{'a': [1], 2: (3,), None: {}}", "{1, 'b', (2, 3)}", "frozenset({1, frozenset()})", "range(1, 10, 3)", "[[0]] * 3",
    "__import__('decimal').Decimal('1.10')", "__import__('fractions').Fraction(1, 3)",
    "__import__('collections').deque([1])",
]  # fmt: skip


def test_plain_data_goes_there_and_comes_back():
    values = f"VALUES = [{', '.join(VALUES)}]"
    test = f"{values}\nfor n, value in enumerate(VALUES):\n    assert repr(candidate(n, value)) == repr([value] * 2)"
    there = problem(f"{values}\ndef f(place, value): return [VALUES[place], value]", test)
    result = run_tests(there.program, there)
    assert result.passed, result.detail


CASES = {
    "not a number": ("def f(): return float('nan')", "x = candidate()\nassert type(x) is float and x != x"),
    "an integer of 5000 digits": ("def f(x): return x + 1", "assert candidate(10**5000) == 10**5000 + 1"),
    "changed in place": ("def f(x): x.append({1}); x[0][0] = 7", "a = [[1]]\ncandidate(a)\nassert a == [[7], {1}]"),
    "aliases stay aliases": ("def f(a, b): a.append(1); return a is b", "a = []\nassert candidate(a, a) and a == [1]"),
    "result is the argument": ("def f(d): d[1] = 1; return d", "d = {}\nassert candidate(d) is d and d == {1: 1}"),
    "changed although it raised": (
        "def f(xs): xs.clear(); raise KeyError('no')",
        "xs = [1]\ntry: candidate(xs)\nexcept KeyError as e: assert 'no' in str(e)\nassert xs == []",
    ),
    "keyword arguments": ("def f(a, *, b): return a - b", "assert candidate(3, b=1) == 2"),
    "generator": (
        "def f(n): yield from range(n)",
        "assert list(candidate(3)) == [0, 1, 2] and next(candidate(1)) == 0",
    ),
    "dict view": ("def f(d): return d.keys()", "assert sorted(candidate({2: 0, 1: 0})) == [1, 2]"),
    "function as result": ("def f(a): return lambda b: a + b", "assert candidate(1)(2) == 3"),
    "function as argument": (
        "def f(g, xs): return [g(x) for x in xs]",
        "assert candidate(lambda x: x + 1, [1]) == [2]",
    ),
    "iterator as argument": ("def f(xs): return sum(xs)", "assert candidate(iter([1, 2])) == 3"),
    "instance of its own class": (
        "class P:\n    def __init__(self, x): self.x = x\ndef f(x): return P(x)",
        "p = candidate(3)\nassert p.x == 3\nassert p != candidate(3)",
    ),
    "a subclass becomes its base": (
        "class Count(dict): pass\ndef f(s): return Count(a=len(s))",
        "assert candidate('aab') == {'a': 3}",
    ),
    "its own exception type": (
        "class Mine(Exception): pass\ndef f(): raise Mine('x')",
        "try: candidate()\nexcept Exception as e: assert str(e) == 'x' and 'Mine' in repr(e)\nelse: assert False",
    ),
    "a key that is missing": (
        "def f(d): return d['k']",
        "try: candidate({})\nexcept KeyError as e: assert e.args == ('k',) and str(e) == \"'k'\"\nelse: assert False",
    ),
    "iterating a class of the program's": (
        "import enum\nclass Color(enum.Enum):\n    RED = 1\ndef f(): return 1",
        "assert [color.value for color in Color] == [candidate()]",
    ),
    "dataclass": (
        "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\ndef f(): return P(1).x",
        "assert candidate() == 1",
    ),
    "helper of the original": ("def g(x): return x + 1\ndef f(x): return g(x)", "assert candidate(1) == g(1)"),
    "same random numbers": (
        "import random\ndef f(): return random.random()",
        "first = 0.8444218515250481\nassert candidate() == first != candidate()",
    ),
}


@pytest.mark.parametrize(("program", "test"), CASES.values(), ids=CASES)
def test_boundary(program, test):
    given = problem(program, test)
    result = run_tests(given.program, given)
    assert result.passed, result.detail


@pytest.mark.parametrize(
    "mine",
    [
        "class Mine(Exception): pass\n",
        "class Mine(OSError): pass\n",
        "class Mine(Exception):\n    def __new__(cls, a, b=1): return super().__new__(cls, a)\n",
    ],
)
def test_an_exception_of_the_originals_own_type_is_caught_as_such(mine):
    test = "try: candidate()\n    except Mine as e: assert e.args == ('x',)\n    else: assert False"
    given = Problem("t", "", mine + "def f(): raise Mine('x')\n", f"def check(candidate):\n    {test}\n", "f")
    assert run_tests(given.program, given).passed
    assert run_tests(given.program.replace("raise Mine", "raise KeyError"), given).status == "tests_fail"


def test_an_argument_that_cannot_cross_is_refused():
    deep = problem("def f(x): return x", "x = []\nfor _ in range(200): x = [x]\ncandidate(x)")
    result = run_tests(deep.program, deep)
    assert result.status == "refused"
    assert "nested more than 150 deep may not cross" in result.detail


def decode(data: object) -> object:
    return Values().decode(data, Table())


def crossed(value: object, one: Values, other: Values) -> object:
    """The value as it arrives at the other side."""
    return other.decode(json.loads(json.dumps(one.encode(value, Table()))), Table())


class Loud(list):
    """A list whose own methods would show that they ran."""

    def __iter__(self):
        raise AssertionError("a method of the candidate's ran")

    __len__ = __getitem__ = __iter__


class Size(enum.IntEnum):
    SMALL = 1


Point = collections.namedtuple("Point", "x y")


@pytest.mark.parametrize("value", VALUES)
def test_plain_data_is_the_same_on_the_other_side(value):
    value = eval(value)
    assert repr(crossed(value, Values(), Values())) == repr(value)


@pytest.mark.parametrize(
    ("value", "arrives"),
    [
        (Loud([1, Loud([2])]), [1, [2]]),
        (type("Count", (collections.Counter,), {})("aab"), {"a": 2, "b": 1}),
        (type("Order", (collections.OrderedDict,), {})(b=1, a=2), collections.OrderedDict(b=1, a=2)),
        (Size.SMALL, 1),
        (type("Place", (Point,), {})(1, [2]), (1, [2])),
        (type("Text", (str,), {})("é"), "é"),
        (type("Real", (float,), {})(0.5), 0.5),
        (type("Raw", (bytes,), {})(b"x"), b"x"),
        (2**64, 2**64),
        (-(2**64), -(2**64)),
        ("\ud83d\ude00", "\ud83d\ude00"),  # two halves do not become one
    ],
)
def test_a_subclass_arrives_as_its_plain_base(value, arrives):
    found = crossed(value, Values(), Values())
    assert type(found) is type(arrives) and found == arrives


@pytest.mark.parametrize(
    ("number", "sent"), [(2**64 - 1, 2**64 - 1), (2**64, ["int", hex(2**64)]), (1 - 2**64, 1 - 2**64), (True, True)]
)
def test_large_integers_travel_as_hex(number, sent):
    assert Values().encode(number, Table()) == sent


def test_what_is_one_object_stays_one_object():
    row = [1]
    both, cycle = crossed([row, row, {"k": row}], Values(), Values()), [2]
    assert both[0] is both[1] is both[2]["k"]
    cycle.append(cycle)
    found = crossed(cycle, Values(), Values())
    assert found[1] is found and found[0] == 2


def test_what_is_no_plain_data_stays_where_it_is_and_is_known_again():
    here, there = Values(), Values()

    def function():
        pass

    sent = here.encode([function, function, iter([])], Table())
    assert sent == ["list", [["handle", 0, "function", ["__call__"]]] * 2 + [["handle", 1, "list_iterator", mock.ANY]]]
    one, same, iterator = there.decode(sent, Table())
    assert one is same and callable(one) and not isinstance(one, collections.abc.Iterable)
    assert isinstance(iterator, collections.abc.Iterator) and not callable(iterator)
    assert repr(one) == "<function>" and one != function and one in [one]
    assert there.encode(one, Table()) == ["yours", 0] and crossed(one, there, here) is function
    assert Values().encode(one, Table())[0] == "handle"  # a third side's: nobody else's number


@pytest.mark.parametrize("kind", [list, tuple])
def test_depth_has_an_end_on_both_sides(kind):
    deep = data = kind()
    data = [kind.__name__, []]
    for _ in range(150):
        deep, data = kind([deep]), [kind.__name__, [data]]
    assert crossed(deep, Values(), Values()) == deep
    with pytest.raises(Unsendable, match="nested more than 150 deep"):
        Values().encode(kind([deep]), Table())
    with pytest.raises(ValueError, match="nested more than 150 deep"):
        decode([kind.__name__, [data]])


@pytest.mark.parametrize("items", [[1], {1: 2}, {1}, bytearray(b"x"), collections.deque([1])])
def test_containers_are_refilled_as_the_objects_that_they_are(items):
    target = type(items)()
    refill(target, contents(items))
    assert target == items and type(target) is type(items)


class Asked:
    """A side that notes what is asked of the other."""

    def __init__(self):
        self.requests = []

    def request(self, *request):
        self.requests.append(request)
        return True


@pytest.mark.parametrize(
    ("use", "asked"),
    [
        (lambda h: h(1, k=2), ("call", 7, (1,), {"k": 2})),
        (lambda h: h.x, ("getattr", 7, ("x",))),
        (lambda h: setattr(h, "x", 3), ("setattr", 7, ("x", 3))),
        (lambda h: h["k"], ("getitem", 7, ("k",))),
        (bool, ("bool", 7)),
        (next, ("next", 7)),
    ],
)
def test_what_is_done_with_a_handle_is_asked_of_the_other_side(use, asked):
    peer = Asked()
    use(handle_type(tuple(ABILITIES))(peer, 7, "thing"))
    assert peer.requests == [asked]


def test_a_handle_tells_nothing_by_names_that_begin_with_a_line():
    peer = Asked()
    handle = handle_type(())(peer, 7, "thing")
    with pytest.raises(AttributeError):
        handle._secret  # noqa: B018
    with pytest.raises(AttributeError):
        handle._secret = 1
    with pytest.raises(TypeError):
        handle()
    assert (repr(handle), handle == handle_type(())(peer, 7, "thing"), peer.requests) == ("<thing>", False, [])


@contextlib.contextmanager
def talk(*objects, allowed=tuple(OPERATIONS)):
    """A peer whose other end, in a thread, holds the objects."""
    here, there = socket.socketpair()
    with here, there:
        other = Peer(Channel(there), allowed)
        for value in objects:
            other.keep(value)

        def answer():
            with contextlib.suppress(Gone):
                while True:
                    other.answer(other.channel.receive())

        thread = threading.Thread(target=answer)
        thread.start()
        yield Peer(Channel(here), ())
        here.shutdown(socket.SHUT_RDWR)
        thread.join()


def grow(values, *, by=1):
    values.append(by)
    if by < 0:
        raise IndexError("too small")
    return values


def test_arguments_change_in_place_also_where_an_exception_comes_back():
    with talk(grow) as peer:
        values = [1]
        assert peer.request("call", 0, (values,), {"by": 2}) is values and values == [1, 2]
        with pytest.raises(IndexError, match="^too small$"):
            peer.request("call", 0, (values,), {"by": -1})
        assert values == [1, 2, -1]


@pytest.mark.parametrize(
    ("operation", "args", "result"),
    [
        ("len", (), 2), ("bool", (), True), ("str", (), "[5, 6]"), ("getitem", (1,), 6),
        ("getattr", ("__doc__",), list.__doc__),
    ],
)  # fmt: skip
def test_operations_on_an_object_that_stayed(operation, args, result):
    with talk([5, 6]) as peer:
        assert peer.request(operation, 0, args) == result
        assert [*peer.request("iter", 0)] == [5, 6]


def test_what_is_not_offered_is_refused():
    with talk(grow, allowed=("len",)) as peer, pytest.raises(PermissionError, match="'call' is not offered"):
        peer.request("call", 0, ([],))


def test_the_end_of_an_iterator_ends_no_loop_of_the_tests():
    def stop():
        raise StopIteration("no more")

    with talk(stop, iter([])) as peer:
        with pytest.raises(RemoteError, match="StopIteration: no more"):
            peer.request("call", 0)
        with pytest.raises(StopIteration):
            peer.request("next", 1)


def test_a_result_that_cannot_cross_is_an_exception():
    deep = []
    for _ in range(200):
        deep = [deep]
    with talk(lambda values: deep) as peer, pytest.raises(Unsendable, match="nested more than 150 deep"):
        peer.request("call", 0, ([1],))


@pytest.mark.parametrize(
    "reply",
    [
        {},
        {"result": 1},
        {"result": ["ref", 4], "objects": []},
        {"objects": [], "message": ""},
        {"result": 1, "objects": [3]},
    ],
)
def test_a_reply_that_is_none_ends_the_talk(reply):
    here, there = socket.socketpair()
    with here, there:
        Channel(there).send(reply)
        with pytest.raises(Gone, match="what arrived is no reply"):
            Peer(Channel(here), ()).request("len", 0)


FORGED = [
    ["pickle", "x"], ["list"], ["int", "zz"], ["ref", 0], ["yours", 3], {"a": 1}, ["set", [["list", []]]], [],
    ["fraction", "1/0"], ["fraction", "1e9"], ["handle", 0, "x"], ["str", "zz"],
]  # fmt: skip


@pytest.mark.parametrize("data", FORGED)
def test_what_no_encoder_sends_is_refused(data):
    with pytest.raises((ValueError, TypeError, IndexError, ArithmeticError)):
        decode(data)
