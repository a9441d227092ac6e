"""Messages between two processes: whole, bounded, in time, or an end of the talk that says why."""

import socket
import struct
import time

import pytest

from procure_kit.running import wire
from procure_kit.running.wire import Channel, Gone, Unsendable


@pytest.fixture
def ends():
    one, other = socket.socketpair()
    with one, other:
        yield Channel(one), Channel(other)


def test_messages_arrive_whole_and_in_order(ends):
    one, other = ends
    one.send({"a": 1}, {"b": ["ü", None]})
    one.send({"c": 2.5})
    assert [other.receive() for _ in range(3)] == [{"a": 1}, {"b": ["ü", None]}, {"c": 2.5}]


def test_what_is_too_large_is_not_sent_nor_any_part_of_it(ends, monkeypatch):
    one, other = ends
    monkeypatch.setattr(wire, "MAX_BYTES", 20)
    with pytest.raises(Unsendable, match="more than the 20 that may cross"):
        one.send({"a": 1}, {"a": "x" * 30})
    one.send({"b": 2})
    assert other.receive() == {"b": 2}


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        (struct.pack("!I", 3) + b"[1]", "what arrived is no message"),
        (struct.pack("!I", 4) + b"\xff{}}", "what arrived is no message"),
        (struct.pack("!I", 4) + b"{}{}", "what arrived is no message"),
        (struct.pack("!I", 2**31), "more than the 32,000,000 that may cross"),
        (b"\0\0", "the channel is closed"),
    ],
)
def test_who_breaks_the_protocol_is_gone(ends, sent, message):
    one, other = ends
    one.socket.sendall(sent)
    one.socket.close()
    with pytest.raises(Gone, match=message) as caught:
        other.receive()
    assert not caught.value.timeout


def test_waiting_ends_at_the_deadline_also_when_a_message_only_drips(ends):
    one, other = ends
    one.socket.sendall(struct.pack("!I", 100) + b"{")
    other.deadline = start = time.monotonic()
    other.deadline += 0.1
    with pytest.raises(Gone, match="no answer in time") as caught:
        other.receive()
    assert caught.value.timeout and time.monotonic() - start < 60


def test_who_does_not_read_cannot_hold_up_the_sender(ends):
    one, _ = ends
    one.deadline = time.monotonic() + 0.1
    with pytest.raises(Gone, match="no answer in time"):
        one.send({"a": "x" * 5_000_000})
