"""A sketch is a problem before its names, its order and its branches are settled; `lines` settles the latter two.

A body is a nested list: a string is a line, a list an indented block, a tuple a group of independent statements in
their usual order, an `If` a branch with both of its bodies. `@item` is a variable by its role; `@text!` is the value
that was computed from `@text` and usually goes back into it; `#3#` is a constant that an author may name first.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from procure_kit.world.habits import Habits, follows


@dataclass(frozen=True)
class If:
    """A branch whose test is the docstring's own condition, next to its opposite."""

    test: str
    opposite: str
    then: list
    other: list


@dataclass(frozen=True)
class Sketch:
    """What a family draws: the words, the parameters as (role, kind of input), and bodies that do the same."""

    says: str
    names: tuple[str, ...]  # for the function
    params: tuple[tuple[str, str], ...]
    ways: tuple[list, ...]
    pieces: tuple[str, ...] = ()  # what it is composed of, without constants
    number: bool = False  # a number is returned, at the end only: a last step may follow
    family: str = field(default="", compare=False)


ROLE = re.compile(r"@(\w+)(!?)")
CONSTANT = re.compile(r"#(.*?)#")


def lines(block: list, rng, habits: Habits, depth: int = 1) -> list[str]:
    """The block's lines, indented; order and branches follow the habits."""
    out: list[str] = []
    for part in block:
        if isinstance(part, str):
            out.append("    " * depth + _spelled(part, rng))
        elif isinstance(part, list):
            out += lines(part, rng, habits, depth + 1)
        elif isinstance(part, tuple):
            group = list(part)
            if not follows(rng, habits.fixed_order):
                group.reverse()
            out += lines(group, rng, habits, depth)
        else:
            out += _branch(part, rng, habits, depth)
    return out


def _branch(branch: If, rng, habits: Habits, depth: int) -> list[str]:
    test, then, other = branch.test, branch.then, branch.other
    chain = len(other) == 1 and isinstance(other[0], If)
    if not chain and not follows(rng, habits.condition_first):
        test, then, other = branch.opposite, other, then
    out = ["    " * depth + f"if {test}:"] + lines(then, rng, habits, depth + 1)
    if not chain:
        return out + ["    " * depth + "else:"] + lines(other, rng, habits, depth + 1)
    rest = _branch(other[0], rng, habits, depth)
    return out + [rest[0].replace("if ", "elif ", 1)] + rest[1:]


def rewritten(block, change: Callable[[str], str]):
    """The block with every line of it, tests included, as `change` makes it."""
    if isinstance(block, str):
        return change(block)
    if isinstance(block, list | tuple):
        return type(block)(rewritten(part, change) for part in block)
    parts = ("test", "opposite", "then", "other")
    return replace(block, **{name: rewritten(getattr(block, name), change) for name in parts})


def same_bodies(block: list) -> bool:
    """Whether some branch of the block does the same either way."""
    inner = [part for part in block if isinstance(part, list | tuple)]
    branches = [part for part in block if isinstance(part, If)]
    inner += [body for branch in branches for body in (branch.then, branch.other)]
    return any(branch.then == branch.other for branch in branches) or any(same_bodies(part) for part in inner)


def _spelled(line: str, rng) -> str:
    """`a += b` is at times written `a = a + b`."""
    target, plus, value = line.partition(" += ")
    return f"{target} = {target} + {value}" if plus and "[" not in target and rng.random() < 0.2 else line
