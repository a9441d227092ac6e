"""Forms of Python that LibCST does not read, put in another way that means the same."""

import ast

from procure_kit.analysis.python_tree import PythonTree
from procure_kit.analysis.tokens import Token

_STRINGS = 500  # adjacent strings: of thousands LibCST says "syntax error"


def without_parentheses(parsed: PythonTree, all_tokens: list[Token]) -> tuple[list[Token], frozenset[int]]:
    """`(x): int = 1` without the parentheses, and where such targets begin."""
    opening: dict[int, int] = {}  # by where a statement begins, where its target does
    for node in ast.walk(parsed.tree):
        if isinstance(node, ast.AnnAssign) and parsed.span(node)[0] != parsed.span(node.target)[0]:
            opening[parsed.span(node)[0]] = parsed.span(node.target)[0]
    if not opening:
        return all_tokens, frozenset()
    kept, target, depth = [], None, 0
    for token in all_tokens:
        sign = parsed.source[token.start : token.end]
        target = opening.get(token.start, target)
        if target is None or token.start == target:
            kept.append(token)
        elif token.start < target:
            depth += 1
        elif sign == ":" and depth == 0:
            kept.append(token)
            target = None
        elif sign == ")" and depth > 0 and _closes(parsed.source, kept, target):
            depth -= 1
        else:
            kept.append(token)
    return kept, frozenset(opening.values())


def _closes(source: str, kept: list[Token], target: int) -> bool:
    """Whether a parenthesis closes none that the target itself has opened."""
    signs = [source[token.start : token.end] for token in kept if token.start >= target]
    return sum(sign in ("(", "[", "{") for sign in signs) == sum(sign in (")", "]", "}") for sign in signs)


def bases_first(parsed: PythonTree, all_tokens: list[Token]) -> list[Token]:
    """Each `*base` of a class before its keywords: LibCST does not read `class C(k=v, *bases)`, and Python evaluates
    the bases first."""
    for node in ast.walk(parsed.tree):
        if isinstance(node, ast.ClassDef) and node.bases and node.keywords:
            first = min(parsed.span(word)[0] for word in node.keywords)
            for start, end in [span for base in node.bases if (span := parsed.span(base))[0] > first]:
                at = next(n for n, token in enumerate(all_tokens) if token.start == start)
                size = sum(start <= token.start < end for token in all_tokens[at:])
                moved = [*all_tokens[at : at + size], all_tokens[at - 1]]  # with the comma before it
                to = next(n for n, token in enumerate(all_tokens) if token.start == first)
                all_tokens = [*all_tokens[:to], *moved, *all_tokens[to : at - 1], *all_tokens[at + size :]]
    return all_tokens


def long_rows(source: str, all_tokens: list[Token]) -> dict[int, str]:
    """What to write before a token, so that no more than _STRINGS strings stand side by side: `("a" "b") + ("c")`."""
    found: dict[int, str] = {}
    run: list[int] = []  # where each string of a row begins
    closed = False
    for number, token in enumerate([*all_tokens, Token("newline", len(source), len(source), False)]):
        if token.quoted or token.kind == "text" and source[token.start] == "}":
            closed = not token.quoted and source[token.end - 1] != "{"
            continue
        is_string = token.kind in ("string", "text")
        if not (is_string and closed):
            if len(run) > _STRINGS:
                found |= {place: ") + (" for place in run[_STRINGS::_STRINGS]}
                found |= {run[0]: "((", number: "))"}
            run = []
        run += [number] * is_string
        closed = token.kind == "string" or token.kind == "text" and source[token.end - 1] != "{"
    return found
