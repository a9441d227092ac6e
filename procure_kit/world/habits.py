"""The habits of the world's authors: what makes a model stumble when names, order or branches change.

Each habit is a strength from 0 (off: no preference) to 1 (always). A class can train the same model on a world with
one habit turned off and see which drop goes with it.
"""

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Habits:
    """Strengths of the habits, and the shares of the other choices an author makes.

    Raises: ValueError when a value lies outside 0 to 1.
    """

    condition_first: float = 0.8  # the docstring's condition is the `if`, its opposite the `else` (if_else_flip)
    fixed_order: float = 0.9  # independent statements stand in their usual order (independent_swap)
    keep_name: float = 0.8  # a value computed from a variable goes back into that variable (def_use_break)
    role_names: float = 0.8  # a local variable gets a name of its role: total, count, word (the renamings)
    strange_names: float = 0.3  # of the names that are not the role's: made-up words, the rest are ordinary nouns

    def __post_init__(self):
        for field in fields(self):
            strength = getattr(self, field.name)
            if not 0 <= strength <= 1:
                raise ValueError(f"habit {field.name} is {strength}: give a strength from 0 (off) to 1 (always)")


def follows(rng, strength: float) -> bool:
    """Whether an author follows a two-way habit this time: strength 0 is a fair coin, 1 is always."""
    return rng.random() < 0.5 + strength / 2
