"""Edits and their spans; rows and back."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procure_kit.problems.counterfactual import Counterfactual, Edit, apply_edits, exchange, place_edits

NEEDED = {"task_id": "t", "concept": "if_else_flip", "original": "x = 1\n", "counterfactual": "y = 1\n"}


@pytest.mark.parametrize(
    ("source", "edits", "after", "changed", "changed_original"),
    [
        ("abc", [], "abc", (), ()),
        ("abc", [(1, 2, "XY")], "aXYc", ((1, 3),), ((1, 2),)),
        ("abc", [(2, 3, "Z"), (0, 1, "")], "bZ", ((0, 0), (1, 2)), ((0, 1), (2, 3))),
        ("abc", [(1, 2, "b")], "abc", (), ()),  # changes nothing: no span
        ("abc", [(1, 1, "+")], "a+bc", ((1, 2),), ((1, 1),)),
        ("ab", [(0, 1, "x"), (1, 2, "y")], "xy", ((0, 1), (1, 2)), ((0, 1), (1, 2))),
        ("é∑x", [(1, 2, "s")], "ésx", ((1, 2),), ((1, 2),)),  # characters, not bytes
    ],
)
def test_edits_and_their_spans(source, edits, after, changed, changed_original):
    assert apply_edits(source, [Edit(*edit) for edit in edits]) == (after, changed, changed_original)


@pytest.mark.parametrize(
    ("edits", "place"),
    [
        ([Edit(0, 2, ""), Edit(1, 3, "")], 1),
        ([Edit(0, 2, "x", (4, 6)), Edit(1, 3, "y")], 1),  # out of the place of a move
        ([Edit(0, 4, ""), Edit(1, 2, "")], 1),  # in the place of an edit that is no move
    ],
)
def test_overlapping_edits_are_an_error(edits, place):
    with pytest.raises(ValueError, match=f"edits overlap at character {place}"):
        apply_edits("abcdefgh", edits)


def test_an_insertion_stands_before_what_is_replaced_there_and_behind_what_ends_there():
    assert apply_edits("abc", [Edit(1, 2, "B"), Edit(1, 1, "+")])[0] == "a+Bc"
    assert apply_edits("abc", [Edit(1, 2, "B"), Edit(2, 2, "+")])[0] == "aB+c"


@settings(max_examples=40, deadline=None)
@given(st.text(), st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.text(max_size=3)), max_size=4))
def test_outside_the_spans_both_versions_are_equal(source, raw):
    edits, position = [], 0
    for gap, length, text in raw:
        start = min(position + gap, len(source))
        position = min(start + length, len(source))
        edits.append(Edit(start, position, text))
    after, new, old = apply_edits(source, edits)
    assert len(new) == len(old)
    assert outside(after, new) == outside(source, old)
    assert all(source[a:b] != after[c:d] for (a, b), (c, d) in zip(old, new, strict=True))


def outside(text: str, spans) -> list[str]:
    borders = [0, *(border for span in spans for border in span), len(text)]
    return [text[start:end] for start, end in zip(borders[::2], borders[1::2], strict=True)]


def test_a_row_comes_back_as_it_was():
    cf = Counterfactual("t", "c", "strict", 2, 0, "rules", "a", "b", ((0, 1),), ((0, 1),), "syntactic", "valid", "")
    assert Counterfactual.from_row(json.loads(json.dumps(cf.to_row()))) == cf


def test_rows_from_elsewhere_need_four_fields():
    cf = Counterfactual.from_row(NEEDED | {"note": "ignored"})
    assert (cf.task_id, cf.original, cf.site, cf.changed, cf.soundness, cf.status) == (
        "t",
        "x = 1\n",
        -1,
        (),
        "tested",
        "",
    )


@pytest.mark.parametrize("spans", [None, 3, "ab", [[1]], [["a", "b"]], [1, 2]])
def test_spans_that_are_none_are_an_error(spans):
    with pytest.raises(ValueError, match=r"field 'changed' must be a list of \[start, end\) pairs"):
        Counterfactual.from_row(NEEDED | {"changed": spans})


def test_edits_inside_a_move_are_found_where_they_went():
    source = "aa; bbbb"
    edits = [*exchange(source, (0, 2), (4, 8)), Edit(5, 6, "XY")]
    text, placed = place_edits(source, edits)
    assert text == "bXYbb; aa"
    assert placed == {edits[0]: (0, 5), edits[1]: (7, 9), edits[2]: (1, 3)}
    assert apply_edits(source, edits) == (text, ((0, 5), (7, 9)), ((0, 2), (4, 8)))


def test_a_move_may_put_something_around_the_text_that_moves():
    source = "a if t else b"
    edits = [Edit(0, 1, "(b)", (12, 13)), Edit(12, 13, "a", (0, 1)), Edit(12, 13, "BB")]
    text, placed = place_edits(source, edits)
    assert text == "(BB) if t else a" and placed[edits[2]] == (1, 3)


def test_moves_inside_a_move_go_with_it():
    source = "[ab] cd"
    inner = exchange(source, (1, 2), (2, 3))
    text, placed = place_edits(source, [*exchange(source, (0, 4), (5, 7)), *inner])
    assert text == "cd [ba]" and [placed[edit] for edit in inner] == [(4, 5), (5, 6)]
