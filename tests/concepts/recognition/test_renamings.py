"""Several renamings at once: every name still stands for what it stood for, or the pair is none of ours."""

import pytest

from procure_kit import perturb_all, recognise

SOURCE = (
    "def f(p):\n    x = p\n    print(x)\n    x = 2\n    y = [x for x in p]\n    return x, y\n"
    "def g(a, b):\n    c = a + 1\n    d = b\n    return c, d\n"
)


def test_all_renamings_together_are_recognised():
    made = perturb_all(SOURCE, ["def_use_break", "variable_name_random", "variable_name_shuffle"], 1)
    assert len({site.concept for site in made.sites}) > 1
    found = recognise(SOURCE, made.counterfactual)
    assert (found.status, found.detail) == ("mixed", "several concepts at once: names")


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("    return x, y", "    return p, y", "no longer stands for the variable that x was"),
        ("    x = 2\n", "    abcde = 2\n", "a use of x may see definitions that now have several names"),
        ("    d = b\n    return c, d", "    c = b\n    return c, c", "no longer stands for"),
        ("    return c, d", "    return c, e", "no longer stands for"),
    ],
)
def test_a_name_that_means_something_else_now(old, new, why):
    broken = SOURCE.replace(old, new)
    found = recognise(SOURCE, broken)
    assert found.status == "not_this_concept" and why in found.detail, found
