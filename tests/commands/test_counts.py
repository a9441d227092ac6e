"""The table counts what the sites and verdicts say."""

import json
from collections import Counter

import pytest

from procure_kit import cli
from procure_kit.commands.counts import AUTHORS, CACP, count, table, without_names
from procure_kit.concepts.perturbation import find_sites, perturb_all
from procure_kit.concepts.table import FAMILIES, known_concepts
from procure_kit.problems.problem import Problem
from procure_kit.validation.problem_names import load_problems

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


def test_reasons_count_without_the_names_and_lines_of_a_program():
    """The same program under other names and further down is refused for the same reasons."""
    concepts = [key for family in FAMILIES for key in known_concepts(family)]
    for one in load_problems("kit")[:16]:
        renamed = perturb_all(one.program, "variable_name_random", seed=1, mode="procure").counterfactual
        assert renamed != one.program
        told = [
            Counter(without_names(site.refused) for site in find_sites(text, concepts) if site.refused)
            for text in (one.program, f"\n\n\n{renamed}")
        ]
        assert told[0] == told[1]


def test_the_command_writes_both_files(tmp_path, capsys):
    path = tmp_path / "problems.jsonl"
    path.write_text(json.dumps(problem("a", SOURCE).to_row()) + "\n")
    out = tmp_path / "deep" / "counts.json"
    assert cli.main(["counts", "--problems", str(path), "-o", str(out)]) == 0
    written = json.loads(out.read_text())
    assert written["command"] == f"procure counts --problems {path} --mode strict --seed 0"
    assert written["concepts"]["if_else_flip"]["valid"] == 1
    assert out.with_suffix(".md").read_text() == capsys.readouterr().out.removesuffix("\n")
