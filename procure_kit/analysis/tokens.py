"""The tokens of a program that Python has parsed: where each begins and ends, and what is layout between them.

Strings are one token; an f-string is many, for what stands in its braces is code. The standard library's `tokenize`
reads indentation by other rules than Python's own parser, so it is not asked.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

_DIGITS = r"[0-9](?:_?[0-9])*"
_NUMBER = rf"""0[xX](?:_?[0-9a-fA-F])+ | 0[bB](?:_?[01])+ | 0[oO](?:_?[0-7])+
    | (?:{_DIGITS}\.?(?:{_DIGITS})? | \.{_DIGITS})(?:[eE][-+]?{_DIGITS})?[jJ]?"""
_TOKEN = re.compile(
    rf"""(?P<layout>[ \t\f]+ | \\(?:\r\n?|\n))
    | (?P<newline>\r\n?|\n)
    | (?P<comment>\#[^\r\n]*)
    | (?P<string>[bBfFrRtTuU]{{0,2}}(?:'''|\"\"\"|'|"))
    | (?P<number>{_NUMBER})
    | (?P<word>[A-Za-z0-9_\x80-\U0010ffff]+)
    | (?P<sign>.)""",
    re.VERBOSE | re.DOTALL,
)
_REST = {  # what a string holds behind its opening quotes, up to the closing ones
    '"""': re.compile(r'(?:\\.|[^\\])*?"""', re.DOTALL),
    "'''": re.compile(r"(?:\\.|[^\\])*?'''", re.DOTALL),
    '"': re.compile(r'(?:\\.|[^\\"])*"', re.DOTALL),
    "'": re.compile(r"(?:\\.|[^\\'])*'", re.DOTALL),
}
# What stands in an f-string outside of its braces: a doubled brace is text, and so are the braces of \N{...}.
_TEXT = re.compile(r"\\N\{[^}]*\}|\\[^{}]|\{\{|\}\}|[^{}]", re.DOTALL)
_RAW_TEXT = re.compile(r"\\[^{}]|\{\{|\}\}|[^{}]", re.DOTALL)
_SPEC = re.compile(r"[^{}]+")


@dataclass(frozen=True)
class Token:
    """`kind`: "word", "number", "string", "text" (of an f-string, with its quotes), "sign" (of one character) or
    "newline" (the end of a logical line). `quoted`: whether it stands in the braces of an f-string. `told`: whether the
    program says the layout before it: that of f"{x =}" is a part of the text."""

    kind: str
    start: int
    end: int
    quoted: bool
    told: bool = False


def tokens(source: str, start: int = 0) -> Iterator[Token]:
    """The tokens of a program, comments and layout left out."""
    depth, position, empty = 0, start, True
    while position < len(source):
        found = _TOKEN.match(source, position)
        kind, position = found.lastgroup, found.end()
        if kind == "string":
            yield from (string := list(_string(source, found, False)))
            position, empty = string[-1].end, False
        elif kind == "newline":
            if not depth and not empty:
                yield Token("newline", *found.span(), False)
                empty = True
        elif kind not in ("layout", "comment"):
            depth += (found[0] in "([{") - (found[0] in ")]}") if kind == "sign" else 0
            yield Token(kind, *found.span(), False)
            empty = False


def _string(source: str, opening: re.Match, quoted: bool) -> Iterator[Token]:
    prefix, quotes = opening[0].rstrip("'\"").lower(), opening[0].lstrip("bBfFrRtTuU")
    if not set(prefix) & {"f", "t"}:
        yield Token("string", opening.start(), _REST[quotes].match(source, opening.end()).end(), quoted)
        return
    text = _RAW_TEXT if "r" in prefix else _TEXT
    start, position, told = opening.start(), opening.end(), False
    while not source.startswith(quotes, position):
        found = text.match(source, position)
        if found is not None or source[position] == "\\":  # a backslash before a brace is text
            position = found.end() if found is not None else position + 1
            continue
        yield Token("text", start, position + 1, quoted, told)
        start, told = yield from _field(source, position + 1)
        position = start + 1
    yield Token("text", start, position + len(quotes), quoted, told)


def _field(source: str, position: int) -> Iterator[Token]:
    """The tokens in a pair of braces of an f-string. Returns: the place of the closing brace, and whether the layout
    before it is told."""
    depth, inside = 0, []
    while True:
        found = _TOKEN.match(source, position)
        kind, sign = found.lastgroup, found[0]
        if depth == 0 and (sign in "}:" or sign == "!" and source[position + 1] != "="):
            break
        position = found.end()
        if kind == "string":
            inside += _string(source, found, True)
            position = inside[-1].end
        elif kind not in ("layout", "newline", "comment"):
            depth += (sign in "([{") - (sign in ")]}") if kind == "sign" else 0
            inside.append(Token(kind, *found.span(), True))
            if sign == "!":  # of !=
                inside.append(Token("sign", position, position + 1, True))
                position += 1
    told = source.startswith("=", inside[-1].start)
    yield from (replace(token, told=True) for token in inside) if told else inside
    return (position, told) if sign == "}" else (yield from _spec(source, position, told))


def _spec(source: str, start: int, told: bool) -> Iterator[Token]:
    """A conversion and a format, which may hold braces again. Returns: as `_field`."""
    position = start
    while source[position] != "}":
        if source[position] == "{":
            yield Token("text", start, position + 1, True, told)
            start, told = yield from _field(source, position + 1)
            position = start + 1
        else:
            position = _SPEC.match(source, position).end()
    if position > start:
        yield Token("text", start, position, True, told)
        told = False
    return position, told
