"""Exceptions cross as what they say, and arrive as built-in ones or as a kind of their own."""

import pytest

from procure_kit.running.remote_errors import RemoteError, remote_error, said
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


class Mine(Exception):
    def __init__(self, one, two):
        pass


class MyFile(OSError):
    pass


@pytest.mark.parametrize("kind", [Mine, MyFile])
def test_an_exception_of_a_known_type_is_made_without_its_own_arguments(kind):
    error = remote_error(kind.__name__, "why", {kind.__name__: kind})
    assert type(error) is kind and error.args == ("why",)
    assert type(remote_error(kind.__name__, "why", {"Other": kind})) is RemoteError


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("ValueError", ValueError),
        ("Unsendable", Unsendable),
        ("SystemExit", RemoteError),
        ("print", RemoteError),
        ("UnicodeDecodeError", RemoteError),
        ("ExceptionGroup", RemoteError),
        ("KeyboardInterrupt", RemoteError),
    ],
)
def test_exceptions_arrive_as_built_in_ones_or_remote(name, kind):
    error = remote_error(name, "why")
    assert type(error) is kind
    assert isinstance(error, Exception)  # so that no candidate can end the oracle
