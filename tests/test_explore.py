"""The explorer's logic without a browser: what each choice shows."""

import pytest

from procure_kit.explore import OWN_CODE, explorer


@pytest.fixture
def parts():
    box = explorer()
    (problem, concept, site, seed, run), (code, pair, verdict, sites) = box.children[0].children, box.children[1:]
    return {
        "problem": problem, "concept": concept, "site": site, "seed": seed, "run": run,
        "code": code, "pair": pair, "verdict": verdict, "sites": sites,
    }  # fmt: skip


def test_it_opens_on_a_counterfactual(parts):
    assert "counterfactual: if_else_flip" in parts["pair"].value
    assert parts["site"].options[0] == ("any (the seed chooses)", None)


def test_another_seed_gives_other_names(parts):
    parts["concept"].value = "variable_name_random"
    first = parts["pair"].value
    parts["seed"].value = 1
    assert parts["pair"].value != first


def test_a_concept_without_a_site_says_why(parts):
    parts["concept"].value = "def_use_break"  # kit/0 has no second definition that can be told apart
    assert "has no site that can be rewritten safely" in parts["pair"].value


def test_the_verdict_goes_with_its_program(parts):
    parts["run"].click()
    assert "<b>valid" in parts["verdict"].value
    parts["seed"].value = 1
    assert parts["verdict"].value == ""
    parts["run"].click()
    parts["problem"].value = OWN_CODE
    parts["code"].value = "def f(:"
    assert parts["verdict"].value == "" and "line 1" in parts["pair"].value


def test_own_code_has_no_tests_to_run(parts):
    parts["problem"].value = OWN_CODE
    parts["code"].value = "def f(x):\n    if len(x) > 1:\n        return 1\n    else:\n        return 2\n"
    parts["run"].click()
    assert "Only a problem as it stands has tests" in parts["verdict"].value


def test_markup_in_code_stays_text(parts):
    parts["problem"].value = OWN_CODE
    parts["code"].value = "def f(x):\n    a = '<script>'\n    b = '<i>'\n    return a + b\n"
    parts["concept"].value = "independent_swap"
    assert "<script>" not in parts["pair"].value and "&lt;script&gt;" in parts["pair"].value
    assert "<script>" not in parts["sites"].value
