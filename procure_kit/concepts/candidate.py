"""What a concept's file yields for each of its sites: the Site in the making, and how to rewrite it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from procure_kit.problems.counterfactual import Edit, Span


@dataclass(frozen=True)
class Candidate:
    """A site before it is numbered. `rewrite` gives the edits for one seed; a refused site has none."""

    span: Span
    label: str
    rewrite: Callable[[Random], list[Edit]] | None = None
    refused: str | None = None
    soundness: str = "syntactic"


def with_comment(source: str, span: Span) -> Span:
    """The span of a statement, with the comment behind it on its line."""
    comment = re.compile(r"[ \t\f]*#[^\r\n]*").match(source, span[1])
    return (span[0], comment.end()) if comment else span


def apart(source: str, edit: Edit) -> Edit:
    """Keep a new word or number from running into the word before it: `if(x)` → `if not (x)`."""
    touches = is_word(source, edit.start - 1) and is_word(edit.text, 0)
    return Edit(edit.start, edit.end, " " + edit.text) if touches else edit


def is_word(source: str, position: int) -> bool:
    """Whether the character at a position would run together with a letter beside it."""
    return 0 <= position < len(source) and (source[position].isalnum() or source[position] == "_")
