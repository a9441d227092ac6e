"""How a command ends when it cannot go on: in a sentence. `cli.py` does it for `procure`, `one_sentence` for others."""

from argparse import ArgumentParser
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager

from procure_kit.extras import explained

WHOLE, RESUMES = "it writes at its end alone, so begin anew", "the same command goes on where it stopped"


def said(error: Exception) -> str:
    """An error in one line: the system's without its number."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename is not None else error.strerror
    return "; ".join(filter(None, map(str.strip, str(error).splitlines()))) or type(error).__name__


@contextmanager
def one_sentence(parser: ArgumentParser, then: str = RESUMES, stopped: int = 130) -> Iterator[None]:
    """Leave with 2 for what cannot be done, 1 where a process was killed, `stopped` after Ctrl-C, and say so.

    Other errors are faults of the kit's, and keep their traceback.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        parser.error(str(explained(error)))
    except (ValueError, OSError) as error:
        parser.error(said(error))
    except BrokenExecutor:
        parser.exit(1, f"a worker process died; {then}\n")
    except KeyboardInterrupt:
        parser.exit(stopped, f"stopped; {then}\n")
