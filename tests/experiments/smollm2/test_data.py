"""What is tuned on: programs before and after, in turn, without statements; or other originals in their place."""

from dataclasses import replace

import pytest

from procure_kit.experiments.curves.arms import MAIN
from procure_kit.experiments.smollm2 import choice
from procure_kit.experiments.smollm2.choice import chosen
from procure_kit.experiments.smollm2.data import of_same_lengths, scored_pairs, training_examples
from procure_kit.problems.problem import Problem
from tests.experiments.smollm2.made_up import CODE, PROBLEMS, RECIPE, rows_file


def examples_of(tokenizer, arm, file, seed=0):
    arm = MAIN[arm]
    pairs, _ = chosen(tokenizer, arm, RECIPE, [file], seed, file.with_name("note.jsonl"))
    return training_examples(tokenizer, arm, RECIPE, pairs, seed)


def texts(tokenizer, examples):
    return [tokenizer.decode(example["input_ids"]).removesuffix(tokenizer.eos_token) for example in examples]


def test_originals_and_counterfactuals_alternate_one_a_program_and_without_statements(tokenizer, sets, tmp_path):
    file = rows_file(tmp_path / "rows.jsonl")
    examples, counts = examples_of(tokenizer, "plain", file, 0)
    assert counts == {"if_else_flip": 3, "independent_swap": 3}
    found = texts(tokenizer, examples)
    assert len(found) == 2 * RECIPE.pairs == RECIPE.steps * 2 * RECIPE.batch_size
    assert len({text.split("(")[0] for text in found}) == RECIPE.pairs  # each program once, before and after
    assert all(text.startswith("def f") and "Riddle" not in text for text in found)
    for original, counterfactual in zip(found[::2], found[1::2], strict=True):
        assert original in {problem.canonical_solution for problem in PROBLEMS} and counterfactual != original
    flags = [any(example["changed"]) for example in examples]
    assert flags == [False, True] * RECIPE.pairs
    assert all(example["labels"] == example["input_ids"] for example in examples)  # all of it is response


def test_altered_tokens_are_where_they_were_behind_the_statement(tokenizer, sets, tmp_path):
    file = rows_file(tmp_path / "rows.jsonl", concepts=("variable_name_random",))
    examples, _ = examples_of(tokenizer, "plain", file, 0)
    for example in examples[1::2]:
        changed = [token for token, flag in zip(example["input_ids"], example["changed"], strict=True) if flag]
        names = tokenizer.decode(changed).split()
        assert len("".join(names)) == 5 * 10  # b and c, ten times in all, by names of five letters


def test_originals_take_other_programs_in_the_counterfactuals_place(tokenizer, sets, tmp_path):
    file = rows_file(tmp_path / "rows.jsonl")
    plain, _ = examples_of(tokenizer, "plain", file, 3)
    alone, _ = examples_of(tokenizer, "originals", file, 3)
    assert alone[::2] == plain[::2] and not any(any(example["changed"]) for example in alone)
    assert len(set(texts(tokenizer, alone))) == 2 * RECIPE.pairs  # no program twice
    lengths = [sum(len(example["input_ids"]) for example in examples) for examples in (plain, alone)]
    assert abs(lengths[0] - lengths[1]) < 0.1 * lengths[0]


def test_an_arm_says_which_tokens_count(tokenizer, sets, tmp_path):
    """Without the first mentions of new names: out of the mask term, or out of the loss altogether."""
    file = rows_file(tmp_path / "rows.jsonl", concepts=("variable_name_random",))

    def second(arm):
        return examples_of(tokenizer, arm, file, 0)[0][1]

    plain, uses, silent = second("plain"), second("mask uses"), second("no mentions")
    assert sum(uses["changed"]) == sum(plain["changed"]) * 8 / 10  # b and c are each mentioned five times
    mentions = [a and not b for a, b in zip(plain["changed"], uses["changed"], strict=True)]
    assert [label == -100 for label in silent["labels"]] == mentions


def test_too_few_other_originals_are_told(tokenizer, sets, tmp_path, monkeypatch):
    file = rows_file(tmp_path / "rows.jsonl")
    monkeypatch.setattr(choice, "load_problems", lambda name: PROBLEMS[:9])
    with pytest.raises(ValueError, match="made-up: 3 other programs, 6 are needed"):
        examples_of(tokenizer, "originals", file, 0)


def test_the_head_of_a_function_is_no_statement(tokenizer, monkeypatch, tmp_path):
    problems = []
    for n in range(12):
        head, _, body = CODE.format(n=n).partition("\n")
        problems.append(Problem(f"made/{n}", head + "\n", body, "", f"f{n}"))
    monkeypatch.setattr(choice, "load_problems", lambda name: problems)
    examples, _ = examples_of(tokenizer, "plain", rows_file(tmp_path / "rows.jsonl", problems[:8]))
    assert all(text.startswith("def f") for text in texts(tokenizer, examples))


def test_what_is_scored_has_a_concept_that_nothing_is_tuned_on():
    pairs = scored_pairs("kit", replace(RECIPE, limit=2))
    assert {cf.task_id for cf, _ in pairs} == {"kit/0", "kit/1"}
    assert "data_type" in {cf.concept for cf, _ in pairs} and "data_type" not in MAIN["plain"].concepts


def test_nearest_lengths_are_each_taken_once():
    spare = [{"input_ids": [0] * n} for n in (3, 5, 9)]
    assert [len(e["input_ids"]) for e in of_same_lengths(spare, [{"input_ids": [0] * 6}] * 2)] == [5, 3]
