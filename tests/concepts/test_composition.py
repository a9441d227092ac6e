"""Several sites at once, of one concept and of several."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procure_kit import NotApplicable, find_sites, perturb, perturb_all
from procure_kit.concepts.candidate import Candidate
from procure_kit.concepts.composition import compose
from procure_kit.problems.counterfactual import Edit, Site, exchange, place_edits
from tests.concepts.random_programs import behaviours, random_program

pytestmark = pytest.mark.filterwarnings("ignore::SyntaxWarning")

NESTED = """\
def f(a, b):
    if a:
        x = 1
        y = 2
        if b:
            x = 3
        else:
            x = 4
    else:
        x = y = 0
    return x + y
"""


def test_flips_nest_and_swaps_move_along():
    made = perturb_all(NESTED, ["if_else_flip", "independent_swap"])
    assert made.counterfactual == (
        "def f(a, b):\n    if not a:\n        x = y = 0\n    else:\n        y = 2\n        x = 1\n"
        "        if not b:\n            x = 4\n        else:\n            x = 3\n    return x + y\n"
    )
    assert (made.concept, made.soundness, len(made.sites), made.left_out) == (
        "if_else_flip+independent_swap", "syntactic", 3, (),
    )  # fmt: skip


def test_names_change_wherever_their_text_goes():
    made = perturb_all(NESTED, seed=3)
    assert made.concept == "if_else_flip+independent_swap+def_use_break+variable_name_random"
    assert [(site.concept, why) for site, why in made.left_out] == [
        ("variable_name_shuffle", "another site renames the same variables")
    ]
    for a, b in [(0, 0), (1, 0), (1, 1)]:
        assert _call(made.counterfactual, a, b) == _call(NESTED, a, b)
    assert made.counterfactual.count("if not") == 2


def test_a_definition_split_off_keeps_its_own_new_name():
    source = "def f(p):\n    x = p\n    y = x\n    x = 2\n    return x + y\n"
    made = perturb_all(source, ["def_use_break", "variable_name_shuffle"])
    name = made.counterfactual.splitlines()[3].split()[0]
    assert made.counterfactual == f"def f(p):\n    y = p\n    x = y\n    {name} = 2\n    return {name} + x\n"


def test_a_chain_of_neighbours_swaps_only_in_pairs():
    source = "def f():\n    a = 1\n    b = 2\n    c = 3\n    d = 4\n    return a, b, c, d\n"
    made = perturb_all(source, "independent_swap")
    assert [line.split()[0] for line in made.counterfactual.splitlines()[1:5]] == ["b", "a", "d", "c"]
    assert [(site.index, why) for site, why in made.left_out] == [(1, "another site moves the same text")]


def test_sites_can_be_picked_so_that_a_failure_is_traced():
    sites = [site for site in find_sites(NESTED) if site.refused is None]
    for site in sites:
        alone = perturb_all(NESTED, sites=[site], seed=5)
        assert alone.counterfactual == perturb(NESTED, site.concept, 5, site=site).counterfactual
        assert alone.sites == (site,)
    assert perturb_all(NESTED, sites=[]).counterfactual == NESTED


def test_soundness_leaves_out_what_only_tests_can_tell():
    source = "def f(a, b):\n    if a < b:\n        return 1\n    else:\n        return 2\n"
    assert perturb_all(source, soundness="syntactic").sites == ()
    assert perturb_all(source).soundness == "tested"
    with pytest.raises(ValueError, match="no soundness 'sure'"):
        perturb_all(source, soundness="sure")


def test_perturb_takes_several_sites():
    cf = perturb(NESTED, "if_else_flip", site=[0, 1])
    assert cf.counterfactual == perturb_all(NESTED, ["if_else_flip"]).counterfactual
    assert (cf.site, cf.detail) == (-1, "sites 0, 1")
    source = "def f():\n    a = 1\n    b = 2\n    c = 3\n    return a, b, c\n"
    with pytest.raises(NotApplicable, match="site 1 on line 3: another site moves the same text"):
        perturb(source, "independent_swap", site=[0, 1])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(["strict", "procure"]))
def test_sound_sites_stay_sound_together(seed, mode):
    source = random_program(Random(seed))
    made = perturb_all(source, seed=seed, mode=mode, soundness="syntactic")
    assert behaviours(made.counterfactual) == behaviours(source), made.counterfactual
    assert outside(source, made.changed_original) == outside(made.counterfactual, made.changed)


def outside(text: str, spans) -> list[str]:
    borders = [0, *(border for span in spans for border in span), len(text)]
    return [text[start:end] for start, end in zip(borders[::2], borders[1::2], strict=True)]


def _call(source: str, *args):
    namespace = {}
    exec(source, namespace)
    return namespace["f"](*args)


def test_neighbours_at_the_start_of_a_flipped_body_are_swapped_once():
    """The flip and the first swap begin at one point; the second swap overlaps the first one alone."""
    source = "def f(n):\n    if n is None:\n        a = 1\n        b = 2\n        c = 3\n"
    source += "    else:\n        a = b = c = 0\n    return a, b, c\n"
    made = perturb_all(source, ["if_else_flip", "independent_swap"])
    _, placed = place_edits(source, [edit for edits in made.edits for edit in edits])
    assert [site.concept for site in made.sites] == ["if_else_flip", "independent_swap"]
    assert all(edit in placed for edits in made.edits for edit in edits)
    assert [why for _, why in made.left_out] == ["another site moves the same text"]


@pytest.mark.parametrize("test", ["a if a else b", "lambda: a if a else b", "x := a if a else b"])
@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_brackets_are_not_put_where_a_move_begins_or_ends(test, order):
    """`not (` in front of a test that is itself a conditional expression, whose first value begins there, too."""
    source = f"def f(a, b):\n    if {test}: return 1\n    else: return 2\n"
    with pytest.raises(NotApplicable, match="another site moves the same text"):
        for seed in range(9):  # one of them negates the whole test
            perturb(source, "if_else_flip", seed, "procure", order)
    for seed in range(9):
        compile(perturb_all(source, seed=seed, mode="procure").counterfactual, "program", "exec")


def test_what_another_site_makes_of_a_value_keeps_its_distance():
    source = "def f(p):\n    return(1)if p else []\n"
    made = perturb_all(source, ["if_else_flip", "data_type"], mode="procure")
    assert len(made.sites) == 2 and _call(made.counterfactual, 0) == []


LINE = "ab cd ef gh"
AB, CD, EF, GH = (0, 2), (3, 5), (6, 8), (9, 11)
HALVES = (0, 5), (6, 11)


def fitted(*sites: list) -> tuple[str, list[str]]:
    """What comes of a line when all sites that fit are rewritten, and why a site is left out."""
    chosen = []
    for number, edits in enumerate(sites):
        made = [edit if isinstance(edit, Edit) else Edit(*edit) for edit in edits]
        candidate = Candidate((0, 1), "", lambda rng, made=made: made)
        chosen.append((Site("data_type", number, 1, (0, 1), ""), candidate))
    found = compose(LINE, chosen, seed=0)
    assert len(found.sites) + len(found.left_out) == len(sites)
    return found.counterfactual, [why.removeprefix("another site ") for _, why in found.left_out]


def swap(one, other) -> list[Edit]:
    return exchange(LINE, one, other)


@pytest.mark.parametrize(
    ("sites", "text", "left_out"),
    [
        # changes of text where it stands
        (([(*AB, "x+")], [(*AB, "y+")]), "x+ cd ef gh", "changes the same text"),
        (([(0, 5, "z+")], [(*CD, "q+")]), "z+ ef gh", "changes the same text"),
        (([(*CD, "q+")], [(0, 5, "z+")]), "ab q+ ef gh", "changes the same text"),
        (([(2, 2, "(")], [(2, 2, "[")]), "ab( cd ef gh", "changes the same text"),
        (([(*AB, "x+")], [(*AB, "y+"), (*CD, "w")]), "x+ cd ef gh", "changes the same text"),  # all of it, or nothing
        (([(0, 1, "q")], [(1, 2, "r")]), "qr cd ef gh", None),
        (([(*AB, "x+")], [(2, 3, "/")]), "x+/cd ef gh", None),
        # names
        (([(*AB, "xx")], [(*AB, "yy")]), "xx cd ef gh", "renames the same variables"),
        (([(*AB, "xx")], [(*AB, "yy"), (*CD, "yy")]), "xx yy ef gh", None),  # what is left of the variable
        (([(*AB, "xx")], [(*CD, "xx")]), "xx cd ef gh", "has drawn the same name"),
        (([(*AB, "ef")], [(*CD, "ef")]), "ef ef ef gh", None),  # it was there before
        # moves
        ((swap(AB, CD), swap(AB, CD)), "cd ab ef gh", "moves the same text"),
        ((swap(AB, CD), swap(CD, EF)), "cd ab ef gh", "moves the same text"),
        ((swap(AB, GH), swap(CD, EF)), "gh cd ef ab", "moves the same text"),  # neither inside nor around nor apart
        ((swap(CD, EF), swap(AB, GH)), "ab ef cd gh", "moves the same text"),
        ((swap(AB, CD), swap(EF, GH)), "cd ab gh ef", None),
        ((swap(*HALVES), swap(AB, CD)), "ef gh cd ab", None),
        ((swap(AB, CD), swap(*HALVES)), "ef gh cd ab", None),
        ((swap(*HALVES), swap(AB, CD), swap(EF, GH)), "gh ef cd ab", None),
        ((swap(AB, CD), swap(EF, GH), swap(*HALVES)), "gh ef cd ab", None),
        # both
        ((swap(AB, CD), [(1, 4, "z+")]), "cd ab ef gh", "moves the same text"),
        (([(1, 4, "z+")], swap(AB, CD)), "az+d ef gh", "moves the same text"),
        ((swap(AB, CD), [(*CD, "z+")]), "z+ ab ef gh", None),
        (([(*CD, "z+")], swap(AB, CD)), "z+ ab ef gh", None),
        ((swap(AB, CD), [(2, 3, "/")]), "cd/ab ef gh", None),
        ((swap(AB, CD), [(3, 3, "("), (8, 8, ")")]), "cd ab ef gh", "moves the same text"),  # which way would `(` go?
        (([(3, 3, "("), (8, 8, ")")], swap(AB, CD)), "ab (cd ef) gh", "moves the same text"),
        ((swap(AB, CD), [(3, 3, "("), (5, 5, ")")]), "(cd) ab ef gh", None),
        (([(3, 3, "("), (5, 5, ")")], swap(AB, CD)), "(cd) ab ef gh", None),
    ],
)
def test_which_sites_fit_together(sites, text, left_out):
    assert fitted(*sites) == (text, [left_out] if left_out else [])
