"""What the evaluation is made of: where a whole function ends, what makes two rows one, and a record's rows."""

import json

import pytest

from procure_kit.evaluation.evaluation import whole_cut
from procure_kit.evaluation.judging import read_record
from procure_kit.evaluation.metrics import dataset_of, row_key
from procure_kit.problems.problem import Problem


@pytest.mark.parametrize(
    ("prompt", "indent"),
    [
        ("def f(x):\n    '''doc'''\n", 0),
        ("def helper(): pass\n\nclass C:\n    def f(self):\n", 4),
        ("    async def f(x):\n", 4),
        ("# write f\n", -1),
    ],
)
def test_a_whole_function_ends_where_its_def_says(prompt, indent):
    cut = whole_cut(Problem("t", prompt, "", "", "f"))
    assert (cut.prefix, cut.indent) == (prompt.rstrip(), indent)


def test_a_program_without_an_entry_point_is_ended_by_nothing():
    assert whole_cut(Problem("t", "def f(x):\n", "", "", "")).indent == -1


@pytest.mark.parametrize(
    ("task", "dataset"),
    [("HumanEval/3", "HumanEval"), ("world/family/gaps/3", "world/family"), ("statistics/mean", "statistics")],
)
def test_a_rows_data_set(task, dataset):
    assert dataset_of({"task_id": task}) == dataset


def test_rows_are_the_same_pair_whatever_was_measured_on_them():
    row = {
        "task_id": "t",
        "concept": "c",
        "mode": "strict",
        "site": 0,
        "seed": 1,
        "generator": "rules",
        "cuts": [["a", "b", 0]],
    }
    assert row_key(row) == row_key(row | {"original": [True], "settings": {}})
    assert len({row_key(row), *(row_key(row | {name: "other"}) for name in row)}) == len(row) + 1


def test_a_record_gives_its_rows_and_names_those_that_are_none(tmp_path):
    kept = {"task_id": "t", "concept": "c", "settings": {}, "original": [True]}
    fault = {"task_id": "u", "concept": "c", "settings": {}, "fault": "HTTP 500"}
    odd = [{"task_id": "v", "concept": "c", "original": []}, kept | {"original": True}]
    path, bad = tmp_path / "record.jsonl", []
    path.write_text("".join(json.dumps(row) + "\n" for row in [kept, fault, *odd]))
    assert [*read_record(path, bad.append)] == [kept, fault]
    assert [str(error).partition(": ")[0] for error in bad] == [f"{path}:3", f"{path}:4"]
    assert "'settings' is missing" in str(bad[0]) and "'original' must be a list" in str(bad[1])
