"""`procure evaluate`: pairs and samples files in, tables, records and pages out, and clear refusals."""

import json

import pytest

from procure_kit import cli
from procure_kit.concepts.perturbation import perturb
from tests.evaluation.test_evaluation import SIGN


def procure(*args) -> int:
    return cli.main(["evaluate", *(str(arg) for arg in args)])


@pytest.fixture
def problems(tmp_path):
    path = tmp_path / "problems.jsonl"
    path.write_text(json.dumps(SIGN.to_row()) + "\n")
    return path


@pytest.fixture
def samples(tmp_path):
    path = tmp_path / "samples.jsonl"
    rows = [{"task_id": "sign/0", "completion": f"    return {text}\n"} for text in ("-1 if n < 0 else 1", "n")]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_samples_are_scored_written_down_and_compared(samples, problems, tmp_path, capsys):
    outputs = ("--json", tmp_path / "r.json", "--html", tmp_path / "r.html", "-o", tmp_path / "record.jsonl")
    assert procure("--samples-file", samples, "--problems", problems, "--k", "1,2", *outputs) == 0
    assert "| whole | 1 | 50 (–) | 100 (–) |" in capsys.readouterr().out
    assert json.loads((tmp_path / "r.json").read_text())["scores"]["all"]["pass@1 original"] == [0.5, None, None]
    html = (tmp_path / "r.html").read_text()
    assert "<br>Completions by status: 1 passed, 1 tests_fail." in html
    assert "<td>50 (–)</td>" in html and "Plotly.newPlot" in html and 'src="http' not in html
    assert procure("--rescore", tmp_path / "record.jsonl", "--k", 1, "--before", tmp_path / "record.jsonl") == 0
    assert "pass@1 original: 0.0 (–)" in capsys.readouterr().out


def test_a_bad_row_is_named_and_the_others_score(samples, problems, capsys):
    with samples.open("a") as file:
        file.write('{"task_id": "sign/7", "completion": ""}\n')
    assert procure("--samples-file", samples, "--problems", problems, "--k", 1) == 1
    said = capsys.readouterr()
    assert "samples.jsonl:3: no problem 'sign/7'" in said.err and "| whole | 1 |" in said.out


@pytest.mark.parametrize(
    "args, said",
    [
        (("--whole",), "--problems SET"),
        (("--whole", "--problems", "kit", "--k", "one"), "not 'one'"),
        (("--whole", "--problems", "kit", "--k", "0"), "--k must be a whole number from 1"),
        (("--whole", "--problems", "kit", "--samples", 2), "pass@5 needs at least 5 samples, not 2"),
        (("--whole", "--problems", "no-such-set"), "no problem set 'no-such-set'"),
        (("--rescore", "missing.jsonl"), "missing.jsonl"),
    ],
)
def test_refusals_say_why(args, said, capsys):
    assert procure(*args) == 2
    assert said in capsys.readouterr().err


def test_pairs_of_the_kits_own_model(tmp_path, capsys):
    from procure_kit.validation.problem_names import load_problems

    problem = load_problems("world")[0]
    pairs, record = tmp_path / "pairs.jsonl", tmp_path / "r.jsonl"
    cf = perturb(problem.program, "variable_name_random", task_id=problem.task_id)
    rejected = cf.to_row() | {"status": "tests_fail"}
    pairs.write_text("".join(json.dumps(row) + "\n" for row in (cf.to_row() | {"status": "valid"}, rejected)))
    options = ("--problems", "world", "--samples", 1, "--k", 1, "--max-new-tokens", 8, "-o", record)
    assert procure(pairs, *options) == 0
    assert "| variable_name_random | 1 |" in capsys.readouterr().out
    row = json.loads(record.read_text())
    assert row["settings"]["model"].startswith("tiny ") and len(row["completions_original"]) == 1
