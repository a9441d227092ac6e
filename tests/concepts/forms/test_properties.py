"""Random programs full of forms, run before and after: what holds for any input changes nothing, also all at once."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procure_kit import CONCEPTS, NotApplicable, classify, find_sites, perturb, perturb_all, twin
from procure_kit.concepts.table import FAMILIES
from tests.concepts.forms.form_programs import form_program
from tests.concepts.random_programs import behaviours

pytestmark = pytest.mark.filterwarnings("ignore::SyntaxWarning")


def check_forms(seed: int) -> set[str]:
    """Rewrite every accepted site, and the sound ones together; returns the concepts that had a sound one."""
    source, mode = form_program(Random(seed)), "procure" if seed % 2 else "strict"
    expected, held = behaviours(source), set()
    for site in find_sites(source, ["forms"], mode):
        if site.refused is None:
            cf = perturb(source, site.concept, seed, mode, site)
            found = classify(source, cf.counterfactual, site.concept)
            assert found.status == "ok" and found.changed, (site.label, found.detail, cf.counterfactual)
            if site.soundness == "syntactic":
                assert behaviours(cf.counterfactual) == expected, (site.concept, site.label, cf.counterfactual)
                held.add(site.concept)
            try:
                assert twin(cf).counterfactual not in (source, cf.counterfactual)
            except NotApplicable as reason:
                pytest.fail(f"{site.concept}, {site.label}: {reason}")
    for concepts in (FAMILIES["forms"], CONCEPTS, reversed(CONCEPTS)):
        made = perturb_all(source, list(concepts), seed, mode, "syntactic")
        assert behaviours(made.counterfactual) == expected, (made.sites, made.counterfactual)
    return held


@settings(max_examples=3, deadline=None)
@given(st.integers(0, 2**32))
def test_sound_forms_keep_the_behaviour(seed):
    check_forms(seed)


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32))
def test_more_of_them(seed):
    check_forms(seed)


def test_the_programs_have_every_form():
    sources = [form_program(Random(seed)) for seed in range(12)]
    found = [site for source in sources for site in find_sites(source, ["forms"]) if site.soundness == "syntactic"]
    assert {site.concept for site in found if site.refused is None} == set(FAMILIES["forms"])
