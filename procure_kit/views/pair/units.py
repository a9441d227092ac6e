"""Code as the pair view shows it: sub-words merged to code tokens, and those to lines, statements and expressions.

Every view cuts a text into consecutive units. A unit starts where a code token starts and a model token begins to be
visible, so a model token that holds two code tokens, `):`, makes one unit of them. Model tokens that show nothing
(special ones) belong to no unit.

Shapes: N model tokens, U units.
"""

import ast
import bisect
import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from procure_kit.analysis.depth import with_room
from procure_kit.analysis.python_tree import PythonTree
from procure_kit.problems.counterfactual import Span

CODE_TOKEN = re.compile(
    r"\d[\w.]*|\w+|\"\"\"|'''|\*\*=|//=|>>=|<<=|\.\.\.|->|:=|[=!<>+\-*/%&|^@]=|\*\*|//|<<|>>|[^\w\s]|\s+"
)
VIEWS = ("token", "line", "statement", "expression")


@dataclass(frozen=True)
class Units:
    """One view of a text: the characters of each unit, and the first and the number of its model tokens, each (U,)."""

    spans: list[Span]
    first: np.ndarray
    count: np.ndarray

    def __len__(self) -> int:
        return len(self.spans)

    @cached_property
    def last(self) -> np.ndarray:
        return self.first + self.count

    def members(self, tokens: int) -> np.ndarray:
        """Which model tokens each unit holds: (U, N) of 0 and 1."""
        place = np.arange(tokens)
        return ((place >= self.first[:, None]) & (place < self.last[:, None])).astype(np.float32)

    def at(self, position: int) -> int:
        """The unit that holds a character, or the one before it."""
        return max(bisect.bisect_right([start for start, _ in self.spans], position) - 1, 0)


class CodeUnits:
    """A text with the offsets of its model tokens, in every view that it has."""

    def __init__(self, text: str, offsets: list[Span]):
        self.text, self.offsets = text, offsets
        shown = [i for i, (start, end) in enumerate(offsets) if end > start]
        if not shown:
            raise ValueError("the program is empty: no token of it can be shown")
        self._from, self._to = shown[0], shown[-1] + 1
        self._seen = [visible_start(text, span) for span in offsets[self._from : self._to]]
        starts = {match.start() for match in CODE_TOKEN.finditer(text)} & set(self._seen)
        self.views = {"token": self._units(starts, self._seen)}
        self.views["line"] = self._coarser(match.end() for match in re.finditer(r"\n", text))
        self.nodes: list[tuple[int, int, str]] = []  # first and last token unit of each syntax node, and its kind
        try:
            parsed = PythonTree(text)
        except ValueError:
            return  # a completion may break off anywhere: it has tokens and lines, but no syntax
        statements, expressions, nodes = syntax_starts(parsed)
        self.views["statement"] = self._coarser(statements)
        self.views["expression"] = self._coarser(statements | expressions)
        token = self.views["token"]
        ranges = ((token.at(start), token.at(end - 1), kind) for start, end, kind in nodes)
        self.nodes = sorted({(a, b): (a, b, kind) for a, b, kind in ranges if b > a}.values())

    def _units(self, starts, seen: list[int]) -> Units:
        """The units that begin at these characters and hold a model token; the first takes what stands before it."""
        starts = np.unique([0, *starts])
        owner = np.searchsorted(starts, seen, "right") - 1
        _, first, count = np.unique(owner, return_index=True, return_counts=True)
        begins = [seen[i] for i in first]
        spans = [(a, self._trimmed(a, b)) for a, b in zip(begins, [*begins[1:], len(self.text)], strict=True)]
        return Units(spans, first + self._from, count)

    def _coarser(self, starts) -> Units:
        """Units of whole token units, so that each view adds up what the finest one shows."""
        token = self.views["token"]
        units = self._units(starts, [start for start, _ in token.spans])
        edges = np.append(token.first, token.last[-1])[np.append(units.first - self._from, len(token))]
        return Units(units.spans, edges[:-1], np.diff(edges))

    def _trimmed(self, start: int, end: int) -> int:
        piece = self.text[start:end]
        return start + len(piece.rstrip()) if piece.strip() else end

    def label(self, view: str, unit: int) -> str:
        start, end = self.views[view].spans[unit]
        piece = self.text[start:end]
        return " ".join(piece.split()) or ("⏎" if "\n" in piece else "␣")


def visible_start(text: str, span: Span) -> int:
    """Where a token's visible part begins: the blanks and newlines before a word belong to the word's token."""
    start, end = span
    token = text[start:end]
    return start + len(token) - len(token.lstrip()) if token.strip() else start


@with_room
def syntax_starts(parsed: PythonTree) -> tuple[set[int], set[int], list[tuple[int, int, str]]]:
    """Where statements begin; where their outermost expressions begin and end; and every node as (start, end, kind)."""
    text, span = parsed.source, parsed.span
    statements, expressions, nodes = set(), set(), []

    def walk(node, inside_expression: bool) -> None:
        for field, value in ast.iter_fields(node):
            children = [
                child for child in (value if isinstance(value, list) else [value]) if isinstance(child, ast.AST)
            ]
            if field in ("orelse", "finalbody") and children and isinstance(children[0], ast.stmt):
                end = max(statements, default=0)
                word = {"orelse": "else", "finalbody": "finally"}[field]
                gap = text.rfind(word, end, span(children[0])[0])  # the keyword is in no node of its own
                statements.update([gap] if gap >= 0 else [])
            for child in children:
                is_expression = isinstance(child, ast.expr | ast.arg)
                if isinstance(child, ast.match_case):  # it has no place of its own either
                    statements.add(text.rfind("case", 0, span(child.pattern)[0]))
                if hasattr(child, "lineno"):
                    start, end = span(child)
                    nodes.append((start, end, type(child).__name__))
                    if isinstance(child, ast.stmt | ast.ExceptHandler):
                        statements.add(start)
                    elif is_expression and not inside_expression:
                        expressions.update((start, end))
                if not isinstance(child, ast.JoinedStr):  # Python 3.11 misplaces what stands inside f-strings
                    walk(child, inside_expression or is_expression)

    walk(parsed.tree, False)
    return statements, expressions, nodes
