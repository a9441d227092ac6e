"""Messages between two processes that do not trust each other: a length and JSON, bounded, no pickle."""

import json
import os
import select
import struct
import time

MAX_BYTES = 32_000_000


class Unsendable(TypeError):
    """A value that may not cross: too deep, too large, or a reference to what the other side cannot have."""


class Gone(Exception):
    """The other side closed the channel, broke the protocol, or did not answer in time (`timeout`)."""

    def __init__(self, message: str, *, timeout: bool = False):
        super().__init__(message)
        self.timeout = timeout


def send(fd: int, *messages: dict) -> None:
    """Write messages, all of them or none. Raises: Unsendable when one is too large; Gone when nobody reads."""
    packed = b""
    for message in messages:
        data = json.dumps(message, separators=(",", ":")).encode()
        if len(data) > MAX_BYTES:
            raise Unsendable(f"{len(data):,} bytes of data are more than the {MAX_BYTES:,} that may cross")
        packed += struct.pack("!I", len(data)) + data
    rest = memoryview(packed)
    try:
        while rest:
            rest = rest[os.write(fd, rest) :]
    except OSError as error:
        raise Gone("the channel is closed") from error


def receive(fd: int, deadline: float | None = None) -> dict:
    """Read one message; `deadline` is a time of `time.monotonic()`.

    Raises: Gone when the channel closes, the deadline passes, or what arrives is no message.
    """
    (size,) = struct.unpack("!I", _read(fd, 4, deadline))
    if size > MAX_BYTES:
        raise Gone(f"a message of {size:,} bytes is more than the {MAX_BYTES:,} that may cross")
    try:
        message = json.loads(_read(fd, size, deadline))
    except (ValueError, RecursionError) as error:
        raise Gone(f"what arrived is no message: {error}") from error
    if not isinstance(message, dict):
        raise Gone("what arrived is no message")
    return message


def _read(fd: int, size: int, deadline: float | None) -> bytes:
    chunks, poller = [], select.poll()
    poller.register(fd, select.POLLIN)
    while size:
        if deadline is not None and not poller.poll(max(0.0, deadline - time.monotonic()) * 1000):
            raise Gone("no answer in time", timeout=True)
        try:
            chunk = os.read(fd, min(size, 1 << 20))
        except OSError as error:
            raise Gone("the channel is closed") from error
        if not chunk:
            raise Gone("the channel is closed")
        chunks.append(chunk)
        size -= len(chunk)
    return b"".join(chunks)
