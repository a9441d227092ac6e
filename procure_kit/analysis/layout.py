"""A program laid out plainly: the same tokens, one logical line a line, indented by blanks, without comments.

LibCST's parser minds what Python's does not: a tab behind blanks, a backslash before an indentation, `not(a)`, and
more. So it never sees a source as it is written, only its tokens, in a layout that it reads; and every token knows its
place in the source. Where a statement is indented to, Python's own parser says.
"""

import ast
import keyword
import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass

from procure_kit.analysis.python_tree import BOM, PythonTree
from procure_kit.analysis.tokens import Token, tokens
from procure_kit.analysis.unread_forms import bases_first, long_rows, without_parentheses

_WORDS = {*keyword.kwlist, *keyword.softkwlist}
_CLOSING = set(",:;)]}=<>!&|^%/")  # needs no blank behind a keyword
_OPENING = set("([{,:;=<>+-*/%&|^~@.!")  # and none before it behind these


@dataclass(frozen=True)
class Layout:
    """`text`, and for each of its characters where it stands in the source, and where its token's last one ends."""

    text: str
    starts: list[int]
    ends: dict[int, int]  # where it is not one behind the start
    wrapped: frozenset[int]  # where targets begin whose parentheses are left out
    told: bool  # whether it keeps layout that the program itself tells, as f"{x =}" does
    brackets: int  # how many are open at once
    levels: int  # of indentation

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where a piece of the text stands in the source."""
        if end <= start:
            return self.starts[start], self.starts[start]
        return self.starts[start], self.ends.get(end - 1, self.starts[end - 1] + 1)


def lay_out(parsed: PythonTree, told: bool = True) -> Layout:
    """The plain layout of a source. told: except where the program tells its own layout, which stays as it is."""
    found = list(tokens(parsed.source, len(BOM) * parsed.source.startswith(BOM)))
    found, wrapped = without_parentheses(parsed, found)
    writer = _Writer(parsed.source, _indentations(parsed), told)
    writer.write(bases_first(parsed, found))
    kept = told and any(token.told for token in found)
    levels = max(writer.depths.values(), default=0)
    return Layout(
        "".join(writer.pieces), writer.starts, writer.ends, wrapped, kept, _brackets(parsed.source, found), levels
    )


class _Writer:
    def __init__(self, source: str, depths: dict[int, int], told: bool):
        self.source, self.told = source, told
        self.depths, self.order = depths, sorted(depths)
        self.pieces: list[str] = []
        self.starts: list[int] = []
        self.ends: dict[int, int] = {}

    def add(self, text: str, place: int) -> None:
        """Write what the source does not have, at a place of it."""
        self.pieces.append(text)
        self.starts.extend([place] * len(text))

    def write(self, all_tokens: list[Token]) -> None:
        chains = long_rows(self.source, all_tokens)
        before = None
        for number, token in enumerate(all_tokens):
            if number in chains and chains[number] == "))":
                self.add("))", before.end - 1)  # so that what ends here ends with the last string
            if token.kind == "newline":
                self.add("\n", token.start)
                before = None
                continue
            if before is None:
                self.add("    " * self.depth(token), token.start)
            elif token.told and self.told:
                self.as_told(before.end, token.start)
            elif self.apart(before, token):
                self.add(" ", token.start)
            if chains.get(number, "))") != "))":
                self.add(chains[number], token.start)
            self.token(token)
            before = token
        if len(all_tokens) in chains:
            self.add("))", all_tokens[-1].end - 1)
        if before is not None:
            self.add("\n", len(self.source))
        self.starts.append(len(self.source))

    def as_told(self, start: int, end: int) -> None:
        """Layout as it is, with newlines as Python reads them."""
        for found in re.finditer(r"\r\n?|.", self.source[start:end], re.DOTALL):
            self.add("\n" if found[0][0] == "\r" else found[0], start + found.start())

    def token(self, token: Token) -> None:
        text = self.source[token.start : token.end]
        if token.kind == "word" and not text.isascii():
            text = unicodedata.normalize("NFKC", text)  # what Python takes the name for
            if len(text) != token.end - token.start:
                self.starts.extend([token.start] * len(text))
                self.pieces.append(text)
                self.ends[len(self.starts) - 1] = token.end
                return
        self.pieces.append(text)
        self.starts.extend(range(token.start, token.end))

    def depth(self, first: Token) -> int:
        """How deep the logical line that begins with a token is indented."""
        if first.start in self.depths:
            return self.depths[first.start]
        following = self.depths[self.order[bisect_right(self.order, first.start)]]
        return following - (self.source[first.start] != "@")  # else, except, finally and case are above what follows

    def apart(self, before: Token, token: Token) -> bool:
        """Whether a blank stands between two tokens of a line."""
        first, second = (self.source[one.start : one.end] for one in (before, token))
        if before.end < token.start:
            return not (token.kind == "sign" and second in ",:;)]}" or before.kind == "sign" and first in "([")
        if before.kind == "word" and first in _WORDS and second[0] not in _CLOSING:
            return second != "." or first in ("from", "in", "return", "yield") or self.source[token.end] == "."
        return token.kind == "word" and second in keyword.kwlist and first[-1] not in _OPENING


def _brackets(source: str, found: list[Token]) -> int:
    deepest = depth = 0
    for token in found:
        if token.kind == "sign":
            depth += (source[token.start] in "([{") - (source[token.start] in ")]}")
            deepest = max(deepest, depth)
    return deepest


def _indentations(parsed: PythonTree) -> dict[int, int]:
    """How deep each statement is nested, by the place of its first character."""
    found: dict[int, int] = {}
    rest: list[tuple[ast.AST, int]] = [(statement, 0) for statement in parsed.tree.body]
    while rest:
        node, depth = rest.pop()
        if isinstance(node, ast.stmt):
            found[parsed.span(node)[0]] = depth
        if isinstance(node, ast.AnnAssign):
            found[parsed.span(node.target)[0]] = depth  # it may stand in parentheses that are left out
        for name in ("body", "orelse", "finalbody", "handlers", "cases"):
            for child in getattr(node, name, ()):
                level = name == "handlers" or name == "orelse" and _is_elif(parsed, node, child)
                rest.append((child, depth + (not level)))
    return found


def _is_elif(parsed: PythonTree, node: ast.AST, child: ast.stmt) -> bool:
    return (
        isinstance(node, ast.If)
        and isinstance(child, ast.If)
        and parsed.source.startswith("elif", parsed.span(child)[0])
    )
