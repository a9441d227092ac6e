"""Published counterfactuals: made-up rows in several layouts, since the authors' own file is not at hand."""

import json

import pytest

from procure_kit import cli
from procure_kit.problems.published import concept_of, read_published

FLIP = "def f(n):\n    if n < 0:\n        return 1\n    else:\n        return 2\n"
FLIPPED = "def f(n):\n    if n >= 0:\n        return 2\n    else:\n        return 1\n"


def write(path, rows):
    path.write_text("\n".join(map(json.dumps, rows)) + "\n")
    return path


@pytest.mark.parametrize(
    "row",
    [
        {"task_id": "a", "original": FLIP, "counterfactual": FLIPPED, "concept": "if_else_flip", "success": True},
        {"id": "a", "original_code": FLIP, "mutated_code": FLIPPED, "operator": 1, "status": "Success"},
        {"name": "a", "code": FLIP, "perturbed": FLIPPED, "type": "If-Else Flip", "passed": "1"},
        {"id": "a", "code": FLIP[9:], "new_code": FLIPPED[9:], "operator": "1", "prompt": "def f(n):", "valid": True},
    ],
)
def test_usual_names_are_found(row, tmp_path):
    (found,) = read_published(write(tmp_path / "rows.jsonl", [row]))
    assert found["concept"] == "if_else_flip" and found["success"] is True and found["task_id"] == "a"
    assert [found[key].replace("(n): ", "(n):") for key in ("original", "counterfactual")] == [FLIP, FLIPPED]


def test_other_names_can_be_said_and_what_is_missing_is_named(tmp_path):
    path = write(
        tmp_path / "rows.jsonl", [{"before": FLIP, "after": FLIPPED, "op": 1}, {"before": 3, "after": "", "op": 1}]
    )
    bad = []
    assert list(read_published(path, on_bad=bad.append)) == [] and len(bad) == 2
    assert "rows.jsonl:1: no field for the original (tried original, original_code" in str(bad[0])
    assert "the row has before, after, op" in str(bad[0])
    bad.clear()
    names = {"original": "before", "counterfactual": "after", "concept": "op"}
    (row,) = read_published(path, names, bad.append)
    assert row["success"] is None and row["task_id"] == ""
    assert "field 'before' must be a program's text, not int" in str(bad[0])
    with pytest.raises(ValueError, match="no field 'first': say which holds original, counterfactual"):
        list(read_published(path, {"first": "before"}))


@pytest.mark.parametrize(
    ("operator", "key"),
    [
        (1, "if_else_flip"), ("2", "independent_swap"), ("DefUseBreak", "def_use_break"),
        ("def-use break", "def_use_break"),
        ("VariableName-Random", "variable_name_random"), ("Variable Name Shuffle", "variable_name_shuffle"),
        ("IndependentSwap", "independent_swap"), ("variable_name_random", "variable_name_random"),
    ],
)  # fmt: skip
def test_operators_by_number_or_name(operator, key):
    assert concept_of(operator) == key


@pytest.mark.parametrize("operator", [0, 6, "loops", None, ""])
def test_an_unknown_operator_is_refused(operator):
    with pytest.raises(ValueError, match="no operator"):
        concept_of(operator)


def test_the_command_judges_by_the_concept_check(tmp_path, capsys):
    rows = [
        {"task_id": "a", "original": FLIP, "counterfactual": FLIPPED, "operator": 1, "success": True},
        {"task_id": "b", "original": FLIP, "counterfactual": FLIP, "operator": 1, "success": True},
        {"task_id": "c", "original": FLIP, "counterfactual": FLIPPED, "operator": 2, "success": True},
        {"task_id": "d", "original": FLIP, "counterfactual": "def f(", "operator": 4},
        {"task_id": "e", "original": FLIP, "counterfactual": FLIP, "operator": 1, "success": False},
    ]
    out = tmp_path / "judged.json"
    assert cli.main(["counts", "--published", str(write(tmp_path / "r.jsonl", rows)), "-o", str(out)]) == 0
    page = capsys.readouterr().out
    assert page.startswith("5 rows, of which 1 do not count as successes and are left out; 1 do not say")
    assert "| `if_else_flip` | 2 | 1 | 1 | 0 | 0 |" in page and "| all | 4 | 1 | 1 | 1 | 1 |" in page
    assert "- c, `independent_swap`: `not_this_concept`: " in page
    written = json.loads(out.read_text())
    assert [row["task_id"] for row in written["not_ok"]] == ["b", "c", "d"]
    assert out.with_suffix(".md").read_text() == page.removesuffix("\n")
