"""What an exercise is, and what answers are refused with."""

import ast
from collections.abc import Callable
from dataclasses import dataclass

PREDICT, BUILD, INVESTIGATE = "predict", "build", "investigate"


@dataclass(frozen=True)
class Exercise:
    """`wrong(answer, *evidence)` gives "" for a right answer, else what is wrong; it may raise Wrong instead."""

    name: str
    notebook: str  # its number
    kind: str  # PREDICT before anything runs, BUILD something, INVESTIGATE what the notebook has made
    stars: int  # 1 to 3
    minutes: int
    wanted: str  # what an answer is: "a string with a function"
    wrong: Callable[..., str]
    picture: Callable[..., object] | None = None  # of an answer, with the same evidence: it looks right or wrong


class Wrong(ValueError):
    """What is wrong with an answer, as a sentence without its full stop."""


def text(answer) -> str:
    """Raises: Wrong for anything but text, such as the function itself."""
    if callable(answer):
        raise Wrong("this is the function itself; put its source between quotes")
    if not isinstance(answer, str):
        raise Wrong(f"a string is asked for, not {type(answer).__name__}")
    return answer


def program(answer) -> str:
    """Raises: Wrong for what is no Python."""
    source = text(answer)
    try:
        ast.parse(source)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        raise Wrong(f"it does not parse as Python{f', line {line}' if line else ''}: {error.args[0]}") from None
    return source


def numbers(answer, count: int) -> list[float]:
    """Raises: Wrong for anything but so many numbers."""
    try:
        found = [float(value) for value in answer]
    except (TypeError, ValueError):
        raise Wrong(f"{count} numbers are asked for, not {answer!r}") from None
    if len(found) != count:
        raise Wrong(f"{count} numbers are asked for, not {len(found)}")
    return found
