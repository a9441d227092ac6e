"""Python's own syntax tree of a source, and the characters at which its nodes stand."""

import ast
import re
import warnings

from procure_kit.analysis.depth import check_depth, with_room
from procure_kit.problems.counterfactual import Span

BOM = "\ufeff"
LONGEST = 2_000_000  # characters: a tree needs about a thousand bytes for each


@with_room
def check_syntax(source: str) -> ast.Module:
    """Parse with Python's own parser, and compile: it finds errors of scope, and jumps that lead nowhere, only then.

    Raises: ValueError with one sentence for what does not compile, is too long, or is nested deeper than depth.DEEPEST.
    """
    if not isinstance(source, str):
        hint = "; inspect.getsource(it) is that of a function" if callable(source) else ""
        raise ValueError(f"the source is the text of a program, and not of type {type(source).__name__}{hint}")
    if len(source) > LONGEST:
        raise ValueError(f"the source has {len(source):,} characters, and more than {LONGEST:,} are not analysed")
    if "\0" in source:
        line = source[: source.index("\0")].count("\n") + 1
        raise ValueError(f"line {line} holds a null byte: this is not Python source text")
    text, what = source.removeprefix(BOM), "parse as Python"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an invalid escape in a string is the program's own affair
            tree, what = ast.parse(text), "compile"
            compile(text, "source", "exec", dont_inherit=True)
    except SyntaxError as error:
        raise ValueError(f"line {error.lineno}: the source does not {what}: {error.msg}") from error
    except UnicodeEncodeError as error:
        raise ValueError(f"character {error.start} is a lone surrogate: decode the file as UTF-8 first") from error
    except (RecursionError, MemoryError) as error:  # the parser's own limits, which are far beyond the kit's
        raise ValueError("the source is nested too deeply to be parsed") from error
    check_depth(tree)
    return tree


def copied(node):
    """A copy of a tree, or of a part of one, that holds what its classes name and nothing else.

    `copy.deepcopy` takes along what others have hung on a tree: IPython, once it has shown a traceback, the tree of a
    whole module, by way of the `Load()` and `Add()` that all trees share.
    """
    if isinstance(node, list):
        return [copied(inner) for inner in node]
    if not isinstance(node, ast.AST):
        return node
    fields = {name: copied(value) for name, value in ast.iter_fields(node)}
    return ast.copy_location(type(node)(**fields), node)


def line_starts(source: str) -> list[int]:
    """Where each line begins, as Python counts lines: `str.splitlines` also splits at form feeds."""
    return [0, *(found.end() for found in re.finditer(r"\r\n?|\n", source))]


class PythonTree:
    """A source and its `tree`, whose nodes know their columns in bytes of UTF-8. Raises: ValueError as check_syntax."""

    def __init__(self, source: str):
        self.source, self.tree = source, check_syntax(source)
        self.starts = line_starts(source)
        self._lines = [source[a:b].encode() for a, b in zip(self.starts, [*self.starts[1:], None], strict=True)]
        if source.startswith(BOM):  # it is in the source, and no column counts it
            self.starts[0], self._lines[0] = 1, self._lines[0].removeprefix(BOM.encode())

    def span(self, first: ast.AST, last: ast.AST | None = None) -> Span:
        """[start, end) in characters of a node, or from one node to another."""
        last = last or first
        return self._place(first.lineno, first.col_offset), self._place(last.end_lineno, last.end_col_offset)

    def _place(self, line: int, column: int) -> int:
        return self.starts[line - 1] + len(self._lines[line - 1][:column].decode())
