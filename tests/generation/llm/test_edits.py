"""Questions and edits: what an answer does to a program, and what is no answer."""

import pytest

from procure_kit.concepts.perturbation import find_sites
from procure_kit.generation.llm.edits import check_known, edited, new_names, question

SOURCE = (
    "def f(low, high):\n    if low < high:\n        total = low\n    else:\n        total = high\n    return total\n"
)


def site_of(concept, source=SOURCE):
    return next(site for site in find_sites(source, [concept]) if site.refused is None)


def test_a_question_about_an_order():
    asked = question(SOURCE, site_of("if_else_flip"), {})
    assert asked == "if_else_flip\n2 if low < high:\n3     total = low\n4 else:\n5     total = high\n=>\n"


def test_a_question_about_names_hands_them_over():
    site = site_of("variable_name_random")
    names = new_names(SOURCE, site, 7)
    (new,) = names.values()
    lines = "3     total = low\n5     total = high\n6 return total"
    assert question(SOURCE, site, names) == f"variable_name_random total>{new}\n{lines}\n=>\n"
    assert len(new) == 5 and names == new_names(SOURCE, site, 7) != new_names(SOURCE, site, 8)


def test_a_break_tells_the_line_of_the_second_definition():
    source = "def f(x):\n    y = x\n    z = y\n    y = z + 1\n    return y\n"
    site = site_of("def_use_break", source)
    assert question(source, site, {"y": "abcde"}).startswith("def_use_break y>abcde 4\n2 y = x\n")


def test_a_shuffle_leaves_no_name():
    source = "def f(x):\n    a = x\n    b = a\n    c = a + b\n    return c\n"
    names = new_names(source, site_of("variable_name_shuffle", source), 3)
    assert sorted(names) == sorted(names.values()) == ["a", "b", "c"] and all(a != b for a, b in names.items())


def test_what_is_named_stands_in_the_places_of_what_is_named():
    flipped = "def f(low, high):\n    if low >= high:\n        total = high\n    else:\n        total = low\n"
    flipped += "    return total\n"
    assert edited(SOURCE, "2: if low >= high:\n5\n4\n3", [2, 3, 4, 5]) == flipped
    assert edited(SOURCE, "2: if low >= high:\n5\n3", [2, 3, 4, 5]) == flipped
    assert edited("a = 1\r\nb = 2\r\nc = 3", "3\n1", [1, 2, 3]) == "c = 3\r\nb = 2\r\na = 1"


def test_pairs_of_names_trade_whole_words_at_once():
    assert edited("low = slow + high.low\n", "1 low>high high>low", [1]) == "high = slow + low.high\n"
    assert edited("\tx = 'x'\n", "1: y = 'x'", [1]) == "\ty = 'x'\n"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("", "the answer names no line"),
        ("Sure!", "`Sure!` is no edit: a line's number, then its new text or pairs of names"),
        ("2 low -> high", "`2 low -> high` is no edit"),
        ("9", "line 9 was not shown"),
        ("2\n2", "line 2 is named twice"),
        ("2 total>other", "line 2 has no word `total`"),
        ("9" * 5000, "is no edit"),
    ],
)
def test_what_is_no_answer_is_refused_in_a_sentence(answer, said):
    with pytest.raises(ValueError) as error:
        edited(SOURCE, answer, [2, 3, 4, 5])
    assert said in str(error.value) and "\n" not in str(error.value)


def test_a_concept_without_this_form():
    with pytest.raises(ValueError, match="no edits are known for 'data_type': use one of if_else_flip"):
        check_known("data_type")
