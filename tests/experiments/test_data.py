"""Arms differ in what they say and in nothing else, and train on nothing that is scored."""

import json
from dataclasses import replace

import pytest

from procure_kit.experiments.arms import MAIN, SETS, Recipe, arm_named
from procure_kit.experiments.data import (
    of_same_lengths,
    pairs_from,
    pairs_in,
    scoring_problems,
    training_examples,
    training_pairs,
)
from procure_kit.training.cuts import cut_pair

SMALL = Recipe(steps=2, batch_size=10, composition=1, family=1, kit=0, max_new_tokens=40)


@pytest.fixture(scope="module")
def tokenizer():
    from procure_kit.training.models import load_model

    return load_model("tiny")[1]


def test_names_say_what_an_arm_varies():
    assert arm_named("both") == MAIN["both"] and arm_named("both 0.3") == replace(MAIN["both"], lam=0.3)
    assert arm_named("plain procure").mode == "procure"
    assert all("name" in concept for concept in arm_named("both names").concepts)
    assert arm_named("plain file:pairs.jsonl").file == "pairs.jsonl"
    assert arm_named("both from:kit").problems == "kit"
    assert all(arm_named(name) for names in SETS.values() for name in names)
    with pytest.raises(ValueError, match="no arm 'both twice': use untuned"):
        arm_named("both twice")


def test_training_pairs_are_even_over_concepts_and_never_held_out():
    pairs = training_pairs(1000, 10, MAIN["plain"])
    assert len(pairs) == 10 and all(cut_pair(cf) for cf, _ in pairs)
    assert {cf.concept for cf, _ in pairs} == set(MAIN["plain"].concepts)
    assert all(cf.task_id.startswith("world/train/") for cf, _ in pairs)
    assert not {cf.original for cf, _ in pairs} & {problem.program for problem in scoring_problems(Recipe())}


def test_arms_of_a_seed_train_on_the_same_originals_and_as_many_tokens(tokenizer):
    plain, both, alone = (training_examples(tokenizer, MAIN[n], SMALL, 3) for n in ("plain", "both", "originals"))
    assert plain == both and len(plain) == len(alone) == 20
    assert plain[::2] == alone[::2] and plain[1::2] != alone[1::2]
    assert not any(any(example["changed"]) for example in alone)
    tokens = [sum(len(example["input_ids"]) for example in examples) for examples in (plain, alone)]
    assert tokens[1] == pytest.approx(tokens[0], rel=0.03)
    assert training_examples(tokenizer, MAIN["plain"], SMALL, 4) != plain


def test_nearest_lengths_are_each_taken_once():
    spare = [{"input_ids": [0] * n} for n in (3, 5, 9)]
    assert [len(e["input_ids"]) for e in of_same_lengths(spare, [{"input_ids": [0] * 6}] * 2)] == [5, 3]


def test_pairs_of_a_generator_are_read_from_its_file(tmp_path):
    path = tmp_path / "pairs.jsonl"
    rows = [cf.to_row() | {"status": "valid"} for cf, _ in training_pairs(0, 5, MAIN["plain"])]
    path.write_text("".join(json.dumps(row) + "\n" for row in [*rows[:2], rows[2] | {"status": "no_change"}]))
    assert [pair.task_id for pair, _ in pairs_in(str(path), 3)] == [rows[i]["task_id"] for i in (0, 1, 0)]
    path.write_text(json.dumps(rows[0] | {"status": "no_change"}) + "\n")
    with pytest.raises(ValueError, match="no valid counterfactual"):
        pairs_in(str(path), 3)


@pytest.mark.slow
def test_a_set_that_is_trained_on_comes_again_but_never_its_scored_problems():
    scored = {problem.task_id for problem in scoring_problems(Recipe())}
    pairs = pairs_from("kit", 0, 250, MAIN["plain"], scored)
    tasks = [pair.task_id for pair, _ in pairs]
    assert len(pairs) == 250 and not scored.intersection(tasks) and all(cut_pair(pair) for pair, _ in pairs)
    first = [p.counterfactual for p, _ in pairs if (p.task_id, p.concept) == (tasks[0], "variable_name_random")]
    assert len(first) == len(set(first)) > 1
    with pytest.raises(ValueError, match="kit: no counterfactual to train on"):
        pairs_from("kit", 0, 1, MAIN["plain"], {f"kit/{i}" for i in range(100)})


@pytest.mark.slow
def test_an_arm_can_train_on_another_set(tokenizer):
    examples = training_examples(tokenizer, arm_named("plain from:kit"), SMALL, 0)
    assert len(examples) == 20 and examples[::2] != training_examples(tokenizer, MAIN["plain"], SMALL, 0)[::2]
