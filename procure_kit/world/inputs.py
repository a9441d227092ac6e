"""Inputs for the tests, by kind. Every kind yields plain data, so that a test is one line of text."""

WORDS = (
    "apple Bee cat DOG eel fig Gnu hat ice jam kite Lion moon nut owl pear queen Rat sun tea up van wolf yes Zoo level "
    "noon area banana e1 k9 r2d2 x7 Alpha beta GAMMA delta eve otto ab ba aa b Anna tree stone river cloud"
)
VOCABULARY = WORDS.split()


def _numbers(rng, low=-9, high=20, longest=8) -> list[int]:
    return [rng.randint(low, high) for _ in range(rng.randint(0, longest))]


def _words(rng) -> list[str]:
    return [rng.choice(VOCABULARY) for _ in range(rng.randint(0, 6))]


def _text(rng) -> str:
    text = " ".join(rng.choice(VOCABULARY) for _ in range(rng.randint(0, 4)))
    return text + rng.choice(["", "", "!", "??", " 42", "aa"])


KINDS = {
    "numbers": _numbers,
    "naturals": lambda rng: _numbers(rng, 0, 12),
    "few": lambda rng: _numbers(rng, -3, 5, 5),
    "words": _words,
    "text": _text,
    "letter": lambda rng: rng.choice("aeotnbr"),
    "number": lambda rng: rng.randint(-15, 30),
    "natural": lambda rng: rng.randint(0, 60),
    "small": lambda rng: rng.randint(0, 9),
    "step": lambda rng: rng.randint(1, 4),
    "table": lambda rng: {rng.choice(VOCABULARY): rng.randint(-5, 15) for _ in range(rng.randint(0, 5))},
    "matrix": lambda rng: [_numbers(rng, -5, 12, 4) for _ in range(rng.randint(0, 4))],
}


LEAST = {
    **dict.fromkeys(("numbers", "naturals", "few", "words", "matrix"), []),
    **dict.fromkeys(("number", "natural", "small"), 0),
    **{"text": "", "table": {}},
}


def least(kinds: list[str], values: tuple) -> tuple:
    """The arguments with the first one empty or zero."""
    return (LEAST.get(kinds[0], values[0]), *values[1:])


def arguments(kinds: list[str], rng, count: int) -> list[tuple]:
    """`count` distinct argument tuples."""
    seen: dict[str, tuple] = {}
    for _ in range(20 * count):
        values = tuple(KINDS[kind](rng) for kind in kinds)
        seen.setdefault(repr(values), values)
        if len(seen) == count:
            break
    return list(seen.values())
