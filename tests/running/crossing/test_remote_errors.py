"""Exceptions cross with their class, arguments, attributes and cause; none can end the other side."""

import json

import pytest

from procure_kit.running.crossing.held import Table
from procure_kit.running.crossing.plain_data import Values
from procure_kit.running.crossing.remote_errors import RemoteError, decode_error, encode_error, said
from procure_kit.running.wire import Unsendable


class Wordless(Exception):
    def __str__(self):
        raise ValueError


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ValueError("why"), "why"),
        (KeyError("k"), "k"),
        (KeyError("k", 2), "('k', 2)"),
        (ValueError("x" * 5000), "x" * 1000),
        (Wordless(), "(what it says could not be had)"),
    ],
)
def test_what_an_exception_says(error, told):
    assert said(error) == told


class Mine(LookupError):
    def __init__(self, code):
        super().__init__("it failed", code)
        self.code = code

    def __str__(self):
        return f"code {self.code}"


def crossed(error: BaseException, one: Values | None = None, other: Values | None = None) -> Exception:
    sent = json.loads(json.dumps(encode_error(one or Values(), error, Table())))
    return decode_error(other or Values(), sent, Table())


def caught(function, *args) -> Exception:
    try:
        function(*args)
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


LIBRARY = [
    ValueError("bad", 7), KeyError("k"), OSError(2, "no file", "x"), caught(json.loads, "{"), caught(int, "x"),
    caught(b"\xff".decode), caught(__import__, "nowhere"), caught(lambda: nowhere), StopIteration(3),  # noqa: F821
    caught(__import__("decimal").Decimal, "x"), SyntaxError("bad", ("f", 1, 2, "x", 1, 3)),
]  # fmt: skip


@pytest.mark.parametrize("error", LIBRARY, ids=lambda error: type(error).__name__)
def test_exceptions_of_the_library_are_the_same_on_the_other_side(error):
    found = crossed(error)
    assert (type(found), repr(found), str(found)) == (type(error), repr(error), str(error))
    for name in ("errno", "filename", "start", "reason", "doc", "pos", "name", "value", "lineno", "code"):
        assert getattr(found, name, None) == getattr(error, name, None)


def test_a_programs_own_exception_is_caught_by_the_librarys_base():
    found = crossed(Mine(4))
    assert isinstance(found, LookupError) and not isinstance(found, KeyError) and type(found) is not Mine
    assert (type(found).__name__, found.args, found.code, str(found)) == ("Mine", ("it failed", 4), 4, "code 4")


def test_it_is_one_class_each_time_and_its_own_at_home():
    here, there = Values(), Values()
    one, other = crossed(Mine(1), here, there), crossed(Mine(2), here, there)
    assert type(one) is type(other) and str(type(one)(5)) == "5"
    assert type(crossed(one, there, here)) is Mine


def test_a_cause_comes_along():
    try:
        raise Mine(1) from ZeroDivisionError("division")
    except Mine as error:
        found = crossed(error)
    assert repr(found.__cause__) == "ZeroDivisionError('division')"


@pytest.mark.parametrize(
    "error", [SystemExit(0), KeyboardInterrupt(), ExceptionGroup("a", [ValueError()]), GeneratorExit()]
)
def test_what_would_end_the_oracle_or_cannot_be_made_is_told_by_its_name(error):
    found = crossed(error)
    assert type(found) is RemoteError and type(error).__name__ in str(found)


def test_what_holds_too_much_is_told_by_its_name_and_message():
    deep = []
    for _ in range(200):
        deep = [deep]
    table = Table()
    assert "class" not in encode_error(Values(), ValueError(deep), table) and not table.numbers
    assert repr(crossed(ValueError("x" * 10**6))) == repr(ValueError("x" * 1000))
    assert type(crossed(Unsendable("no"))) is Unsendable


@pytest.mark.parametrize(
    "data",
    [
        {"class": ["class", "builtins", "int"], "args": ["tuple", []], "state": ["dict", []]},
        {"class": ["class", "os", "system"], "args": ["tuple", []], "state": ["dict", []]},
        {"class": ["error class", [[0, "x"]], "builtins", "BaseException"], "args": 1, "state": 2},
        {"class": ["error class", [[0, "x"]], "builtins", "SystemExit"], "args": 1, "state": 2},
        {"class": ["yours", 0]},
    ],
)
def test_no_other_class_is_made(data):
    try:
        found = decode_error(Values(), {"raise": "x", "message": "y"} | data, Table())
    except (ValueError, IndexError):
        return
    assert type(found) is RemoteError
