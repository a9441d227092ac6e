"""The oracle's end of the talk: it asks, ends the run when the program does not play by the rules, and says how sure
its verdict is."""

from collections.abc import Callable

from procure_kit.running.boundary import Peer
from procure_kit.running.crossing.held import Table
from procure_kit.running.crossing.remote_errors import RemoteError
from procure_kit.running.explanation import LONGEST, short
from procure_kit.running.isolation.limits import not_to_be_had
from procure_kit.running.wire import Channel, Gone, Unsendable


class Finished(BaseException):
    """The verdict is there; no `except Exception` of a test stops it."""

    def __init__(self, status: str, detail: str):
        self.result = {"status": status, "detail": detail}


class Asking(Peer):
    """The oracle's end: whatever the candidate does wrong ends the run at once, so that no test can catch it."""

    answered = Exception  # no Finished: it ends the run, wherever it comes
    watches = False

    def __init__(self, channel: Channel, timeout: float, end: Callable[[dict], None]):
        super().__init__(channel, allowed=("call", "iter", "next"))
        self.timeout, self.end = timeout, end
        self.call = self.outcome = ""  # the last call of the entry point, and what came of it
        self.asked = 0  # how often the program was asked for anything
        self.raised: list[Exception] = []  # what it answered by an exception

    def finish(self, status: str, detail: str) -> None:
        self.end(self.verdict(status, detail))

    def verdict(self, status: str, detail: str = "", error: BaseException | None = None) -> dict:
        """{"status", "detail", "doubt"}: why tests and program in one process might have given another one, or "".

        error: the exception that ended the tests. One of the program's own that did so is as good as in one process,
        unless names were missing that tests in one process could give it.
        """
        caught = [one for one in self.raised if one is not error]
        if caught:
            self.doubt(f"the tests caught a {type(caught[0]).__name__} of the program's")
        elif isinstance(error, RemoteError | NameError):
            self.doubt(f"the program raised {type(error).__name__}")
        elif isinstance(error, MemoryError) and self.raised:
            status, detail = "memory", f"{self.call} needed more memory than it may have"
        return {"status": status, "detail": detail, "doubt": "; ".join(self.doubts)}

    def request(self, operation: str, number: int, args: tuple = (), kwargs: dict | None = None) -> object:
        self.asked += 1
        try:
            return super().request(operation, number, args, kwargs)
        except Gone as error:
            if error.timeout:
                self.finish("timeout", f"{self.call} did not end within {self.timeout:.3g} s")
            self.finish("gone", f"{self.call}: {error}")
        except Unsendable as error:
            self.finish("refused", f"{self.call}: {error}")
        except Exception as error:
            if why := not_to_be_had(str(error)):
                self.finish("refused", f"{self.call}: {why}")
            if operation != "next" or not isinstance(error, StopIteration):
                self.raised.append(error)
            raise

    def ahead_of_time(self, calls: list[tuple[tuple, dict]]) -> None:
        """Note calls of the entry point as sent: what the tests begin with, whatever comes of them."""
        self.ahead.extend(self.message("call", 0, args, kwargs, Table()) for args, kwargs in calls)

    def proxy(self, name: str) -> Callable:
        """The function that tests call as `candidate`."""

        def candidate(*args, **kwargs):
            shown = [short(arg) for arg in args] + [f"{key}={short(kwargs[key])}" for key in kwargs]
            self.call, self.outcome = f"{name}({', '.join(shown)})", "did not return"
            try:
                value = self.request("call", 0, args, kwargs)
            except Exception as error:
                kind = "" if isinstance(error, RemoteError) else f"{type(error).__name__}: "  # its message has the type
                self.outcome = f"raised {kind}{error}".removesuffix(": ")[:LONGEST]
                raise
            self.outcome = f"returned {short(value)}"
            return value

        candidate.__name__ = candidate.__qualname__ = name
        return candidate
