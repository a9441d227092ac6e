"""The program among the fenced blocks of a reply, as models write them: tagged or not, ``` or ~~~, nested, indented."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

PYTHON = ("python", "py", "python3", "pycon")
_OPENING = re.compile(r"^(?P<indent>[ \t]*)(?P<fence>`{3,}|~{3,})[ \t{.]*(?P<tag>[^\s`}]*)[^\n`]*\n", re.M)


@dataclass(frozen=True)
class Block:
    tag: str
    text: str
    closed: bool
    start: int  # where its opening fence stands


def last_program(reply: str) -> tuple[str | None, str]:
    """The program, and what stands before its block; the whole reply where there is no program, or one cut off.

    Blocks tagged as Python go before untagged ones, and those before others; of the untagged, those that are no mere
    expression, as a shown result is. Of several alike the last counts.
    """
    found = [block for block in _blocks(reply) if block.text.strip()]
    tagged = [block for block in found if block.tag in PYTHON]
    untagged = [block for block in found if not block.tag]
    choice = tagged or [block for block in untagged if not _expression(block.text)] or untagged or found
    if not choice or not choice[-1].closed:
        return None, reply
    return choice[-1].text, reply[: choice[-1].start]


def _blocks(reply: str) -> Iterator[Block]:
    """A block ends at a fence as long as its own and indented alike, so neither a list around it nor a docstring with a
    block of its own does harm; where what lies between is no Python, perhaps at a fence right behind the code."""
    position = 0
    while opening := _OPENING.search(reply, position):
        start, indent = opening.end(), opening["indent"]
        fence = re.escape(opening["fence"]) + re.escape(opening["fence"][0]) + "*"

        def text(closing: re.Match | None, start=start, indent=indent) -> str:
            end = closing.start() if closing else len(reply)
            return re.sub(f"^{indent}", "", reply[start:end], flags=re.M)

        closing = re.compile(rf"^{indent}{fence}[ \t]*$", re.M).search(reply, start)
        if closing is None or not _parsed(text(closing)):
            end = closing.start() if closing else len(reply)
            behind = re.compile(rf"(?<=\S)[ \t]*{fence}[ \t]*$", re.M).finditer(reply, start, end)
            closing = next((match for match in behind if _parsed(text(match))), closing)
        yield Block(opening["tag"].lower(), text(closing), closing is not None, opening.start())
        position = closing.end() if closing else len(reply)


def _parsed(text: str) -> list[ast.stmt] | None:
    try:
        return ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _expression(text: str) -> bool:
    statements = _parsed(text)
    return bool(statements) and all(isinstance(statement, ast.Expr) for statement in statements)
