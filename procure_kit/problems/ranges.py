"""Which numbers can be meant: one table for the command line and for Python, looked at before any work begins."""

from collections.abc import Callable
from numbers import Integral, Real

RANGES = {  # what it must be, the lowest and the highest
    "workers": ("whole", 1, 4096),
    "limit": ("above", 0, 1e9),
    "k": ("whole", 1, 1e6),
    "samples": ("whole", 1, 1e6),
    "batch_size": ("whole", 1, 1e6),
    "max_new_tokens": ("whole", 1, 1e6),
    "max_tokens": ("whole", 1, 1e6),
    "max_length": ("whole", 1, 1e9),  # tokens, as in the next line
    "until": ("whole", 1, 1e15),
    "steps": ("whole", 1, 1e9),
    "lr": ("above", 0, 1e3),
    "rewritten": ("from", 0, 1),  # a share
    "lam": ("from", 0, 1e9),  # the weights of a loss, here and in the next two
    "w_mask": ("from", 0, 1e9),
    "w_att": ("from", 0, 1e9),
    "seeds": ("whole", 1, 1e6),
    "temperature": ("from", 0, 100),
    "top_p": ("above", 0, 1),
    "timeout": ("above", 0, 1e6),  # seconds, here and below
    "cpu_seconds": ("above", 0, 1e6),
    "suite_timeout": ("above", 0, 1e6),
    "memory": ("whole", 1, 1e7),  # megabytes
    "memory_mb": ("whole", 1, 1e7),
    "turns": ("whole", 0, 1000),
    "concurrency": ("whole", 1, 10_000),
    "attempts": ("whole", 1, 1000),
    "pause": ("from", 0, 1e6),
    "longest": ("from", 0, 1e6),
    "per_concept": ("whole", 1, 1e9),  # problems, here and in the next two
    "composition": ("whole", 1, 1e9),
    "family": ("whole", 1, 1e9),
    "budget_tokens": ("whole", 1, 1e15),
    "budget_usd": ("above", 0, 1e9),
    "price": ("from", 0, 1e6),  # dollars per million tokens
}


def refuse_impossible(spelt: Callable[[str], str] = str, /, **given: object) -> None:
    """Raise ValueError for the first of the named numbers that cannot be meant; None is "not given".

    A tuple or list is looked at one by one. `spelt` is how a name is told: as an option, on the command line.
    """
    for name, value in given.items():
        kind, low, high = RANGES[name]
        for number in value if isinstance(value, tuple | list) else (value,):
            type_ = Integral if kind == "whole" else Real  # numpy's are among them
            good = isinstance(number, type_) and not isinstance(number, bool) and low <= number <= high
            if number is not None and (not good or kind == "above" and number == low):
                what = {"whole": "a whole number from", "from": "a number from", "above": "a number above"}[kind]
                raise ValueError(f"{spelt(name)} must be {what} {low} to {high:,.15g}, not {_shown(number)}")


def _shown(number: object) -> str:
    text = repr(number) if not isinstance(number, int) or abs(number) < 10**20 else "one of more than 20 digits"
    return text if len(text) < 60 else text[:60] + "…"
