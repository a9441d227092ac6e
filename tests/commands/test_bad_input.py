"""Whatever is put in the place of a file, a field or a number: one sentence, exit code 2 (1 where rows were left out),
and never a traceback. One walk through all commands."""

import gzip
import json
import os
from datetime import datetime

import pytest

from procure_kit import cli

SOURCE = "def f(n):\n    if n < 0:\n        return 'minus'\n    else:\n        return 'plus'\n"
FLIPPED = "def f(n):\n    if n >= 0:\n        return 'plus'\n    else:\n        return 'minus'\n"
TEST = "def check(candidate):\n    assert candidate(-1) == 'minus'\n    assert candidate(0) == 'plus'\n"
PROBLEM = {"task_id": "t/0", "prompt": SOURCE, "canonical_solution": "# end\n", "test": TEST, "entry_point": "f"}
PAIR = {"task_id": "t/0", "concept": "if_else_flip", "original": SOURCE, "counterfactual": FLIPPED}
SAMPLE = {"task_id": "t/0", "completion": "\n"}
RECORDED = {
    "task_id": "t/0", "concept": "whole", "cuts": [[SOURCE, "\n", 0]], "completions_original": ["\n"],
    "original": [True], "statuses_original": ["passed"], "details_original": [""], "reference": "passed",
    "settings": {"samples_file": "samples.jsonl"},
}  # fmt: skip
REPLY = {"request": "r", "content": "x", "finish_reason": "stop", "usage": {"prompt_tokens": 1}, "seconds": 0.1}
BATCH = {"custom_id": "r", "response": {"status_code": 200, "body": {}}, "error": None}
MBPP = {
    "task_id": 1,
    "text": "",
    "code": "def f(n): return n\n",
    "test_list": ["assert f(1) == 1"],
    "test_setup_code": "",
}
CONTEST = {
    "name": "c", "description": "", "public_tests": {"input": ["1\n"], "output": ["1\n"]}, "private_tests": None,
    "solutions": {"language": [3], "solution": ["print(input())"]}, "time_limit": {"seconds": 1, "nanos": 0},
}  # fmt: skip
CRUX = {"id": "s", "code": "def f(a): return a", "input": "1", "output": "1"}

FILES = {
    "empty": b"",
    "blank": b"\n\n \n",
    "binary": bytes(range(256)) * 20,
    "utf-16": json.dumps(PROBLEM).encode("utf-16"),
    "latin-1": '{"task_id": "é"}\n'.encode("latin-1"),
    "cut off": json.dumps(PROBLEM).encode()[:40],
    "numbers": b"[1, 2]\n",
    "one number": b"3\n",
    "text": b'"text"\n',
    "no fields": b"{}\n",
    "deep": b"[" * 100_000 + b"\n",
    "a long line": b'{"task_id": "' + b"x" * 3_000_000 + b"\n",
    "a long number": b'{"task_id": ' + b"9" * 10_000 + b"}\n",
    "half a gzip": gzip.compress(json.dumps(PROBLEM).encode() * 99)[:60],
    "half a Parquet": b"PAR1" + bytes(50),
}
VALUES = (None, True, 3, -1.5, float("nan"), 10**400, "", "\ud800", "x\0", [], [None], [[]], [1, "a"], {}, {"a": []})
# Each command with one file of it, IN, to be filled with what is no good; the others are good ones.
SLOTS = [
    "perturb IN -o NEW --workers 1",
    "perturb IN -o NEW --generator openai:m --replay --record RECORD",
    "perturb PROBLEMS -o NEW --generator openai:m --replay --record IN",
    "perturb PROBLEMS -o NEW --generator openai:m --replay --record RECORD --batch-in IN",
    "validate IN --problems PROBLEMS -o NEW",
    "validate PAIRS --problems IN -o NEW",
    "validate --repo IN --test-command true",
    "counts --problems IN --workers 1",
    "gallery IN -o NEW --model none --limit 1",
    "evaluate IN --problems PROBLEMS",
    "evaluate --whole --problems IN",
    "evaluate --samples-file IN --problems PROBLEMS --k 1",
    "evaluate --samples-file SAMPLES --problems IN --k 1",
    "evaluate --rescore IN --k 1",
    "evaluate --rescore IN --problems PROBLEMS --k 1",
    "evaluate --rescore RECORDED --problems IN --k 1",
    "evaluate --rescore RECORDED --before IN --k 1",
    "train IN",
    "train ROWS_IN",
    "train PROBLEMS_IN",
    "run IN",
]
SUFFIXES, ANYWHERE = (".json", ".jsonl.gz", ".parquet", ".toml"), ("binary", "numbers", "half a gzip", "half a Parquet")


@pytest.fixture
def good(tmp_path):
    """Good files by the names that SLOTS give them."""
    rows = {"PROBLEMS": PROBLEM, "PAIRS": PAIR, "SAMPLES": SAMPLE, "RECORDED": RECORDED, "RECORD": REPLY}
    places = {name: tmp_path / f"{name.lower()}.jsonl" for name in rows} | {"NEW": tmp_path / "new.jsonl"}
    for name, row in rows.items():
        places[name].write_text(json.dumps(row) + "\n")
    return places


def said_of(command: str, good: dict, bad, capsys) -> tuple[int, str]:
    """The exit code of a command with `bad` for IN, and what it said, without progress bars."""
    config = bad.with_name("config.json")
    for name, fields in {"ROWS_IN": {"rows": str(bad)}, "PROBLEMS_IN": {"problems": str(bad)}}.items():
        if name in command:
            config.write_text(json.dumps({"model": "tiny", "rows": str(good["PAIRS"])} | fields))
    places = {**good, "IN": bad, "ROWS_IN": config, "PROBLEMS_IN": config}
    good["NEW"].unlink(missing_ok=True)
    capsys.readouterr()
    code = cli.main([str(places.get(word, word)) for word in command.split()])
    lines = capsys.readouterr().err.replace("\r", "\n").splitlines()
    return code, "\n".join(line for line in lines if line and "/s]" not in line and "it/s" not in line)


@pytest.mark.parametrize("command", SLOTS)
def test_no_file_leads_to_a_traceback(command, good, tmp_path, capsys):
    folder = tmp_path / "folder.jsonl"
    folder.mkdir()
    bad = {"missing": tmp_path / "missing.jsonl", "a directory": folder}
    places = [(name, ".jsonl") for name in FILES] + [(name, suffix) for suffix in SUFFIXES for name in ANYWHERE]
    for name, suffix in places:
        bad[name + suffix] = tmp_path / f"{name}{suffix}"
        bad[name + suffix].write_bytes(FILES[name])
    locked = tmp_path / "locked.jsonl"
    locked.write_text(json.dumps(PROBLEM))
    locked.chmod(0)
    if not os.access(locked, os.R_OK):  # the system's administrator may read it
        bad["unreadable"] = locked
    for name, path in bad.items():
        if command.startswith("perturb IN") and name == "a directory":
            continue  # a source tree
        code, said = said_of(command, good, path, capsys)
        assert code in (1, 2), (name, said)
        assert said.splitlines()[-1].startswith(f"procure {command.split()[0]}: ") or code == 1, (name, said)
        assert all(len(line) < 2000 for line in said.splitlines()), (name, said[:3000])


FIELDS = [
    ("perturb IN -o NEW --workers 1", PROBLEM | {"cases": [], "tolerance": 0, "setup": "", "any_case": False}),
    ("perturb IN -o NEW --workers 1", PROBLEM | {"cases": [["1", "1"]], "entry_point": "", "time_limit": 1}),
    ("perturb IN -o NEW --workers 1", MBPP),
    ("perturb IN -o NEW --workers 1", CONTEST),
    ("perturb IN -o NEW --workers 1", CRUX),
    (
        "validate IN --problems PROBLEMS -o NEW",
        PAIR | {"changed": [], "changed_original": [], "status": "", "detail": ""},
    ),
    ("evaluate --samples-file IN --problems PROBLEMS --k 1", SAMPLE),
    ("evaluate --rescore IN --k 1", RECORDED | {"operators": ["<", ">="]}),
    ("evaluate --rescore IN --problems PROBLEMS --k 1", RECORDED | {"mode": "strict", "site": 0}),
    ("evaluate --rescore IN --k 1", {"task_id": "t/0", "concept": "whole", "settings": {}, "fault": "HTTP 500"}),
    ("perturb PROBLEMS -o NEW --generator openai:m --replay --record IN", REPLY | {"reasoning": ""}),
    ("perturb PROBLEMS -o NEW --generator openai:m --replay --record RECORD --batch-in IN", BATCH),
]


@pytest.mark.parametrize(("command", "row"), FIELDS)
def test_no_field_leads_to_a_traceback(command, row, good, tmp_path, capsys):
    """Every field with every odd value, a row each, in one file; and rows that lack one, and one that stands twice."""
    rows = [row | {name: value} for name in row for value in VALUES]
    rows += [{name: value for name, value in row.items() if name != left_out} for left_out in row]
    bad = tmp_path / "bad.jsonl"
    bad.write_text("".join(json.dumps(odd) + "\n" for odd in [row, *rows, row]))
    code, said = said_of(command, good, bad, capsys)
    assert code == 1 or code == 2 and "procure " in said
    named = [line for line in said.splitlines() if line.startswith(f"{bad}:")]
    assert len(named) > len(row) / 2 and all(line.count(": ") for line in named)


@pytest.mark.parametrize(
    "command",
    [
        "perturb PROBLEMS -o IN --workers 1",
        "perturb PROBLEMS -o IN --generator openai:m --replay --record RECORD",
        "validate PAIRS --problems PROBLEMS -o IN",
        "evaluate --samples-file SAMPLES --problems PROBLEMS --k 1 -o IN",
    ],
)
def test_a_damaged_output_is_told_and_gone_on_with(command, good, tmp_path, capsys):
    """What is no row of a run before is made again."""
    odd = [PAIR | {name: value} for name in ("task_id", "concept", "site", "status", "settings") for value in VALUES]
    path = tmp_path / "out.jsonl"
    path.write_bytes(b"\n".join(json.dumps(row).encode() for row in odd) + b"\n" + FILES["binary"])
    code, said = said_of(command, good, path, capsys)
    assert code in (0, 1, 2) and "procure " in said + "procure "
    folder = tmp_path / "folder"
    folder.mkdir()
    for place in (folder, tmp_path / "nowhere" / "out.jsonl"):
        code, said = said_of(command, good, place, capsys)
        assert code == 2 and said.splitlines()[-1].startswith("procure "), said


@pytest.mark.parametrize(
    "command",
    [
        "perturb no-such-set -o NEW",
        "perturb package:no_such_package -o NEW",
        "perturb package:sys -o NEW",
        "perturb package: -o NEW",
        "perturb PROBLEMS -o NEW --concepts ,",
        "perturb PROBLEMS -o NEW --generator openai:",
        "perturb PROBLEMS -o NEW --generator openai:m --base-url nonsense",
        'perturb PROBLEMS -o NEW --generator openai:m --base-url http://x/v1 --parameters {"top_p":"high"}',
        "perturb PROBLEMS -o NEW --generator openai:m --base-url http://x/v1 --parameters [1]",
        "perturb PROBLEMS -o NEW --generator openai:m --base-url http://x/v1 --budget-usd 1",
        "validate PAIRS -o NEW",
        "validate PAIRS --problems PROBLEMS -o PAIRS",
        "counts --problems no-such-set",
        "gallery no-such-set -o NEW --model none",
        "gallery PROBLEMS -o PROBLEMS --model none",
        "gallery PROBLEMS -o NEW --model no/such-model",
        "counts --problems PROBLEMS -o PROBLEMS/x.json",
        "evaluate --whole --problems PROBLEMS --model no/such-model --k 1",
        "evaluate --whole --problems PROBLEMS --model . --k 1",
        "evaluate --whole --problems PROBLEMS --base-url nonsense --k 1",
        "evaluate --whole --problems PROBLEMS --k ,",
        "evaluate --samples-file SAMPLES --problems PROBLEMS --k 1 --json PROBLEMS/x.json",
        "evaluate --samples-file SAMPLES --problems PROBLEMS --k 1 -o SAMPLES",
        "train no-such-file.toml",
        "train CONFIG -p train.steps many",
        "train CONFIG -p loss nonsense",
        "train CONFIG -p model 3",
        "train CONFIG -p rows 3",
        "train CONFIG --each train.steps",
        "run no-such-notebook",
        "run 00 -p no_such_parameter 1",
        "run 00 --out PROBLEMS",
    ],
)
def test_no_wrong_word_leads_to_a_traceback(command, good, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    config = tmp_path / "run.json"
    config.write_text(json.dumps({"model": "tiny", "rows": str(good["PAIRS"])}))
    words = command.replace("PROBLEMS/x", f"{good['PROBLEMS']}/x").replace("CONFIG", str(config))
    code, said = said_of(words, good, tmp_path / "none", capsys)
    assert code == 2 and said.splitlines()[-1].startswith(f"procure {command.split()[0]}: "), said


def test_what_parquet_holds_and_json_does_not_is_told_by_its_row(good, tmp_path, capsys):
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "pairs.parquet"
    rows = [PAIR | {"when": None}, PAIR | {"when": datetime(2026, 1, 1)}]
    parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    code, said = said_of("validate IN --problems PROBLEMS -o NEW", good, path, capsys)
    assert (code, len(good["NEW"].read_text().splitlines())) == (1, 1)
    assert f"{path}:row 2: it cannot be written as JSON" in said


def test_the_walk_knows_every_command():
    reads_no_file = {"classroom"}
    assert {command.split()[0] for command in SLOTS} == set(cli.COMMANDS) - reads_no_file
