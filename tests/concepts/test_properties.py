"""Random programs, half of them in odd layouts, run before and after on the same inputs: what they return, raise and do
must be the same. A small slice of what tests/proofs/fuzz.py does.

Only sites that claim to be sound for any input ("syntactic") are held to it; all must pass the concept check.
"""

import ast
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procure_kit import CONCEPTS, find_sites, perturb, perturb_all, recognise
from procure_kit.concepts.recognition.concept_check import classify
from procure_kit.concepts.table import DEFAULT_CONCEPTS
from tests.concepts.odd_layout import redress
from tests.concepts.random_programs import random_program
from tests.proofs.fuzz import check, program

pytestmark = pytest.mark.filterwarnings("ignore::SyntaxWarning")  # `0[0]` in a random program


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 2**32))
def test_sound_sites_keep_the_behaviour(seed):
    assert check(seed)[1] == []


def test_random_programs_have_something_to_do():
    """The property above would be empty if nothing were ever accepted."""
    programs = [random_program(Random(seed)) for seed in range(12)]
    sites = [
        site for source in programs for mode in ("strict", "procure") for site in find_sites(source, CONCEPTS, mode)
    ]
    assert {s.concept for s in sites if s.refused is None and s.soundness == "syntactic"} >= set(DEFAULT_CONCEPTS)


def test_the_fuzzer_sees_a_rewrite_that_changes_what_a_program_does(monkeypatch):
    monkeypatch.setattr("tests.proofs.fuzz.program", lambda seed: "def f(p, n):\n    x = 1\n    y = 2\n    return x\n")
    monkeypatch.setattr("tests.proofs.fuzz.behaviours", lambda source: source.index("x"))
    assert {"another behaviour"} <= {bad["why"] for bad in check(0)[1]}


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32))
def test_an_odd_layout_is_the_same_program(seed):
    rng = Random(seed)
    source = random_program(rng)
    assert ast.dump(ast.parse(redress(source, rng))) == ast.dump(ast.parse(source))


def test_odd_layouts_are_odd():
    odd = [redress(random_program(rng), rng) for rng in map(Random, range(20))]
    for shape in ("\\\n", "\t", ";", "  # both", "\x0c", "if(", "in[", "\r\n"):
        assert any(shape in text for text in odd), shape


@pytest.mark.slow
@settings(max_examples=5, deadline=None)
@given(st.integers(0, 2**32))
def test_the_concept_check_knows_its_own_concepts(seed):
    source = program(seed)
    for mode in ("strict", "procure"):
        for concept in CONCEPTS:
            accepted = [site for site in find_sites(source, [concept], mode) if site.refused is None]
            made = [perturb(source, concept, seed, mode, site) for site in accepted]
            for cf in [*made, perturb_all(source, concept, seed, mode)] if made else []:
                found = classify(source, cf.counterfactual, concept)
                assert found.status == "ok", (found.detail, cf.counterfactual)
            if made:
                assert recognise(source, cf.counterfactual).status == "ok"
        both = perturb_all(source, None, seed, mode)
        assert not both.sites or recognise(source, both.counterfactual).status in ("ok", "mixed"), both.counterfactual
