"""What a small model is shown of a program: the site's own lines, numbered as in the file, and nothing else.

Two kinds: an order, for the concepts that move statements, is the site from its first line to its last. The names, for
those that rename, are the function's lines with one of the names as a word; docstrings and comments are left out, and
whether the word on a line means that variable is for the reader to tell.
"""

import ast
import io
import re
import tokenize
from collections.abc import Collection

from procure_kit.analysis.python_tree import PythonTree
from procure_kit.problems.counterfactual import Site

ORDERS = ("if_else_flip", "independent_swap")
NAMES = ("def_use_break", "variable_name_random", "variable_name_shuffle")
LONGEST = 40  # lines


def lines_of(source: str) -> list[str]:
    """The lines as Python counts them, with what ends them. Joined they are the source."""
    return re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$", source)


def shown_lines(source: str, site: Site, names: Collection[str] = ()) -> list[int]:
    """The numbers of the lines to show, from 1; `names`: what is renamed.

    Raises: ValueError where there are more than LONGEST.
    """
    last = site.line + len(lines_of(source[slice(*site.span)])) - 1
    if site.concept in ORDERS:
        numbers = list(range(site.line, last + 1))
    else:
        first, last = _function(source, site)
        words = re.compile(rf"\b(?:{'|'.join(map(re.escape, names))})\b")
        silent = _silent_lines(source)
        lines = lines_of(source)
        numbers = [n for n in range(first, last + 1) if n not in silent and words.search(lines[n - 1])]
    if len(numbers) > LONGEST:
        raise ValueError(f"the site on line {site.line} takes {len(numbers)} lines, and at most {LONGEST} are shown")
    return numbers


def numbered(source: str, numbers: Collection[int]) -> str:
    """These lines, each behind its number, with no more indentation than tells them apart."""
    lines = lines_of(source)
    some = {number: lines[number - 1].rstrip() for number in numbers}
    margin = min((len(line) - len(line.lstrip()) for line in some.values() if line), default=0)
    return "\n".join(f"{number} {line[margin:]}".rstrip() for number, line in some.items())


def _function(source: str, site: Site) -> tuple[int, int]:
    """First and last line of the innermost function around the start of the site."""
    parsed = PythonTree(source)
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    around = [
        node
        for node in ast.walk(parsed.tree)
        if isinstance(node, kinds) and node.lineno <= site.line <= node.end_lineno
    ]
    inner = max(around, key=lambda node: node.lineno) if around else parsed.tree.body[0]
    return inner.lineno, inner.end_lineno


def _silent_lines(source: str) -> set[int]:
    """The lines of docstrings, and those that are a comment alone."""
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module
    silent = set()
    for node in ast.walk(PythonTree(source).tree):
        if isinstance(node, kinds) and ast.get_docstring(node, clean=False) is not None:
            silent |= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT and not token.line[: token.start[1]].strip():
            silent.add(token.start[0])
    return silent
