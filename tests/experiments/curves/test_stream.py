"""The stream of a run: fresh, balanced, the same for a seed, and alike for arms that differ in the loss alone."""

from collections import Counter
from dataclasses import replace
from functools import cache
from itertools import islice

import pytest

from procure_kit.experiments.curves.arms import Arm, Recipe, arm_named
from procure_kit.experiments.curves.stream import altered, batches, pairs, replayed, units
from procure_kit.training.models import load_model


@pytest.fixture(scope="module")
def tokenizer():
    return load_model("tiny")[1]


@cache  # several tests look at the same ones
def first_batches(tokenizer, arm: str, count: int = 2, seed: int = 0):
    return list(islice(batches(tokenizer, arm_named(arm), Recipe(), seed), count))


def test_no_program_comes_twice_and_concepts_come_equally_often():
    drawn = list(islice(pairs(7, Arm()), 200))
    assert len({cf.original for cf, _ in drawn}) == 200
    counts = Counter(cf.concept for cf, _ in drawn)
    assert max(counts.values()) - min(counts.values()) <= 2
    assert {problem.task_id.split("/")[1] for _, problem in drawn} == {"train"}


def test_a_concept_left_out_never_comes():
    arm = arm_named("plain without if_else_flip")
    assert "if_else_flip" not in {cf.concept for cf, _ in islice(pairs(7, arm), 50)}


@pytest.mark.slow
def test_a_batch_holds_as_many_rows_as_asked_for(tokenizer):
    for arm, size in (("plain", 2), ("originals", 2), ("twins", 3)):
        for units_, texts in first_batches(tokenizer, arm):
            assert sum(len(unit.rows) for unit in units_) == 12 and len(texts) == 4
            assert {len(unit.rows) for unit in units_} == {size}


def test_arms_see_the_same_programs_in_the_same_order(tokenizer):
    plain, mask, originals = (first_batches(tokenizer, arm) for arm in ("plain", "both", "originals"))
    ids = [[[row["input_ids"] for row in unit.rows] for unit in step] for step, _ in plain]
    assert ids == [[[row["input_ids"] for row in unit.rows] for unit in step] for step, _ in mask]
    first = sorted(rows[0] for step in ids for rows in step)
    assert [sorted(step[1][0]["input_ids"]) for step in plain] == [
        sorted(step[1][0]["input_ids"]) for step in originals
    ]
    assert len(first) == len({tuple(row) for row in first})
    again, other = (first_batches(tokenizer, "plain", 1, seed) for seed in (0, 1))
    assert again == plain[:1] != other


def test_originals_hold_nothing_altered_and_pairs_do(tokenizer):
    def altered_tokens(arm):
        return sum(
            sum(row["changed"]) for step, _ in first_batches(tokenizer, arm) for unit in step for row in unit.rows
        )

    assert altered_tokens("originals") == 0 < altered_tokens("mask uses") < altered_tokens("mask")


def test_first_mentions_are_silenced_and_their_uses_are_not(tokenizer):
    cf, problem = next(pair for pair in pairs(3, Arm()) if pair[0].concept == "variable_name_random")
    plain, silent = (altered(tokenizer, cf, problem, arm_named(arm)) for arm in ("plain", "no mentions"))
    quiet = [i for i, (a, b) in enumerate(zip(plain["labels"], silent["labels"], strict=True)) if a != b]
    assert quiet and all(silent["labels"][i] == -100 and plain["changed"][i] for i in quiet)
    assert len(quiet) < sum(plain["changed"])


def test_replayed_text_is_learnt_from_its_first_token_to_its_end(tokenizer):
    row = next(replayed(tokenizer, 0))
    assert row["labels"] == row["input_ids"] and row["input_ids"][-1] == tokenizer.eos_token_id
    assert not any(row["changed"])


def test_units_of_twins_hold_three_different_programs(tokenizer):
    for unit in islice(units(tokenizer, arm_named("twins"), 0), 10):
        assert len({tuple(row["input_ids"]) for row in unit.rows}) == 3


def test_a_recipe_without_replay_fills_the_batch_with_pairs(tokenizer):
    step, texts = next(batches(tokenizer, Arm(), replace(Recipe(), rows=8, replay=0), 0))
    assert len(step) == 4 and not texts
