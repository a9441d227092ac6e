"""Which rows are tuned on: valid ones of other problems, one a program; and the note of them that outlives verdicts."""

import json
import re
from dataclasses import replace

import pytest

from procure_kit.experiments.curves.arms import MAIN
from procure_kit.experiments.smollm2 import choice
from procure_kit.experiments.smollm2.choice import chosen
from procure_kit.experiments.smollm2.recipe import Recipe
from procure_kit.shipped import RESULTS
from tests.experiments.smollm2.made_up import PROBLEMS, RECIPE, rows_file


def chosen_of(tokenizer, arm, file, seed=0, recipe=RECIPE, note="note.jsonl"):
    return chosen(tokenizer, MAIN[arm], recipe, [file], seed, file.with_name(note))[0]


def test_a_seed_decides_and_arms_share_its_choice(tokenizer, sets, tmp_path):
    file = rows_file(tmp_path / "rows.jsonl")

    def made(arm, seed, note):
        return chosen_of(tokenizer, arm, file, seed, note=note)

    assert made("plain", 0, "a") == made("plain", 0, "b") == made("both", 0, "c") != made("plain", 1, "a")


@pytest.mark.parametrize("change", [{"status": "tests_fail"}, {"status": ""}, {"mode": "procure"}])
def test_other_rows_are_not_trained_on(tokenizer, sets, tmp_path, change):
    file = rows_file(tmp_path / "rows.jsonl", **change)
    with pytest.raises(ValueError, match="valid rows of 0 programs of at most 120 tokens, and 6 are needed"):
        chosen_of(tokenizer, "plain", file)


def test_a_long_program_is_left_out_whole(tokenizer, sets, tmp_path):
    file = rows_file(tmp_path / "rows.jsonl")
    with pytest.raises(ValueError, match="valid rows of 0 programs of at most 40 tokens"):
        chosen_of(tokenizer, "plain", file, recipe=replace(RECIPE, max_length=40))


def test_rows_of_unknown_problems_are_told(tokenizer, sets, tmp_path):
    file = rows_file(tmp_path / "rows.jsonl")
    rows_file(file, [replace(PROBLEMS[0], task_id="elsewhere/0")])
    with pytest.warns(UserWarning, match="2 rows are of no problem in the training sets"):
        chosen_of(tokenizer, "plain", file)


def test_what_was_chosen_outlives_other_verdicts(tokenizer, sets, tmp_path):
    """Another validation, or none: the same rows, in the same order."""
    pairs = chosen_of(tokenizer, "plain", rows_file(tmp_path / "rows.jsonl"))
    fewer = rows_file(tmp_path / "fewer.jsonl", PROBLEMS[:7])
    rows_file(fewer, PROBLEMS[7:8], status="timeout")
    assert chosen_of(tokenizer, "both", fewer, note="another.jsonl") != pairs
    unjudged = rows_file(tmp_path / "unjudged.jsonl", status="")
    for file in (fewer, unjudged):
        again = chosen_of(tokenizer, "both", file)
        assert [(cf.task_id, cf.concept) for cf in again] == [(cf.task_id, cf.concept) for cf in pairs]
    assert len((tmp_path / "note.jsonl").read_text().splitlines()) == 1


def test_rows_that_a_note_names_and_nobody_has_are_told(tokenizer, sets, tmp_path):
    pairs = chosen_of(tokenizer, "plain", rows_file(tmp_path / "rows.jsonl"))
    lacking = rows_file(tmp_path / "lacking.jsonl", [p for p in PROBLEMS[:8] if p.task_id != pairs[0].task_id])
    other = tmp_path / "other.jsonl"
    other.write_text(re.sub(r"return b \+ c", "return c + b", (tmp_path / "rows.jsonl").read_text()))
    for file in (lacking, other):
        with pytest.raises(ValueError, match=f"{file.name}: not all programs that .*note.jsonl names for seed 0 are"):
            chosen_of(tokenizer, "plain", file)


def test_the_kits_own_choice_holds_elsewhere_where_its_programs_are(tokenizer, sets, tmp_path, monkeypatch):
    """Rows that nobody validated are enough then; other rows are drawn from, as ever."""
    own = tmp_path / "own.jsonl"
    pairs = chosen_of(tokenizer, "plain", rows_file(tmp_path / "rows.jsonl"), note=own.name)
    unjudged = rows_file(tmp_path / "unjudged.jsonl", status="")
    with pytest.raises(ValueError, match="are needed .*; `procure validate` finds which of the 16 rows are valid"):
        chosen_of(tokenizer, "plain", unjudged)
    monkeypatch.setattr(choice, "OWN", own)
    again = chosen_of(tokenizer, "plain", unjudged)
    assert [(cf.task_id, cf.concept) for cf in again] == [(cf.task_id, cf.concept) for cf in pairs]
    assert (tmp_path / "note.jsonl").read_text() == own.read_text()
    fewer = rows_file(tmp_path / "fewer.jsonl", [p for p in PROBLEMS[:8] if p.task_id != pairs[0].task_id])
    assert pairs[0].task_id not in {cf.task_id for cf in chosen_of(tokenizer, "plain", fewer, note="fewer_note")}


def test_the_kits_own_choice_is_what_the_recipe_asks():
    lines = [json.loads(line) for line in choice.OWN.read_text().splitlines()]
    for line in lines:
        asked = {"pairs": Recipe().pairs, "sets": list(Recipe().trained), "max_length": Recipe().max_length}
        assert asked | {"concepts": list(MAIN["plain"].concepts)} | {"mode": "strict"} == {
            name: line[name] for name in (*asked, "concepts", "mode")
        }
        assert len(line["rows"]) == line["pairs"] == len({name[0] for name in line["rows"]})  # one a program
    runs = [json.loads(line) for line in (RESULTS / "smollm2.jsonl").read_text().splitlines()]
    assert {(row["seed"], row["rows"]) for row in runs if row["rows"]} <= {(x["seed"], x["digest"]) for x in lines}


def test_a_note_is_read_for_what_is_asked(tokenizer, sets, tmp_path):
    """Each seed and each number of programs has its own line."""
    file = rows_file(tmp_path / "rows.jsonl")
    for seed, count in ((0, 6), (1, 6), (0, 4), (1, 6)):
        assert len(chosen_of(tokenizer, "plain", file, seed, replace(RECIPE, pairs=count))) == count
    lines = [json.loads(line) for line in (tmp_path / "note.jsonl").read_text().splitlines()]
    assert [(line["seed"], line["pairs"], len(line["rows"])) for line in lines] == [(0, 6, 6), (1, 6, 6), (0, 4, 4)]
