"""Where a function ends in what a model goes on to write: at the first statement that stands too far left.

Lines inside strings and brackets begin no statement, nor do comments and lines behind a backslash. What is looked
through may be cut off anywhere, and need not be Python: so the few tokens that matter are found here, and not by
`tokenize`, which gives up at the first that is wrong.
"""

import re
from functools import lru_cache

_TOKEN = re.compile(
    r"""\#[^\n]*|\\.
    |(?P<quote>\"\"\"|'''|"|')
    |(?P<open>[(\[{])|(?P<close>[)\]}])
    |\n(?P<margin>[ \t\f]*)(?=[^\s#])
    |(?P<end><\|\w+\|>|</s>|<(?:eos|pad|end_of_turn|file_sep|fim_\w+)>(?=\s*(?:<|\Z)))  # a tokenizer's own marks
    """,
    re.S | re.X,
)
_REST = {  # of a string, with the quote that closes it where there is one
    '"""': re.compile(r'(?:\\.|[^\\])*?(?:(""")|\\?\Z)', re.S),
    "'''": re.compile(r"(?:\\.|[^\\])*?(?:(''')|\\?\Z)", re.S),
    '"': re.compile(r'(?:\\.|[^\\"\n])*("?)', re.S),  # a newline ends it, closed or not
    "'": re.compile(r"(?:\\.|[^\\'\n])*('?)", re.S),
}
END = -1  # the columns of an end-of-text mark, which ends programs too


def statements(text: str, before: str = "") -> list[tuple[int, int]]:
    """Each line of the text that begins a statement: where the newline before it stands, and its columns of margin.

    `before` is the code that the text follows, which may leave a string or a bracket open. A mark of the end of text,
    as some servers hand it on, is in the list with END for its columns.
    """
    return _scan(text, *_open_behind(before))[0]


def left_open(text: str, before: str = "") -> bool:
    """Whether the text ends inside a string or a bracket."""
    _, depth, quote = _scan(text, *_open_behind(before))
    return bool(depth or quote)


def function_rest(text: str, indent: int = 0, before: str = "") -> str:
    """The part of a continuation that belongs to a function whose `def` stands `indent` columns in.

    With -1 it is a whole program, which only a mark of the end of text ends. `before`: as in `statements`.
    """
    return text[: next((start for start, columns in statements(text, before) if columns <= indent), None)]


@lru_cache(maxsize=4096)  # a prompt is the same for every line of every sample
def _open_behind(before: str) -> tuple[int, str]:
    return _scan(before)[1:]


def _scan(text: str, depth: int = 0, quote: str = "") -> tuple[list[tuple[int, int]], int, str]:
    """The statements, and what is open at the end: how many brackets, and the quote of a string."""
    found, position = [], 0
    while True:
        if quote:
            rest = _REST[quote].match(text, position)
            position = rest.end()
            if len(quote) == 3 and not rest[1]:
                return found, depth, quote
        token = _TOKEN.search(text, position)
        if token is None:
            return found, depth, ""
        position, quote = token.end(), token["quote"] or ""
        if token["open"]:
            depth += 1
        elif token["close"]:
            depth = max(0, depth - 1)
        elif token["margin"] is not None and not depth:
            found.append((token.start(), len(token["margin"])))
        elif token["end"]:
            found.append((token.start(), END))
