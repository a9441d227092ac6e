"""Code as HTML: marks on the right characters, and nothing that is shown can become markup."""

from dataclasses import replace
from html import unescape
from re import findall, sub

import pytest

from procure_kit.problems.counterfactual import Site
from procure_kit.views.code_html import (
    FADED,
    mark_spans,
    sentence_html,
    show_example,
    show_pair,
    show_sites,
    show_text,
    show_tokens,
)
from tests.training.test_cuts import FLIP
from tests.training.test_examples import byte_tokenizer

HOSTILE = 'x = "<script>alert(1)</script>" & y  # </pre><b>'


def test_marks_wrap_the_spans_and_keep_the_text():
    html = mark_spans("a < b", [(0, 1), (4, 5)])
    assert sub(r"<ins [^>]*>(.)</ins>", r"[\1]", html) == "[a] &lt; [b]"


@pytest.mark.parametrize("spans", [[], [(0, 5)], [(4, 30)]])
def test_markup_in_code_stays_text(spans):
    html = mark_spans(HOSTILE, spans)
    bare = sub(r"</?ins[^>]*>", "", html)
    assert "<" not in bare
    assert unescape(bare) == HOSTILE


def test_a_text_is_shown_as_it_stands():
    view = show_text("a <b>\n  c")
    assert "a &lt;b&gt;\n  c</pre>" in view.html and repr(view) == "a <b>\n  c"


def test_code_in_a_sentence_is_shown_as_code():
    assert sentence_html("`a<b` and `c`") == "<code>a&lt;b</code> and <code>c</code>"


def test_a_pair_shows_both_programs_and_prints_as_a_diff():
    view = show_pair(FLIP)
    assert view.html.count("<pre") == 2 and view.html.count("<ins") == 6
    assert '-    if unit == "cm":' in repr(view) and '+    if unit != "cm":' in repr(view)
    assert view._repr_html_() == view.html


def test_a_row_that_does_not_say_what_was_changed_is_marked_all_the_same():
    bare = replace(FLIP, changed=(), changed_original=())
    view = show_pair(bare)
    marked = findall(r"<ins [^>]*>([^<]*)</ins>", view.html)
    assert unescape("".join(marked)).count("==") == 1 and "!=" in marked and 2 <= len(marked) <= 8
    same = replace(bare, counterfactual=bare.original)
    assert "<ins" not in show_pair(same).html


def test_sites_show_their_reason_or_their_soundness():
    fine = Site("if_else_flip", 0, 3, (0, 1), "n < 0")
    refused = Site("if_else_flip", 1, 7, (0, 1), "f() < <b>", refused="the test calls f")
    view = show_sites([fine, refused])
    assert "syntactic" in view.html and "refused: the test calls f" in view.html
    assert "<b>" not in view.html and "&lt;b&gt;" in view.html
    assert repr(view).splitlines()[1] == "if_else_flip | 0 | 3 | n < 0 | syntactic"


def test_tokens_are_bracketed_as_text_and_escaped_as_html():
    view = show_tokens(["<s>", " x", " y"], marked=[False, True, False], faded=[True, False, False])
    assert repr(view) == "<s>[ x] y"
    assert "<s>" not in view.html and "&lt;s&gt;" in view.html


def test_numbers_shade_the_tokens_and_can_be_read():
    view = show_tokens(["p", " x", " y"], [False, True, False], [True, False, False], values=[9.0, 4.0, 0.0])
    assert FADED in view.html and '&#x27;p&#x27;"' in view.html  # the prompt stays grey, without a number
    assert "&#x27; x&#x27;: 4" in view.html and "underline" in view.html
    assert view.html.count("background:") == 1 and repr(view) == "p[ x] y"  # next to nothing leaves the page's ground


def test_the_largest_number_has_the_full_shade():
    assert "background:#f4895f" in show_tokens(["a", "b"], [False] * 2, [False] * 2, values=[1.0, 0.5]).html


@pytest.mark.parametrize("ink, paper", [(33, 255), (255, 17)])
def test_faded_text_can_be_read(ink, paper):
    """WCAG's contrast on JupyterLab's light and dark page, as greys of 0 to 255; 4.5 is AA."""
    share = float(FADED.removeprefix("opacity:"))
    greys = sorted(grey / 255 for grey in (paper, share * ink + (1 - share) * paper))
    dark, light = (x / 12.92 if x <= 0.04 else ((x + 0.055) / 1.055) ** 2.4 for x in greys)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_an_example_shows_its_prompt_grey_and_its_changed_tokens_marked():
    tokenizer = byte_tokenizer()
    ids = tokenizer("ax é<i>")["input_ids"]
    example = {"input_ids": ids, "labels": [-100, *ids[1:]], "changed": [False, True, *[False] * (len(ids) - 2)]}
    view = show_example(tokenizer, example)
    assert view.text.startswith("a[x]") and "é" in view.text  # its two bytes are one character
    assert "&lt;" in view.html and FADED in view.html.split("<ins")[0]
