"""Messages between two processes that do not trust each other: a length and JSON, bounded, no pickle."""

import json
import select
import socket
import struct
import time

MAX_BYTES = 32_000_000
CHUNK, LONG = 1 << 13, 1 << 18  # bytes to ask for: what fits into memory that is there, as a rule
_encode = json.JSONEncoder(separators=(",", ":")).encode
_decode = json.JSONDecoder().raw_decode
_size = struct.Struct("!I")


class Unsendable(TypeError):
    """A value that may not cross: too deep, too large, or a reference to what the other side cannot have."""


class Gone(Exception):
    """The other side closed the channel, broke the protocol, or did not answer in time (`timeout`)."""

    def __init__(self, message: str, *, timeout: bool = False):
        super().__init__(message)
        self.timeout = timeout


class Channel:
    """One end of a socket pair. All waiting ends at `deadline`, a time of `time.monotonic()`; None: never."""

    def __init__(self, end: socket.socket):
        self.socket = end
        self.deadline: float | None = None
        self._read = b""  # what arrived beyond the last message

    def send(self, *messages: dict) -> None:
        """Write messages, all of them or none. Raises: Unsendable when one is too large; Gone when nobody reads."""
        packed = b""
        for message in messages:
            data = _encode(message).encode()
            if len(data) > MAX_BYTES:
                raise Unsendable(f"{len(data):,} bytes of data are more than the {MAX_BYTES:,} that may cross")
            packed += _size.pack(len(data)) + data
        rest = memoryview(packed)
        try:
            while rest:
                try:
                    rest = rest[self.socket.send(rest, self._flags) :]
                except BlockingIOError:
                    self._wait(select.POLLOUT)
        except OSError as error:
            raise Gone("the channel is closed") from error

    def receive(self) -> dict:
        """Read one message. Raises: Gone when the channel closes, time is over, or what arrives is no message."""
        if self.deadline is not None and time.monotonic() > self.deadline:  # also when there is always one more
            raise Gone("no answer in time", timeout=True)
        (size,) = _size.unpack(self._take(_size.size))
        if size > MAX_BYTES:
            raise Gone(f"a message of {size:,} bytes is more than the {MAX_BYTES:,} that may cross")
        try:
            message, end = _decode(text := self._take(size).decode())
        except (ValueError, RecursionError) as error:
            raise Gone(f"what arrived is no message: {error}") from error
        if not isinstance(message, dict) or end < len(text):
            raise Gone("what arrived is no message")
        return message

    def _wait(self, event: int) -> None:
        """Until the socket is ready. Raises: Gone at the deadline."""
        poller = select.poll()
        poller.register(self.socket, event)
        if not poller.poll(max(0.0, self.deadline - time.monotonic()) * 1000):
            raise Gone("no answer in time", timeout=True)

    @property
    def _flags(self) -> int:
        """With a deadline, look before waiting: what is there already costs one system call."""
        return 0 if self.deadline is None else socket.MSG_DONTWAIT

    def _take(self, size: int) -> bytes:
        if len(self._read) < size:
            chunks, have = [self._read], len(self._read)
            while have < size:
                try:
                    chunk = self.socket.recv(min(max(size - have, CHUNK), LONG), self._flags)
                except BlockingIOError:
                    self._wait(select.POLLIN)
                    continue
                except OSError as error:
                    raise Gone("the channel is closed") from error
                if not chunk:
                    raise Gone("the channel is closed")
                chunks.append(chunk)
                have += len(chunk)
            self._read = b"".join(chunks)
        taken, self._read = self._read[:size], self._read[size:]
        return taken
