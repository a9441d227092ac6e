"""Which unit is which: renamed, moved, flipped and written code."""

import pytest

from procure_kit import perturb
from procure_kit.views.pair.alignment import align_tokens, align_view
from tests.views.pair.test_units import every_character, labels

SOURCE = """def f(xs: list):
    total = 0
    best = 1
    for x in xs:
        total += x
    if len(xs) > 3:
        best = total
    else:
        total = best * 2
    return total + best
"""


def aligned(old: str, new: str, old_spans=(), new_spans=(), view: str = "token") -> list[tuple[str, str]]:
    """Pairs of labels, the new one first; "" for one without a counterpart."""
    a, b = every_character(old), every_character(new)
    partners = align_view(view, a, b, align_tokens(a, b, list(old_spans), list(new_spans)))
    names = labels(a, view)
    return [(label, names[k] if k >= 0 else "") for label, k in zip(labels(b, view), partners, strict=True)]


@pytest.mark.parametrize("concept", ["variable_name_random", "variable_name_shuffle"])
def test_a_renamed_variable_goes_with_its_old_name_and_all_else_with_itself(concept):
    cf = perturb(SOURCE, concept)
    pairs = aligned(cf.original, cf.counterfactual, cf.changed_original, cf.changed)
    renamed = {(old, new) for new, old in pairs if new != old}
    assert {old for old, _ in renamed} <= {"total", "best", "x"} and len(renamed) == len(dict(renamed)) > 1
    assert "" not in dict(renamed)


def test_swapped_statements_go_with_where_they_came_from():
    cf = perturb(SOURCE, "independent_swap")
    pairs = aligned(cf.original, cf.counterfactual, cf.changed_original, cf.changed, view="statement")
    assert all(new == old for new, old in pairs)
    assert cf.original != cf.counterfactual


def test_flipped_branches_go_with_where_they_came_from():
    cf = perturb(SOURCE, "if_else_flip")
    pairs = dict(aligned(cf.original, cf.counterfactual, cf.changed_original, cf.changed, view="line"))
    assert pairs["best = total"] == "best = total" and pairs["total = best * 2"] == "total = best * 2"
    assert pairs["if not len(xs) > 3:" if "if not len(xs) > 3:" in pairs else "if len(xs) <= 3:"] == "if len(xs) > 3:"


def test_without_corresponding_spans_difflib_decides():
    assert aligned("a = 1\n", "b = 1; c\n", [(0, 1)], [(0, 1), (7, 8)])[:3] == [("b", "a"), ("␣", "␣"), ("=", "=")]


def test_what_only_one_has_goes_with_nothing():
    assert dict(aligned("x = 1\n", "x = 1\ny\n"))["y"] == ""


def test_no_unit_is_taken_twice():
    pairs = aligned("a = 1\n", "a = 1\na = 1\n", view="line")
    assert [old for _, old in pairs].count("a = 1") == 1
