"""What is tuned on: valid rows of other problems, one a program, as many of each concept, without statements."""

import json
from dataclasses import replace

import pytest

from procure_kit.concepts.perturbation import perturb
from procure_kit.experiments.curves.arms import MAIN
from procure_kit.experiments.smollm2 import data
from procure_kit.experiments.smollm2.data import digest, scored_pairs, training_examples
from procure_kit.experiments.smollm2.recipe import Recipe
from procure_kit.problems.problem import Problem
from procure_kit.problems.rows import append_row
from procure_kit.training.models import load_model

STATEMENT = '"""Riddle {n}, at length."""\n'
CODE = """\
def f{n}(a):
    b = a + {n}
    c = a * {n}
    if b < c:
        b = c
    else:
        c = b
    return b + c
"""
RECIPE = Recipe(pairs=6, batch_size=2, max_length=120, trained=("made-up",))
PROBLEMS = [Problem(f"made/{n}", STATEMENT.format(n=n), CODE.format(n=n), "", f"f{n}") for n in range(12)]


@pytest.fixture(scope="module")
def tokenizer():
    return load_model("tiny")[1]


@pytest.fixture
def sets(monkeypatch):
    monkeypatch.setattr(data, "load_problems", lambda name: PROBLEMS)


def rows_file(path, problems=PROBLEMS[:8], concepts=("if_else_flip", "independent_swap"), **changes):
    for problem in problems:
        for concept in concepts:
            cf = perturb(problem.program, concept, task_id=problem.task_id)
            append_row(path, replace(cf, **{"status": "valid_on_inputs"} | changes).to_row())
    return path


def texts(tokenizer, examples):
    return [tokenizer.decode(example["input_ids"]).removesuffix(tokenizer.eos_token) for example in examples]


def test_originals_and_counterfactuals_alternate_one_a_program_and_without_statements(tokenizer, sets, tmp_path):
    file = rows_file(tmp_path / "rows.jsonl")
    examples, counts = training_examples(tokenizer, MAIN["plain"], RECIPE, [file], 0)
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
    examples, _ = training_examples(tokenizer, MAIN["plain"], RECIPE, [file], 0)
    for example in examples[1::2]:
        changed = [token for token, flag in zip(example["input_ids"], example["changed"], strict=True) if flag]
        names = tokenizer.decode(changed).split()
        assert len("".join(names)) == 5 * 10  # b and c, ten times in all, by names of five letters


def test_originals_take_other_programs_in_the_counterfactuals_place(tokenizer, sets, tmp_path):
    file = rows_file(tmp_path / "rows.jsonl")
    plain, _ = training_examples(tokenizer, MAIN["plain"], RECIPE, [file], 3)
    alone, _ = training_examples(tokenizer, MAIN["originals"], RECIPE, [file], 3)
    assert alone[::2] == plain[::2] and not any(any(example["changed"]) for example in alone)
    assert len(set(texts(tokenizer, alone))) == 2 * RECIPE.pairs  # no program twice
    lengths = [sum(len(example["input_ids"]) for example in examples) for examples in (plain, alone)]
    assert abs(lengths[0] - lengths[1]) < 0.1 * lengths[0]


def test_a_seed_decides_and_arms_share_its_choice(tokenizer, sets, tmp_path):
    file = rows_file(tmp_path / "rows.jsonl")

    def made(arm, seed):
        return training_examples(tokenizer, MAIN[arm], RECIPE, [file], seed)[0]

    assert made("plain", 0) == made("plain", 0) == made("both", 0) != made("plain", 1)


@pytest.mark.parametrize("change", [{"status": "tests_fail"}, {"status": ""}, {"mode": "procure"}])
def test_other_rows_are_not_trained_on(tokenizer, sets, tmp_path, change):
    file = rows_file(tmp_path / "rows.jsonl", **change)
    with pytest.raises(ValueError, match="valid rows of 0 programs of at most 120 tokens, and 6 are needed"):
        training_examples(tokenizer, MAIN["plain"], RECIPE, [file], 0)


def test_a_long_program_is_left_out_whole(tokenizer, sets, tmp_path):
    file = rows_file(tmp_path / "rows.jsonl")
    with pytest.raises(ValueError, match="valid rows of 0 programs of at most 40 tokens"):
        training_examples(tokenizer, MAIN["plain"], replace(RECIPE, max_length=40), [file], 0)


def test_an_arm_says_which_tokens_count(tokenizer, sets, tmp_path):
    """Without the first mentions of new names: out of the mask term, or out of the loss altogether."""
    file = rows_file(tmp_path / "rows.jsonl", concepts=("variable_name_random",))

    def second(arm):
        return training_examples(tokenizer, MAIN[arm], RECIPE, [file], 0)[0][1]

    plain, uses, silent = second("plain"), second("mask uses"), second("no mentions")
    assert sum(uses["changed"]) == sum(plain["changed"]) * 8 / 10  # b and c are each mentioned five times
    mentions = [a and not b for a, b in zip(plain["changed"], uses["changed"], strict=True)]
    assert [label == -100 for label in silent["labels"]] == mentions


def test_rows_of_unknown_problems_are_told(tokenizer, sets, tmp_path):
    file = rows_file(tmp_path / "rows.jsonl")
    rows_file(file, [replace(PROBLEMS[0], task_id="elsewhere/0")])
    with pytest.warns(UserWarning, match="2 rows are of no problem in the training sets"):
        training_examples(tokenizer, MAIN["plain"], RECIPE, [file], 0)


def test_too_few_other_originals_are_told(tokenizer, sets, tmp_path, monkeypatch):
    file = rows_file(tmp_path / "rows.jsonl")
    monkeypatch.setattr(data, "load_problems", lambda name: PROBLEMS[:9])
    with pytest.raises(ValueError, match="made-up: 3 other programs, 6 are needed"):
        training_examples(tokenizer, MAIN["originals"], RECIPE, [file], 0)


def test_the_head_of_a_function_is_no_statement(tokenizer, monkeypatch, tmp_path):
    problems = []
    for n in range(12):
        head, _, body = CODE.format(n=n).partition("\n")
        problems.append(Problem(f"made/{n}", head + "\n", body, "", f"f{n}"))
    monkeypatch.setattr(data, "load_problems", lambda name: problems)
    examples, _ = training_examples(
        tokenizer, MAIN["plain"], RECIPE, [rows_file(tmp_path / "rows.jsonl", problems[:8])], 0
    )
    assert all(text.startswith("def f") for text in texts(tokenizer, examples))


def test_what_is_scored_has_a_concept_that_nothing_is_tuned_on():
    pairs = scored_pairs("kit", replace(RECIPE, limit=2))
    assert {cf.task_id for cf, _ in pairs} == {"kit/0", "kit/1"}
    assert "data_type" in {cf.concept for cf, _ in pairs} and "data_type" not in MAIN["plain"].concepts


def test_a_digest_tells_rows_apart_but_not_how_long_they_took(tmp_path):
    one, other, again = (rows_file(tmp_path / name, PROBLEMS[:count]) for name, count in (("a", 1), ("b", 2), ("c", 1)))
    rows = [json.loads(line) | {"seconds": 9.9} for line in again.read_text().splitlines()]
    again.write_text("".join(json.dumps(row) + "\n" for row in [*rows, rows[0] | {"status": "tests_fail"}]))
    assert digest([one]) != digest([other]) and digest([one]) == digest([again])
