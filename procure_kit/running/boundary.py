"""One end of the talk between the oracle and the candidate: calls cross, and plain data (crossing/)."""

import threading
from collections import deque

from procure_kit.running.crossing.handles import OPERATIONS
from procure_kit.running.crossing.held import Table
from procure_kit.running.crossing.plain_data import Values, contents, refill
from procure_kit.running.crossing.remote_errors import RemoteError, decode_error, encode_error
from procure_kit.running.wire import Channel, Gone, Unsendable

MALFORMED = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError, ImportError)


class Peer(Values):
    """One end of the channel: asks the other end, and answers it while waiting.

    `allowed` names the OPERATIONS that the other end may ask for.
    """

    answered: type[BaseException] = BaseException  # what, raised by an operation, is an answer: SystemExit too
    watches = True  # whether it says that something that crossed is still held on this side after a call

    def __init__(self, channel: Channel, allowed: tuple[str, ...]):
        super().__init__()
        self.channel, self.allowed = channel, allowed
        self.ahead: deque[dict] = deque()  # requests that were sent before they were made
        self.turn = threading.RLock()  # one thread asks at a time, and answers what it is asked meanwhile

    def request(self, operation: str, number: int, args: tuple = (), kwargs: dict | None = None) -> object:
        """Ask for an operation on an object of the other side.

        Raises: what it raised there, or what stands for it (remote_errors.py); Gone; Unsendable.
        """
        with self.turn:
            return self._request(operation, number, args, kwargs or {})

    def _request(self, operation: str, number: int, args: tuple, kwargs: dict) -> object:
        table = Table()
        message = self.message(operation, number, args, kwargs, table)
        given = list(table)
        if self.ahead and self.ahead[0] == message:
            self.ahead.popleft()
        else:
            while self.ahead:  # another request than was foreseen: those that were are of no more use
                self.ahead.popleft()
                self._reply()
            self.channel.send(message)
        reply = self._reply()
        try:
            failed = "result" not in reply
            result = decode_error(self, reply, table) if failed else self.decode(reply["result"], table)
            for target, content in zip(given, reply["objects"], strict=not reply.get("lost")):
                refill(target, [self.decode(item, table, 1) for item in content])
        except MALFORMED as problem:
            raise Gone(f"what arrived is no reply: {problem!r}") from problem
        if "held" in reply:
            self.doubt(f"the program still holds a {str(reply['held'])[:50]} that crossed")
        if not failed:
            return result
        if isinstance(result, StopIteration) and operation != "next":  # it would end a loop of the tests, unseen
            self.doubt("the program raised StopIteration, which ends a loop")
            raise RemoteError(f"{type(result).__name__}: {result}")
        raise result

    def message(self, operation: str, number: int, args: tuple, kwargs: dict, table: Table) -> dict:
        """The message that asks for an operation."""
        message = {"op": operation, "on": number, "args": [self.encode(arg, table) for arg in args]}
        return message | {"kwargs": {name: self.encode(arg, table) for name, arg in kwargs.items()}}

    def _reply(self) -> dict:
        """The next reply; requests of the other side that come first are answered."""
        while "op" in (reply := self.channel.receive()):
            self.answer(reply)
        return reply

    def answer(self, message: dict) -> None:
        """Carry out one request of the other side and send the reply."""
        table, given = Table(), 0
        try:
            args = [self.decode(arg, table) for arg in message["args"]]
            kwargs = {name: self.decode(arg, table) for name, arg in message["kwargs"].items()}
            given = len(table)
            if message["op"] not in self.allowed:
                raise PermissionError(f"{message['op']!r} is not offered on this side")
            result = OPERATIONS[message["op"]](self.kept[message["on"]], args, kwargs)
            del args, kwargs  # whatever refers to them now belongs to this side
            reply = {"result": self.encode(result, table)}
            del result
        except self.answered as error:
            table.cut(given)
            reply = encode_error(self, error, table)
        try:
            reply["objects"] = [[self.encode(item, table, 1) for item in contents(value)] for value in table[:given]]
            if self.watches and "result" in reply and (held := table.held()):
                reply["held"], self.watches = held, False
            self.channel.send(reply)
        except (Unsendable, MemoryError, RecursionError) as error:
            self.channel.send({"raise": type(error).__name__, "message": str(error), "objects": [], "lost": True})
