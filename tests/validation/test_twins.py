"""A twin breaks when its tests reject it; how they see it is said, and one that they do not see is none."""

from dataclasses import replace

import pytest

import procure_kit as pk
from procure_kit.problems.counterfactual import BREAKING, NotApplicable
from procure_kit.running import runner
from procure_kit.validation.twins import breaking_twin
from procure_kit.validation.validation import SEEN, validate
from tests.validation.test_validation import ENDLESS, FLIPPED, ORIGINAL, PROBLEM, VALID_PAIR, WRONG

TWIN = replace(VALID_PAIR, soundness=BREAKING, detail="done wrong", counterfactual=WRONG)


@pytest.mark.parametrize(
    ("program", "status", "detail"),
    [
        (WRONG, "breaks", f"done wrong{SEEN}another result: test line 3; "),
        (FLIPPED, "does_not_break", "done wrong; the tests do not see it"),
        (ORIGINAL.replace("'plus'", "plus"), "breaks", f"{SEEN}it raises: test line 3; "),
        ("1 / 0\n" + WRONG, "breaks", f"{SEEN}it does not load: loading the program raised ZeroDivisionError"),
        (WRONG.replace("def f", "def g"), "breaks", f"{SEEN}it does not load: the program defines no 'f'"),
        (ENDLESS, "breaks", f"{SEEN}it does not end in time: "),
        ("def f(n): return [0] * 10**10", "breaks", f"{SEEN}it takes more memory: "),
        ("import os\ndef f(n): os._exit(0)", "breaks", f"{SEEN}it crashes: "),
        (ORIGINAL, "no_change", "identical"),
        ("def f(n:\n", "unparsable", "the counterfactual"),
    ],
)
def test_the_tests_judge_a_twin(program, status, detail, monkeypatch):
    monkeypatch.setattr(runner, "WALL_FLOOR", 0.5)
    verdict = validate(replace(TWIN, counterfactual=program), PROBLEM)
    assert verdict.status == status
    assert detail in verdict.detail


def test_judged_again_the_detail_stays_as_it_is():
    for program in (WRONG, FLIPPED):
        first = validate(replace(TWIN, counterfactual=program), PROBLEM)
        again = validate(replace(TWIN, counterfactual=program, detail=first.detail), PROBLEM)
        assert (again.status, again.detail) == (first.status, first.detail)


def test_an_original_that_fails_says_nothing_about_its_twin():
    assert validate(replace(TWIN, original=WRONG, counterfactual=FLIPPED), PROBLEM).status == "original_fails"


def test_ways_are_tried_until_the_tests_see_one_that_gives_another_result():
    made, verdict = breaking_twin(VALID_PAIR, PROBLEM)
    assert made == pk.twin(VALID_PAIR) and verdict.status == "breaks"
    source = "def f(n):\n    low = n\n    high = n\n    return low + high - low\n"
    test = "def check(candidate):\n    assert candidate(3) == 3\n"
    problem = pk.Problem("sum", source, "\n", test, "f")
    with pytest.raises(
        NotApplicable, match=r"of the \d+ twins that were tried none breaks: .*; the tests do not see it"
    ):
        breaking_twin(pk.perturb(source, "variable_name_shuffle"), problem)


def test_a_twin_that_raises_is_taken_where_no_other_is_seen():
    source = "def f(n):\n    odd = 0\n    even = 0\n    return odd + even + n\n"
    problem = pk.Problem("x", source, "\n", "def check(candidate):\n    assert candidate(3) == 3\n", "f")
    made, verdict = breaking_twin(pk.perturb(source, "independent_swap"), problem)
    assert f"{SEEN}it raises: " in verdict.detail and made.soundness == BREAKING
