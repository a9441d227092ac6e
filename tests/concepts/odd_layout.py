"""Programs laid out as oddly as Python allows: the same syntax tree, another text."""

import ast
import io
import keyword
import tokenize
import warnings
from random import Random

_NO_TOKENS = {tokenize.COMMENT, tokenize.NL, tokenize.ENCODING, tokenize.ENDMARKER}


def redress(source: str, rng: Random) -> str:
    """The same program with odd blanks, tabs, backslashes, comments, semicolons and suites on one line; or as it is,
    where that cannot be had."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = ast.dump(ast.parse(source))
        for _ in range(3):
            text = "".join(_Noise(rng).lines(_logical_lines(source)))
            try:
                if ast.dump(ast.parse(text)) == expected:
                    return text.replace("\n", rng.choice(["\n", "\n", "\n", "\r\n"]))
            except (SyntaxError, ValueError):
                continue  # a comment behind a backslash, say: another try
    return source


def _logical_lines(source: str) -> list[tuple[int, list[str]]]:
    """Each logical line: how deep it is, and its tokens; an f-string is one."""
    lines, depth, now, whole, rows = [], 0, [], None, source.splitlines(keepends=True)
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        name = tokenize.tok_name[token.type]
        if name == "FSTRING_START":
            whole = whole or token.start
        elif name == "FSTRING_END" and whole is not None:
            now.append(_between(rows, whole, token.end))  # f-strings in f-strings are seldom enough to do without
            whole = None
        elif whole is not None or token.type in _NO_TOKENS:
            continue
        elif token.type in (tokenize.INDENT, tokenize.DEDENT):
            depth += 1 if token.type == tokenize.INDENT else -1
        elif token.type == tokenize.NEWLINE:
            lines.append((depth, now))
            now = []
        else:
            now.append(token.string)
    return lines


def _between(rows: list[str], start: tuple[int, int], end: tuple[int, int]) -> str:
    text = "".join(rows[start[0] - 1 : end[0]])
    return text[start[1] : len(text) - (len(rows[end[0] - 1]) - end[1])]


class _Noise:
    def __init__(self, rng: Random):
        self.rng = rng
        self.rate = rng.choice([0.02, 0.1, 0.3])

    def maybe(self, scale: float = 1) -> bool:
        return self.rng.random() < self.rate * scale

    def lines(self, logical: list[tuple[int, list[str]]]) -> list[str]:
        margins, out, number = [""], [], 0
        while number < len(logical):
            depth, tokens = logical[number]
            margins[depth + 1 :] = []
            while len(margins) <= depth:
                margins.append(margins[-1] + self.rng.choice(["    ", " ", "  ", "\t", "  \t", "   "]))
            out += self.between(margins)
            text = self.line(tokens)
            number += 1
            if tokens[-1] == ":" and self.maybe(2):  # a suite of simple statements on the line of its head
                own = self.simple(logical, number, depth + 1)
                if own:
                    text += self.rng.choice(["", " ", "  "]) + ";".join(self.line(logical[k][1]) for k in own)
                    number += len(own)
            else:
                while number < len(logical) and self.joins(tokens, logical[number], depth):
                    tokens = logical[number][1]
                    text += self.rng.choice([";", "; ", " ; "]) + self.line(tokens)
                    number += 1
            out.append(self.margin(margins[depth]) + text + self.tail(tokens))
        return out

    def simple(self, logical: list, start: int, depth: int) -> list[int]:
        """The lines of a block, when all of them are simple statements and there are few."""
        end = start
        while end < len(logical) and logical[end][0] >= depth:
            if logical[end][0] > depth or logical[end][1][0] in _HEADS or logical[end][1][-1] == ":":
                return []
            end += 1
        return list(range(start, end)) if end - start <= 3 else []

    def joins(self, tokens: list[str], following: tuple[int, list[str]], depth: int) -> bool:
        heads = any(line[0] in _HEADS or line[-1] == ":" for line in (tokens, following[1]))
        return following[0] == depth and not heads and self.maybe()

    def between(self, margins: list[str]) -> list[str]:
        pieces = ["\n", "   \n", "# a comment\n", "\t# deeper: x = 1\n", "\x0c\n"]
        return [self.rng.choice(pieces) for _ in range(2) if self.maybe()]

    def margin(self, margin: str) -> str:
        return "\x0c" + margin if self.maybe(0.3) else "\\\n" + margin if margin and self.maybe(0.3) else margin

    def tail(self, tokens: list[str]) -> str:
        end = ";" if self.maybe(0.5) and tokens[-1] != ":" and tokens[0] not in _HEADS and tokens[0] != "@" else ""
        return end + self.rng.choice(["  # both", " \\\n", "   ", "#", ""] if self.maybe() else [""]) + "\n"

    def line(self, tokens: list[str]) -> str:
        text, depth = "", 0
        for number, token in enumerate(tokens):
            if number:
                text += self.gap(tokens[number - 1], token, depth)
            text += token
            depth += (token in "([{") - (token in ")]}") if len(token) == 1 else 0
        return text

    def gap(self, before: str, token: str, depth: int) -> str:
        glued = _is_word(before[-1]) and (_is_word(token[0]) or token[0] in "'\"")
        if before[0].isdigit() and token in keyword.kwlist and not before.endswith(("e", "E")):
            glued = glued and not self.maybe()  # `1if x`
        if before[-1] in "'\"" and token[0] in "'\"":
            glued = True
        if before[0].isdigit() and token[0] == "." or before[-1] == "." and token[0].isdigit():
            glued = True
        if not glued and not self.maybe(1.5):
            return "" if self.maybe(3) else " " if before not in ".([{~@" and token not in ".,:;)]}([" else ""
        if not self.maybe():
            return " "
        odd = ["  ", "\t", " \\\n ", "\\\n", " \x0c"]
        return self.rng.choice(odd + ["\n  ", " # why: x\n\t", "\n\n"] * (depth > 0))


_HEADS = {"if", "for", "while", "try", "with", "def", "class", "match", "case", "async", "else", "elif", "except"}
_HEADS |= {"finally", "@", "type"}


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_" or character > "\x7f"
