"""The table counts what the sites and verdicts say."""

import json

import pytest

from procure_kit import cli
from procure_kit.commands.counts import AUTHORS, CACP, NAMED, count, table
from procure_kit.problems.problem import Problem

SOURCE = "def f(n):\n    if n < 0:\n        return 'minus'\n    else:\n        return 'plus'\n"
LONE = "def f(n):\n    if n < 0:\n        return 'minus'\n    return 'plus'\n"
TEST = "def check(candidate):\n    assert candidate(-1) == 'minus'\n    assert candidate(0) == 'plus'\n"


def problem(task_id: str, source: str, test: str = TEST) -> Problem:
    return Problem(task_id, source, "\n", test, "f")


@pytest.fixture(scope="module")
def result():
    weak = "def check(candidate):\n    candidate(1)\n"
    return count([problem("a", SOURCE), problem("b", LONE), problem("c", SOURCE, weak)])


def test_sites_refusals_and_verdicts_add_up(result):
    assert result["problems"] == 3
    flips = result["concepts"]["if_else_flip"]
    assert (flips["problems"], flips["sites"], flips["rewritten"], flips["valid"]) == (3, 3, 2, 1)
    assert flips["valid_problems"] == 1
    assert list(flips["refused"].values()) == [1]
    (row,) = flips["not_valid"]
    assert (row["task_id"], row["status"]) == ("c", "tests_too_weak")
    for entry in result["concepts"].values():
        assert entry["sites"] == sum(entry["refused"].values()) + entry["rewritten"]
        assert entry["rewritten"] == entry["valid"] + len(entry["not_valid"])


def test_the_table_has_a_line_for_each_concept_and_lists_what_is_not_valid(result):
    lines = table(result, "the command").splitlines()
    assert lines[0] == "3 problems, mode `strict`; made by `the command`."
    header = lines[2].count("|")
    rows = {line.split("`")[1]: line for line in lines if line.startswith("| `")}
    assert set(rows) == set(result["concepts"]) == set(AUTHORS) | {"data_type"} and set(AUTHORS) == set(CACP)
    assert all(row.count("|") == header for row in rows.values())
    assert rows["if_else_flip"] == "| `if_else_flip` | 3 | 3 | 1 | 2 | 1 | 1 | 1 | 24 | 103 |"
    assert any(line.startswith("- `if_else_flip`, c, site 0") and "`tests_too_weak`" in line for line in lines)


def test_the_concepts_asked_for_are_counted_and_named_in_the_command(tmp_path):
    rows, out = tmp_path / "problems.jsonl", tmp_path / "counts.json"
    rows.write_text(json.dumps(problem("a", LONE).to_row()) + "\n")
    assert cli.main(["counts", "--problems", str(rows), "--concepts", "guard_clause,types", "-o", str(out)]) == 0
    written = json.loads(out.read_text())
    assert written["command"].endswith("--seed 0 --concepts guard_clause,types")
    assert {key: entry["valid"] for key, entry in written["concepts"].items()} == {"guard_clause": 1, "data_type": 0}


def test_a_clean_table_says_so(result):
    clean = result | {"concepts": {key: entry | {"not_valid": []} for key, entry in result["concepts"].items()}}
    assert table(clean, "x").endswith("Rewritten, but not valid:\n\n- none\n")


@pytest.mark.parametrize(
    ("reason", "counted"),
    [
        ("a use of ans may see its first definition", "a use of … may see its first definition"),
        ("it calls xs.sort, which may change state", "it calls …, which may change state"),
        ("the second uses what the first defines: a, b", "the second uses what the first defines: …"),
        ("it has no else branch", "it has no else branch"),
    ],
)
def test_reasons_count_without_the_variables_that_they_name(reason, counted):
    assert NAMED.sub("…", reason) == counted


def test_the_command_writes_both_files(tmp_path, capsys):
    path = tmp_path / "problems.jsonl"
    path.write_text(json.dumps(problem("a", SOURCE).to_row()) + "\n")
    out = tmp_path / "deep" / "counts.json"
    assert cli.main(["counts", "--problems", str(path), "-o", str(out)]) == 0
    written = json.loads(out.read_text())
    assert written["command"] == f"procure counts --problems {path} --mode strict --seed 0"
    assert written["concepts"]["if_else_flip"]["valid"] == 1
    assert out.with_suffix(".md").read_text() == capsys.readouterr().out.removesuffix("\n")


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("its test may change state: it calls a.pop, which may change state", "it calls …, which may"),
        ("len(p) is not known to be an int, and between", "… is not known to be an int"),
        ("line 3, x: its .append is used, which the other type", "…: its … is used, which"),
        ("it is passed to g(1), which can see its type", "it is passed to …, which can"),
        ("[p] may be a slice, a new object of its type", "… may be a slice, a new"),
        ("x is changed in place", "… is changed in place"),
        ("it stores to a.b, which other names may share", "it stores to …, which other"),
        ("it may change the object that total names in place", "the object that … names in place"),
        ("a guard clause: what runs otherwise is the return behind it", "a guard clause: what runs"),
    ],
)
def test_reasons_that_differ_by_a_name_alone_are_one(reason, told):
    assert told in NAMED.sub("…", reason)
