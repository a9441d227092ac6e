"""One end of the talk between the oracle and the candidate: calls cross, and plain data (`plain_data`)."""

from collections import deque

from procure_kit.running.handles import OPERATIONS
from procure_kit.running.plain_data import Table, Values, contents, refill
from procure_kit.running.remote_errors import LONGEST_MESSAGE, RemoteError, remote_error, said
from procure_kit.running.wire import Channel, Gone, Unsendable

MALFORMED = (KeyError, TypeError, ValueError, IndexError, AttributeError, ArithmeticError, RecursionError)


class Peer(Values):
    """One end of the channel: asks the other end, and answers it while waiting.

    `allowed` names the OPERATIONS that the other end may ask for.
    """

    answered: type[BaseException] = BaseException  # what, raised by an operation, is an answer: SystemExit too

    def __init__(self, channel: Channel, allowed: tuple[str, ...]):
        super().__init__()
        self.channel, self.allowed = channel, allowed
        self.ahead: deque[dict] = deque()  # requests that were sent before they were made
        self.exceptions: dict[str, type[BaseException]] = {}  # types of this side that the other's may arrive as

    def request(self, operation: str, number: int, args: tuple = (), kwargs: dict | None = None) -> object:
        """Ask for an operation on an object of the other side.

        Raises: what it raised there, by type name and message; Gone; Unsendable.
        """
        table = Table()
        message = self.message(operation, number, args, kwargs or {}, table)
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
            result = self.decode(reply["result"], table) if "result" in reply else None
            for target, content in zip(given, reply["objects"], strict=not reply.get("lost")):
                refill(target, [self.decode(item, table, 1) for item in content])
            if "result" in reply:
                return result
            name, message = str(reply["raise"]), str(reply["message"])[:LONGEST_MESSAGE]
            error = remote_error(name, message, self.exceptions)
            if isinstance(error, StopIteration) and operation != "next":  # it would end a loop of the tests, unseen
                error = RemoteError(f"{name}: {message}")
        except MALFORMED as problem:
            raise Gone(f"what arrived is no reply: {problem!r}") from problem
        raise error

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
        table, given = Table(), []
        try:
            args = [self.decode(arg, table) for arg in message["args"]]
            kwargs = {name: self.decode(arg, table) for name, arg in message["kwargs"].items()}
            given = list(table)
            if message["op"] not in self.allowed:
                raise PermissionError(f"{message['op']!r} is not offered on this side")
            result = OPERATIONS[message["op"]](self.kept[message["on"]], args, kwargs)
            reply = {"result": self.encode(result, table)}
        except self.answered as error:
            table, reply = Table(given), {"raise": type(error).__name__, "message": said(error)}
        try:
            reply["objects"] = [[self.encode(item, table, 1) for item in contents(value)] for value in given]
            self.channel.send(reply)
        except (Unsendable, MemoryError, RecursionError) as error:
            self.channel.send({"raise": type(error).__name__, "message": str(error), "objects": [], "lost": True})
