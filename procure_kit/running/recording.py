"""The oracle's half of writing down what a program returns, where that is to become its tests (reference.py)."""

import ast

from procure_kit.running.asking import Asking
from procure_kit.running.explanation import on_one_line, short

LONGEST = 20_000  # characters of a value: tests are texts


def record(calls: list[str], entry_point: str, peer: Asking) -> dict:
    """Make each call, and say what came of it: {"status": "recorded", "outcomes": [[kind, text], ...]}.

    calls: the arguments by name, each a dict as Python writes it. The kinds: "literal", a value whose text is also its
    source; "shown", one whose text is its `repr` alone, such as a nan; "unfit", why its text would not do; "raised",
    the exception.
    """
    candidate = peer.proxy(entry_point)
    outcomes = []
    for call in calls:
        try:
            value = candidate(**ast.literal_eval(call))
        except Exception:
            outcomes.append(("raised", on_one_line(peer.outcome.removeprefix("raised "))))
        else:
            outcomes.append(_written(value, bool(peer.handles)))
    return {"status": "recorded", "detail": "", "outcomes": outcomes}


def _written(value: object, objects: bool) -> tuple[str, str]:
    """objects: some value of the program's was none that crosses, and perhaps is in this one."""
    if objects:
        return "unfit", f"{short(value)}, which is no plain data"
    try:
        text = repr(value)
    except (ValueError, RecursionError) as error:  # an integer of thousands of digits
        return "unfit", f"what cannot be written down: {error}"
    if len(text) > LONGEST:
        return "unfit", f"{len(text):,} characters, more than {LONGEST:,}"
    try:
        if ast.literal_eval(text) == value:
            return "literal", text
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        pass  # no literal: its text is what can be compared
    if "array(" in text:
        return "unfit", "a numpy array, which shows eight digits of its numbers"
    return "shown", text
