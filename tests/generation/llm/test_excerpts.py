"""What a small model is shown: the site's lines or the names' lines, as they are numbered in the file."""

import pytest

from procure_kit.concepts.perturbation import find_sites
from procure_kit.generation.llm.excerpts import LONGEST, lines_of, numbered, shown_lines

SOURCE = '''import re


def f(low, high):
    """The low one."""
    # low comes first
    total = low
    if low < high:
        total = "low"  # low again
    else:
        flow = high
        total = flow
    return total
'''


def site_of(source, concept):
    return next(site for site in find_sites(source, [concept]) if site.refused is None)


def test_an_order_is_the_site_from_its_first_line_to_its_last():
    site = site_of(SOURCE, "if_else_flip")
    assert shown_lines(SOURCE, site) == [8, 9, 10, 11, 12]
    assert numbered(SOURCE, [8, 9]) == '8 if low < high:\n9     total = "low"  # low again'


def test_names_are_whole_words_and_neither_docstrings_nor_comments_are_shown():
    site = site_of(SOURCE, "variable_name_random")
    assert shown_lines(SOURCE, site, ["low"]) == [4, 7, 8, 9]
    assert shown_lines(SOURCE, site, ["flow", "total"]) == [7, 9, 11, 12, 13]


def test_names_are_looked_for_in_the_innermost_function():
    inner = "    def g(b):\n        x = b\n        y = x\n        x = y\n        return x\n"
    source = f"def f(a):\n    x = a\n{inner}    return g\n"
    site = next(site for site in find_sites(source, ["def_use_break"]) if site.line == 6)
    assert shown_lines(source, site, ["x"]) == [4, 5, 6, 7]


def test_a_site_that_is_too_long_is_refused_with_its_length():
    body = "".join(f"        x{n} = {n}\n" for n in range(LONGEST))
    source = f"def f(n):\n    if n:\n{body}    else:\n        pass\n"
    with pytest.raises(ValueError, match=rf"line 2 takes {LONGEST + 3} lines, and at most {LONGEST}"):
        shown_lines(source, site_of(source, "if_else_flip"))


@pytest.mark.parametrize("source", ["a\nb", "a\r\nb\r\n", "a\x0c\n\nb\rc", ""])
def test_lines_are_python_s_and_nothing_is_lost(source):
    lines = lines_of(source)
    assert "".join(lines) == source and all(line.count("\n") <= 1 for line in lines)
