"""Which tokens of two programs correspond, checked by hand for every concept."""

from dataclasses import replace

import pytest

from procure_kit.concepts.perturbation import perturb
from procure_kit.concepts.table import CONCEPTS
from procure_kit.generation.rules import pairs_of
from procure_kit.problems.counterfactual import Edit, apply_edits
from procure_kit.problems.problem import Problem
from procure_kit.training.alignment import aligned_tokens, response_tokens
from procure_kit.training.examples import build_example
from procure_kit.training.models import load_model
from procure_kit.validation.problem_names import load_problems
from tests.training.test_examples import PROBLEM, RENAMED, TOKENIZER

PROMPT = 'def count(words, most):\n    """Count."""\n'
LONG = """\
    total = 0
    longest = 0
    for word in words:
        if len(word) < most:
            total += 1
        else:
            longest = len(word)
    total = total + longest
    return total
"""
GUARD = "    if most < 0:\n        return 0\n    total = most\n    return total\n"
NESTED = "    if words:\n        if most > 0:\n            return 1\n    return 0\n"
NUMBER = "    if len(words) > 1:\n        return 1\n    return 0\n"
LOOP = "    pair = [1, 2]\n    for word in pair:\n        print(word)\n    return most\n"
NAMES = "= 0 / = 0 / for in words : / if len ( ) < most : / += 1 / else : / = len ( ) / = + / return /"
CASES = {  # a body, and its tokens that stay what and where they were; / is a line break with its indentation
    # The bodies trade places: only what stands between and behind them is untouched.
    "if_else_flip": (LONG, "most : / / else : / / total = total + longest / return total /"),
    "independent_swap": (
        LONG,
        "/ / for word in words : / if len ( word ) < most : / total += 1 / else : / longest = len ( word ) "
        "/ total = total + longest / return total /",
    ),
    "def_use_break": (LONG, "= total + longest / return /"),
    "variable_name_random": (LONG, NAMES),
    "variable_name_shuffle": (LONG, NAMES),
    "data_type": (NUMBER, ": / return 1 / return 0 /"),
    # `:` is not among them: behind `len(word)` the tokenizer makes one token of `):`, half of which is changed.
    "mirrored_comparison": (
        LONG,
        "/ total += 1 / else : / longest = len ( word ) / total = total + longest / return total /",
    ),
    # The line break is one token with its indentation, which is changed.
    "guard_clause": (GUARD, "= most total /"),
    "nested_condition": (NESTED, "> 0 : return 1 / return 0 /"),
    "augmented_assignment": (
        LONG,
        "1 / else : / longest = len ( word ) / total = total + longest / return total /",
    ),
    "for_while": (LOOP, "p r in t ( word ) / return most /"),
}


@pytest.fixture(scope="module")
def tokenizer():
    return load_model("tiny")[1]


def texts(tokenizer, ids):
    found = [tokenizer.decode(token) for token in ids]
    return [text.strip() or "/" * ("\n" in text) for text in found]


@pytest.mark.parametrize("concept", CONCEPTS)
def test_each_concept_by_hand(tokenizer, concept):
    body, expected = CASES[concept]
    problem = Problem("t/1", PROMPT, body, "", "count")
    cf = perturb(problem.program, concept)
    aligned = aligned_tokens(tokenizer, cf, problem)
    original = build_example(tokenizer, cf, problem, side="original")
    counterfactual = build_example(tokenizer, cf, problem)
    assert " ".join(filter(None, texts(tokenizer, [original["input_ids"][a] for a, _ in aligned]))) == expected
    assert all(original["input_ids"][a] == counterfactual["input_ids"][b] for a, b in aligned)


def test_what_is_aligned_is_untouched_response_behind_the_change(tokenizer):
    """On problems of the kit's own: each token once, in order, and never a changed one."""
    seen = set()
    for cf, problem in pairs_of(load_problems("kit")[:12], tuple(CONCEPTS)):
        aligned = aligned_tokens(tokenizer, cf, problem)
        sides = [build_example(tokenizer, cf, problem, side=side) for side in ("original", "counterfactual")]
        for number, example in enumerate(sides):
            places = [both[number] for both in aligned]
            assert places == sorted(set(places))
            assert all(example["labels"][place] != -100 and not example["changed"][place] for place in places)
        first = sides[1]["changed"].index(1) if any(sides[1]["changed"]) else 0
        assert all(b > first for _, b in aligned) and aligned
        assert [sides[0]["input_ids"][a] for a, _ in aligned] == [sides[1]["input_ids"][b] for _, b in aligned]
        seen.add(cf.concept)
    assert len(seen) > 8


def test_names_of_other_lengths_move_what_follows():
    """`total` is one token here and `qzxvk` five: what follows stands four, eight ... places further right."""
    aligned = aligned_tokens(TOKENIZER, RENAMED, PROBLEM)
    original, changed = (build_example(TOKENIZER, RENAMED, PROBLEM, side=s) for s in ("original", "counterfactual"))
    ids = original["input_ids"]
    shifts = {b - a for a, b in aligned}
    step = len(changed["input_ids"]) - len(ids)
    assert step > 0 and shifts == {step * k // 5 for k in range(1, 6)}
    assert "return 0" in TOKENIZER.decode([ids[a] for a, _ in aligned])


def test_one_character_of_several_tokens_is_aligned_token_by_token():
    source = 'def f(a):\n    b = a\n    return "é😀" + b\n'
    at = source.index("b")
    program, changed, old = apply_edits(source, [Edit(at, at + 1, "longer")])
    cf = replace(RENAMED, original=source, counterfactual=program, changed=changed, changed_original=old)
    aligned = aligned_tokens(TOKENIZER, cf, None)
    original, other = (build_example(TOKENIZER, cf, side=s)["input_ids"] for s in ("original", "counterfactual"))
    found = [original[a] for a, _ in aligned]
    assert found == [other[b] for _, b in aligned] and "é😀" in TOKENIZER.decode(found)


def test_the_first_token_is_predicted_by_nothing():
    """An insertion before all else: the original's first token has no prediction to compare."""
    source = "x = 1\ny = 2\n"
    program, changed, old = apply_edits(source, [Edit(0, 0, "z = 0\n")])
    cf = replace(RENAMED, original=source, counterfactual=program, changed=changed, changed_original=old)
    aligned = aligned_tokens(TOKENIZER, cf, None)
    assert aligned and min(a for a, _ in aligned) == 1


def test_what_a_maximum_length_cuts_off_is_not_aligned():
    whole = aligned_tokens(TOKENIZER, RENAMED, PROBLEM)
    cut = whole[len(whole) // 2][1]
    assert aligned_tokens(TOKENIZER, RENAMED, PROBLEM, cut) == [both for both in whole if both[1] < cut]


@pytest.mark.parametrize("spans", [{"changed": ()}, {"changed_original": ()}, {"changed": RENAMED.changed[:-1]}])
def test_nothing_aligns_where_spans_do_not_correspond(spans):
    assert aligned_tokens(TOKENIZER, replace(RENAMED, **spans), PROBLEM) == []


def test_layout_that_differs_between_the_spans_is_not_aligned():
    """A language model's row may have other white space where no syntax changed."""
    shifted = RENAMED.counterfactual.replace("    if not", "    \n    if not")
    at = shifted.index("    \n")
    moved = tuple((a + 5 * (a > at), b + 5 * (a > at)) for a, b in RENAMED.changed)
    found = aligned_tokens(TOKENIZER, replace(RENAMED, counterfactual=shifted, changed=moved), PROBLEM)
    ids = build_example(TOKENIZER, RENAMED, PROBLEM, side="original")["input_ids"]
    text = TOKENIZER.decode([ids[a] for a, _ in found])
    assert "not" not in text and "return 0" in text


def test_response_tokens_are_those_with_labels(tokenizer):
    problem = Problem("t/1", PROMPT, LONG, "", "count")
    cf = perturb(problem.program, "variable_name_random")
    found = response_tokens(tokenizer, cf, problem, "counterfactual")
    labels = build_example(tokenizer, cf, problem)["labels"]
    assert [position for position, _ in found] == [n for n, label in enumerate(labels) if label != -100][:-1]
    assert "".join(cf.counterfactual[a:b] for _, (a, b) in found).strip() == cf.counterfactual[len(PROMPT) :].strip()
