"""Random programs, run before and after on the same inputs: what they return, raise and do must be the same.

Only sites that claim to be sound for any input ("syntactic") are held to it; all must pass the concept check.
"""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procure_kit import CONCEPTS, find_sites, perturb, perturb_all, recognise
from procure_kit.concepts.recognition.concept_check import classify
from procure_kit.concepts.table import DEFAULT_CONCEPTS
from tests.concepts.random_programs import behaviours, random_program

pytestmark = pytest.mark.filterwarnings("ignore::SyntaxWarning")  # `0[0]` in a random program


def check_program(seed: int) -> set[str]:
    """Rewrite every site that claims soundness; returns the concepts that had one."""
    source = random_program(Random(seed))
    expected, held = behaviours(source), set()
    for mode in ("strict", "procure"):
        for site in find_sites(source, CONCEPTS, mode):
            if site.refused is None:
                cf = perturb(source, site.concept, seed, mode, site)
                if site.soundness == "syntactic":
                    assert behaviours(cf.counterfactual) == expected, (site.concept, site.label, cf.counterfactual)
                    held.add(site.concept)
    return held


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32))
def test_sound_sites_keep_the_behaviour(seed):
    check_program(seed)


def test_random_programs_have_something_to_do():
    """The property above would be empty if nothing were ever accepted."""
    assert set().union(*(check_program(seed) for seed in range(12))) >= set(DEFAULT_CONCEPTS)


@pytest.mark.slow
@settings(max_examples=5, deadline=None)
@given(st.integers(0, 2**32))
def test_the_concept_check_knows_its_own_concepts(seed):
    source = random_program(Random(seed))
    for mode in ("strict", "procure"):
        for concept in CONCEPTS:
            accepted = [site for site in find_sites(source, [concept], mode) if site.refused is None]
            made = [perturb(source, concept, seed, mode, site) for site in accepted]
            for cf in [*made, perturb_all(source, concept, seed, mode)] if made else []:
                found = classify(source, cf.counterfactual, concept)
                assert found.status == "ok", (found.detail, cf.counterfactual)
            if made:
                assert recognise(source, cf.counterfactual).status == "ok"
