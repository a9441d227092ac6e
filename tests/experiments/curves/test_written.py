"""A model's answers at the rules' sites, and the arms that learn from the valid ones."""

import json
from dataclasses import replace
from itertools import islice

import pytest

from procure_kit.concepts.perturbation import find_sites
from procure_kit.experiments.curves import stream, written
from procure_kit.experiments.curves.arms import Arm, arm_named
from procure_kit.experiments.curves.given import PROGRAMS, given
from procure_kit.generation.llm.client import Client
from procure_kit.generation.llm.edits import GENERATOR, ORDERS, SETTINGS
from procure_kit.problems.rows import append_row, read_rows
from procure_kit.training.models import load_model
from procure_kit.training.rewriter.rows import as_edits


class Teacher:
    """Answers as the rules rewrite, and nonsense to what it does not know."""

    def __init__(self, known):
        self.answers, self.together = {}, []
        for cf, _ in known:
            site = next(s for s in find_sites(cf.original, [cf.concept]) if s.index == cf.site)
            (question,) = written.questions([cf])
            self.answers[question] = as_edits(cf, site)["answer"]

    def answer_all(self, questions, max_tokens):
        self.together.append(len(list(questions)))

    async def post(self, body):
        content = self.answers.get(body["messages"][0]["content"], "no edit")
        message = {"role": "assistant", "content": content}
        return json.dumps({"choices": [{"message": message, "finish_reason": "stop"}], "usage": {}})


@pytest.fixture(scope="module")
def asked():
    return list(islice(stream.pairs(PROGRAMS, Arm(concepts=ORDERS[:2])), 5))


@pytest.fixture(scope="module")
def answered(asked, tmp_path_factory):
    """A file with the answers of a model that knows all but the last."""
    out, teacher = tmp_path_factory.mktemp("written") / "written.jsonl", Teacher(asked[:-1])
    written.write(iter(asked), Client(GENERATOR, server=teacher, parameters=SETTINGS), out)
    assert teacher.together == [5]
    return out


def test_a_model_is_asked_once_for_each_pair_of_the_rules(asked, answered):
    rows = list(read_rows(answered))
    assert [row["status"] for row in rows] == ["valid"] * 4 + ["unparsable"]
    fields = ("task_id", "concept", "site", "seed", "mode")
    assert [[row[f] for f in fields] for row in rows] == [[getattr(cf, f) for f in fields] for cf, _ in asked]
    assert {(row["generator"], row["turns"]) for row in rows} == {(GENERATOR, 1)}


def test_a_site_that_cannot_be_shown_has_no_question_and_the_others_keep_theirs(asked, monkeypatch):
    long, ask = asked[1][0].original, written.EDITS.ask

    def refuse(source, site, seed):
        if source == long:
            raise ValueError("too long")
        return ask(source, site, seed)

    monkeypatch.setattr(written, "EDITS", replace(written.EDITS, ask=refuse))
    assert len(list(written.questions(cf for cf, _ in asked))) == 4


def test_a_stopped_command_asks_for_what_is_not_there(asked, answered, tmp_path):
    out = tmp_path / "written.jsonl"
    for row in islice(read_rows(answered), 3):
        append_row(out, row)
    teacher = Teacher(asked)
    written.write(iter(asked), Client(GENERATOR, server=teacher, parameters=SETTINGS), out)
    assert teacher.together == [2] and [row["status"] for row in read_rows(out)] == ["valid"] * 5


def test_the_table_counts_what_is_valid_and_what_the_rules_write_too(asked, answered):
    lines = [
        [cell.strip() for cell in line.split("|")[1:-1]] for line in written.table(read_rows(answered)).splitlines()
    ]
    found = {line[0]: [int(cell) for cell in line[1:]] for line in lines[2:]}
    assert [sum(column) for column in zip(*found.values(), strict=True)] == [5, 4, 4]
    assert found[f"`{asked[-1][0].concept}`"][0] > found[f"`{asked[-1][0].concept}`"][1]


def test_each_valid_row_comes_once_before_any_comes_again(answered):
    drawn = list(islice(given(answered, "model", 0), 8))
    ids = [cf.task_id for cf, _ in drawn]
    assert sorted(ids[:4]) == sorted(ids[4:]) == sorted(row["task_id"] for row in islice(read_rows(answered), 4))
    assert all(cf.task_id == problem.task_id and cf.original == problem.program for cf, problem in drawn)
    orders = {tuple(cf.task_id for cf, _ in islice(given(answered, "model", seed), 4)) for seed in range(9)}
    assert len(orders) > 1


def test_the_rules_write_the_same_programs_in_the_same_order(answered):
    model, rules = (list(islice(given(answered, writer, 3), 4)) for writer in ("model", "rules"))
    assert [problem for _, problem in model] == [problem for _, problem in rules]
    assert {cf.generator for cf, _ in model} == {GENERATOR} and {cf.generator for cf, _ in rules} == {"rules"}
    assert [cf.counterfactual for cf, _ in model] == [cf.counterfactual for cf, _ in rules]  # it answers as they do


def test_an_arm_reads_what_was_written(answered, monkeypatch):
    monkeypatch.setattr(stream, "WRITTEN", answered)
    tokenizer = load_model("tiny")[1]
    drawn = [unit.pair[0] for unit in islice(stream.units(tokenizer, arm_named("plain given model"), 0), 4)]
    assert {cf.generator for cf in drawn} == {GENERATOR} and len({cf.task_id for cf in drawn}) == 4


def test_what_is_not_there_is_asked_for_by_its_command(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"written.jsonl is not there: python -m .*curves.written makes it"):
        next(given(tmp_path / "written.jsonl", "model", 0))


def test_a_file_without_a_valid_row_is_named(answered, tmp_path):
    out = tmp_path / "written.jsonl"
    append_row(out, list(read_rows(answered))[-1])
    with pytest.raises(ValueError, match="written.jsonl holds no valid row"):
        next(given(out, "model", 0))
