"""The twin of a counterfactual as a row: made by the rules at its site, whoever made the counterfactual."""

import json
from dataclasses import replace

import pytest

import procure_kit as pk
from procure_kit.concepts.twins.size import tokens_changed
from procure_kit.concepts.twins.twin import BREAKS
from procure_kit.problems.counterfactual import BREAKING, Counterfactual, NotApplicable
from tests.concepts.test_perturbation import LAYOUTS, SOURCE, outside

FLIP = "def f(n):\n    if n < 0:\n        s = -1\n    else:\n        s = 1\n    return s\n"


def results(program: str) -> list:
    scope: dict = {}
    exec(program.removeprefix("\ufeff"), scope)
    found = []
    for n in (-50, -5, 0, 5):
        try:
            found.append(scope["sign"](n))
        except Exception as error:
            found.append(type(error).__name__)
    return found


def test_every_concept_has_a_way_of_breaking():
    assert set(BREAKS) == set(pk.CONCEPTS)


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("mode", ["strict", "procure"])
@pytest.mark.parametrize("concept", BREAKS)
def test_a_twin_differs_at_the_site_alone_and_does_something_else(concept, mode, layout):
    source = layout(SOURCE)
    for site in pk.find_sites(source, [concept], mode):
        if site.refused is None:
            cf = pk.perturb(source, concept, 3, mode, site)
            made = [pk.twin(cf, seed) for seed in range(12)]
            assert made[0] == pk.twin(cf)
            for one in made:
                assert outside(source, one.changed_original) == outside(one.counterfactual, one.changed)
                assert one.counterfactual not in (source, cf.counterfactual)
            assert any(results(one.counterfactual) != results(source) for one in made), [one.detail for one in made]


def test_the_row_says_that_it_breaks_and_comes_back_from_json():
    cf = pk.perturb(FLIP, "if_else_flip", seed=7, task_id="kit/1")
    made = pk.twin(cf)
    assert (made.soundness, made.generator, made.status) == (BREAKING, "twins", "")
    assert (made.task_id, made.concept, made.mode, made.site, made.seed) == ("kit/1", "if_else_flip", "strict", 0, 7)
    assert Counterfactual.from_row(json.loads(json.dumps(made.to_row()))) == made


def test_a_counterfactual_from_elsewhere_is_broken_where_it_differs():
    """A row with nothing but the two programs, whose second site was rewritten and laid out in another way."""
    source = FLIP + FLIP.replace("f(n)", "g(n)")
    head, tail = source[: len(FLIP)], pk.perturb(FLIP, "if_else_flip").counterfactual.replace("f(n)", "g(n)")
    row = {"task_id": "x", "concept": "if_else_flip", "original": source}
    cf = Counterfactual.from_row(row | {"counterfactual": head + tail.replace("s = 1", "s  =  1")})
    made = pk.twin(cf)
    assert made.counterfactual.startswith(head) and made.counterfactual != source


def test_a_row_whose_number_means_another_site_by_now_is_broken_where_it_differs():
    source = FLIP + FLIP.replace("f(n)", "g(n)")
    cf = pk.perturb(source, "if_else_flip", site=1)
    assert pk.twin(replace(cf, site=0)).counterfactual == pk.twin(cf).counterfactual


def test_several_sites_at_once_have_the_twin_of_one():
    cf = pk.perturb(FLIP + FLIP.replace("f(n)", "g(n)"), "if_else_flip", site=[0, 1])
    assert pk.twin(cf).counterfactual not in (cf.original, cf.counterfactual)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"soundness": BREAKING}, "it is a twin that breaks already"),
        ({"status": "not_applicable"}, "the row has no counterfactual"),
        ({"counterfactual": FLIP}, "the row has no counterfactual"),
        ({"counterfactual": FLIP + "f(1)\n", "changed_original": (), "site": -1}, "the rules accept no site where"),
    ],
)
def test_where_there_is_nothing_to_break_the_reason_is_said(change, why):
    with pytest.raises(NotApplicable, match=why):
        pk.twin(replace(pk.perturb(FLIP, "if_else_flip"), **change))


def test_a_name_that_nothing_uses_has_no_twin():
    cf = pk.perturb("def f(n):\n    m = n\n", "variable_name_random")
    with pytest.raises(NotApplicable, match="no edit of its kind at this site changes what the program does"):
        pk.twin(cf)


def test_an_unknown_concept_is_an_error():
    with pytest.raises(ValueError, match="no concept 'loops'"):
        pk.twin(replace(pk.perturb(FLIP, "if_else_flip"), concept="loops"))


def test_a_twin_that_python_does_not_compile_is_not_offered():
    source = (
        "def f(n):\n    if n:\n        s = 1\n    else:\n        nonlocal_ = 2\n        s = nonlocal_\n    return s\n"
    )
    for seed in range(4):
        compile(pk.twin(pk.perturb(source, "if_else_flip"), seed).counterfactual, "twin", "exec")


@pytest.mark.parametrize(
    ("one", "other", "size"),
    [
        ("a = 1\n", "a = 1  # x\n\n", 0),
        ("a = 1\n", "a = 2\n", 1),
        ("a = b\n", "a = b + c\n", 2),
        ("f(a, b)\n", "f(b)\n", 2),
    ],
)
def test_sizes_are_in_tokens(one, other, size):
    assert tokens_changed(one, other) == size
