"""The commands: rows on disk, resumed after a kill, bad ones named, and exit codes."""

import json
import shlex
import signal
import subprocess
import sys
import time
import warnings
from importlib import metadata

import pytest

from procure_kit import cli
from procure_kit.concepts.table import DEFAULT_CONCEPTS
from procure_kit.problems.counterfactual import BREAKING
from procure_kit.problems.problem import Problem
from procure_kit.problems.rows import read_rows

SOURCE = "def f(n):\n    if n < 0:\n        return 'minus'\n    else:\n        return 'plus'\n"
TEST = "def check(candidate):\n    assert candidate(-1) == 'minus'\n    assert candidate(0) == 'plus'\n"
PROBLEMS = [Problem(f"sign/{n}", SOURCE, f"# {n}\n", TEST, "f") for n in range(4)]


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def read(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture
def problems(tmp_path):
    return write(tmp_path / "problems.jsonl", [problem.to_row() for problem in PROBLEMS])


@pytest.fixture
def pairs(tmp_path, problems):
    """Four flips, as the command makes them."""
    out = tmp_path / "pairs.jsonl"
    assert procure("perturb", problems, "-o", out, "--concepts", "if_else_flip", "--workers", 1) == 0
    return out


def procure(*args) -> int:
    return cli.main([str(arg) for arg in args])


def test_without_a_command_all_are_listed(capsys):
    assert cli.main([]) == 2
    said = capsys.readouterr().err
    assert said.startswith("usage: procure") and all(f"\n    {name}" in said for name in cli.COMMANDS)


def test_perturb_writes_a_row_for_each_problem(pairs, capsys):
    rows = read(pairs)
    assert [row["task_id"] for row in rows] == [problem.task_id for problem in PROBLEMS]
    assert set(rows[0]) == {
        "task_id", "concept", "mode", "site", "seed", "generator", "original", "counterfactual", "changed",
        "changed_original", "soundness", "status", "detail",
    }  # fmt: skip
    assert "if n >= 0:" in rows[0]["counterfactual"]
    assert rows[0]["original"] == PROBLEMS[0].program


def test_perturb_with_processes_gives_the_same_rows(pairs, problems, tmp_path):
    out = tmp_path / "again.jsonl"
    assert procure("perturb", problems, "-o", out, "--concepts", "if_else_flip", "--workers", 2) == 0
    assert read(out) == read(pairs)


@pytest.mark.parametrize("kept", [0, 70, 1000, 10_000])
def test_perturb_goes_on_after_a_kill(pairs, problems, kept, capsys):
    whole = read(pairs)
    pairs.write_bytes(pairs.read_bytes()[:kept])
    assert procure("perturb", problems, "-o", pairs, "--concepts", "if_else_flip", "--workers", 1) == 0
    assert list(read_rows(pairs, on_bad=lambda error: None)) == whole
    assert "4 rows: 4 rewritten" in capsys.readouterr().out


def test_perturb_adds_what_other_options_ask_for(pairs, problems):
    procure("perturb", problems, "-o", pairs, "--concepts", "if_else_flip", "--seed", 1, "--workers", 1)
    assert [row["seed"] for row in read(pairs)] == [0] * 4 + [1] * 4


def test_twins_stand_behind_their_counterfactuals_and_break(problems, tmp_path, capsys):
    out, judged = tmp_path / "twins.jsonl", tmp_path / "judged.jsonl"
    command = ("perturb", problems, "-o", out, "--concepts", "if_else_flip,def_use_break", "--workers", 1, "--twins")
    assert procure(*command) == 0
    rows = read(out)
    made = [row for row in rows if row["status"] == ""]
    assert [row["generator"] for row in made] == ["rules", "twins"] * 4
    assert all(
        {**cf, "generator": ""}.keys() == two.keys() and cf["site"] == two["site"]
        for cf, two in zip(made[::2], made[1::2], strict=True)
    )
    out.write_text("".join(line + "\n" for line in out.read_text().splitlines()[:1]))  # killed between the two
    assert procure(*command) == 0
    assert read(out) == rows
    assert procure("validate", out, "--problems", problems, "-o", judged, "--workers", 1) == 0
    found = [(row["soundness"] == BREAKING, row["status"]) for row in read(judged) if row["status"] != "not_applicable"]
    assert set(found) == {(False, "valid"), (True, "breaks")}
    capsys.readouterr()


def test_a_counterfactual_without_a_twin_has_a_row_that_says_so(tmp_path):
    source = "def f(n):\n    m = n\n"
    problem = Problem("a", source, "\n", "def check(candidate):\n    candidate(1)\n", "f").to_row()
    out = tmp_path / "out.jsonl"
    command = ["--concepts", "variable_name_random", "--workers", "1", "--twins"]
    assert procure("perturb", write(tmp_path / "in.jsonl", [problem]), "-o", out, *command) == 0
    last = read(out)[-1]
    assert (last["generator"], last["soundness"], last["status"]) == ("twins", BREAKING, "not_applicable")
    assert "no edit of its kind" in last["detail"] and last["counterfactual"] == last["original"]


def test_perturb_says_what_it_left_out(tmp_path, capsys):
    bad = write(tmp_path / "problems.jsonl", [PROBLEMS[0].to_row(), {"task_id": "x"}])
    assert procure("perturb", bad, "-o", tmp_path / "out.jsonl", "--workers", 1) == 1
    said = capsys.readouterr()
    assert f"{bad}:2: field 'prompt' is missing" in said.err
    assert said.out.startswith(f"{len(DEFAULT_CONCEPTS)} rows: ")
    assert said.out.endswith(f"→ {tmp_path / 'out.jsonl'}\n")


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("perturb nowhere -o OUT", "no problem set 'nowhere'"),
        ("perturb kit -o OUT --concepts loops", "no concept 'loops'"),
        ("perturb kit -o OUT --generator dice", "no generator 'dice'"),
        ("perturb . -o OUT --twins", "a directory is rewritten at every sound site"),
        ("perturb kit -o OUT --twins --generator openai:m", "twins are made by the rules"),
        ("perturb . -o OUT --every-site", "a directory is rewritten at every sound site"),
        ("validate nowhere.jsonl --problems kit -o OUT", "No such file"),
        ("validate . --problems kit -o OUT", "is a directory"),
        ("validate OUT --problems kit -o OUT", "is the input"),
        ("counts --problems nowhere", "no problem set 'nowhere'"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_exit_code_2(command, message, tmp_path, capsys):
    out = tmp_path / "out.jsonl"
    assert procure(*command.replace("OUT", str(out)).split()) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"procure {command.split()[0]}: ") and message in said
    assert len(said.splitlines()) == 1
    assert not out.exists()


@pytest.mark.parametrize("command", ["dance", "perturb kit", "perturb kit -o x --mode loose"])
def test_wrong_usage_is_exit_code_2(command, capsys):
    with pytest.raises(SystemExit) as stopped:
        procure(*command.split())
    assert stopped.value.code == 2
    assert "usage: procure" in capsys.readouterr().err


def test_the_version_is_the_package_s(capsys):
    with pytest.raises(SystemExit) as stopped:
        procure("--version")
    assert (stopped.value.code, capsys.readouterr().out) == (0, f"procure-kit {metadata.version('procure-kit')}\n")


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_every_command_explains_itself(command, capsys):
    with pytest.raises(SystemExit) as stopped:
        procure(command, "--help")
    assert stopped.value.code == 0
    assert f"usage: procure {command}" in capsys.readouterr().out


def test_validate_keeps_every_field_and_adds_the_verdict(pairs, problems, tmp_path, capsys):
    given = [row | {"note": {"mine": [1]}} for row in read(pairs)]
    given[1]["counterfactual"] = given[1]["counterfactual"].replace(">=", ">")
    out = tmp_path / "judged.jsonl"
    assert procure("validate", write(tmp_path / "in.jsonl", given), "--problems", problems, "-o", out) == 0
    judged = read(out)
    verdicts = [{field: row.pop(field) for field in ("status", "detail", "seconds", "isolation")} for row in judged]
    assert judged == [{k: v for k, v in row.items() if k not in ("status", "detail")} for row in given]
    assert [v["status"] for v in verdicts][::2] == ["valid", "valid"]
    assert verdicts[1]["status"] in ("tests_fail", "not_this_concept")
    assert all(v["isolation"] for v in verdicts[::2])
    assert "3 valid" in capsys.readouterr().out


def test_validate_needs_four_fields_and_names_bad_rows(pairs, problems, tmp_path, capsys):
    needed = ("task_id", "concept", "original", "counterfactual")
    good = {field: read(pairs)[0][field] for field in needed}
    bad = [good | {"task_id": "unknown/1"}, good | {"changed": "x"}, {k: good[k] for k in needed[:3]}]
    path = write(tmp_path / "in.jsonl", [good, *bad, good])
    with open(path, "a") as file:
        file.write("{broken\n")
    out = tmp_path / "out.jsonl"
    assert procure("validate", path, "--problems", problems, "-o", out) == 1
    assert [row["status"] for row in read(out)] == ["valid", "valid"]
    said = capsys.readouterr().err
    assert f"{path}:2: no problem 'unknown/1' in {problems}" in said
    assert f"{path}:3: field 'changed' must be a list" in said
    assert f"{path}:4: field 'counterfactual' is missing" in said
    assert f"{path}:6: " in said


def test_rows_without_a_counterfactual_pass_through(problems, tmp_path):
    row = {"task_id": "sign/0", "concept": "def_use_break", "original": SOURCE, "counterfactual": SOURCE}
    path = write(tmp_path / "in.jsonl", [row | {"status": "not_applicable", "detail": "no place of its kind"}])
    out = tmp_path / "out.jsonl"
    assert procure("validate", path, "--problems", problems, "-o", out) == 0
    given = {"status": "not_applicable", "detail": "no place of its kind", "seconds": 0.0, "isolation": ""}
    assert read(out) == [row | given]
    unread = row | {"status": "unparsable", "detail": "line 3: no", "counterfactual": SOURCE}
    assert procure("validate", write(path, [unread]), "--problems", problems, "-o", tmp_path / "other.jsonl") == 0
    assert [(row["status"], row["detail"]) for row in read(tmp_path / "other.jsonl")] == [("unparsable", "line 3: no")]


def test_a_python_file_is_no_problem_set(tmp_path, capsys):
    path = tmp_path / "x.py"
    path.write_text(SOURCE)
    assert procure("perturb", path, "-o", tmp_path / "new") == 2
    assert "x.py is a Python file" in capsys.readouterr().err


def test_validate_goes_on_where_it_stopped(pairs, problems, tmp_path, monkeypatch, capsys):
    out = tmp_path / "out.jsonl"
    assert procure("validate", pairs, "--problems", problems, "-o", out) == 0
    lines = out.read_text().splitlines(keepends=True)
    out.write_text(lines[0] + lines[1] + lines[2][:50])
    assert procure("validate", pairs, "--problems", problems, "-o", out) == 0
    said = capsys.readouterr()
    assert f"{out}:3: " in said.err and "a killed run left it" in said.err
    assert said.out.endswith(f"4 rows: 4 valid → {out}\n")
    judged = read_rows(out, on_bad=lambda error: None)
    assert [row["task_id"] for row in judged] == [problem.task_id for problem in PROBLEMS]
    size = out.stat().st_size
    assert procure("validate", pairs, "--problems", problems, "-o", out) == 0
    assert out.stat().st_size == size  # nothing was left to do


def test_a_killed_run_loses_no_finished_row(tmp_path):
    slow = Problem(
        "slow",
        "import time\ndef f(n):\n    time.sleep(0.2)\n    return -n\n",
        "\n",
        "def check(c):\n    assert c(1) == -1\n",
        "f",
    )
    rows = [
        {"task_id": "slow", "concept": "variable_name_random", "original": slow.program, "n": n}
        | {"counterfactual": slow.program.replace("time.sleep(0.2)", f"k{n} = 0.2\n    time.sleep(k{n})")}
        for n in range(12)
    ]
    path, problems = write(tmp_path / "in.jsonl", rows), write(tmp_path / "problems.jsonl", [slow.to_row()])
    command = [
        sys.executable,
        "-m",
        "procure_kit.cli",
        "validate",
        path,
        "--problems",
        problems,
        "-o",
        tmp_path / "out",
    ]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not (tmp_path / "out").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = (tmp_path / "out").read_text()
    subprocess.run(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
    assert (tmp_path / "out").read_text().startswith(before)
    assert sorted(row["n"] for row in read(tmp_path / "out")) == list(range(12))


FULL_DISK = """
mount -t tmpfs -o size=16k tmpfs {disk}
{command}
echo "exit $?"
cp {disk}/out {kept}
"""


def test_a_full_disk_loses_no_finished_row(problems, tmp_path):
    """On a real file system of 16 kB, and then with room."""
    program = PROBLEMS[0].program
    rows = [
        {"task_id": PROBLEMS[0].task_id, "concept": "variable_name_random", "original": program, "n": n}
        | {"counterfactual": program, "padding": "x" * 3000}
        for n in range(8)
    ]
    path, disk, kept = write(tmp_path / "in.jsonl", rows), tmp_path / "disk", tmp_path / "out"
    disk.mkdir()
    command = [sys.executable, "-m", "procure_kit.cli", "validate", path, "--problems", problems, "-o"]
    script = FULL_DISK.format(disk=disk, kept=kept, command=shlex.join(map(str, [*command, disk / "out"])))
    shell = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script]
    done = subprocess.run(shell, capture_output=True, text=True, timeout=300)
    if done.stderr.startswith(("unshare", "mount")):
        pytest.skip(f"this system allows no file system of its own: {done.stderr}")
    assert done.stdout == "exit 1\n" and "No space left" in done.stderr and "Traceback" not in done.stderr
    finished = read(kept)
    assert 1 <= len(finished) < 8 and kept.read_bytes().endswith(b"}\n")
    subprocess.run([*command, kept], capture_output=True, check=True)
    assert read(kept)[: len(finished)] == finished
    assert [row["n"] for row in read(kept)] == list(range(8))


def test_a_warning_is_one_sentence_and_odd_characters_are_escaped(problems, monkeypatch, capsys):
    def run(args):
        print("\ud800", warnings.formatwarning(UserWarning("no Hub"), UserWarning, "f.py", 3), end="")
        print(warnings.formatwarning(UserWarning("old"), DeprecationWarning, "f.py", 3))
        return 0

    monkeypatch.setattr("procure_kit.commands.counts.run", run)
    usual = warnings.formatwarning
    assert procure("counts", "--problems", problems) == 0
    said = capsys.readouterr().out
    assert said.startswith("\\ud800 procure counts: no Hub\n") and "f.py:3: DeprecationWarning: old" in said
    assert warnings.formatwarning is usual


STOPPED = [("perturb", "the same command goes on where it stopped"), ("gallery", "so begin anew")]


@pytest.mark.parametrize(("command", "said"), STOPPED)
def test_ctrl_c_promises_what_holds(command, said, monkeypatch, capsys, tmp_path):
    def stopped(args):
        raise KeyboardInterrupt

    monkeypatch.setattr(f"procure_kit.commands.{command}.run", stopped)
    assert procure(command, "kit", "-o", tmp_path / "out") == 130
    assert said in capsys.readouterr().err


CODEIO = [
    {
        "task_description": f"The sign, {n}.",
        "input_output_spec": "`n` (int)",
        "code_sample": first + SOURCE.replace("def f", "def main_solution"),
        "input_generator": "def generate_inputs(rng: Random):\n    return {'n': rng.randint(-9, 9)}\n",
    }
    for n, first in enumerate(("", "import no_such\n", "import time\nSTART = time.perf_counter\n", ""))
]
CODEIO[2]["code_sample"] = CODEIO[2]["code_sample"].replace("'plus'", "START()")
CODEIO[3]["input_generator"] = "def generate_inputs(rng):\n    return rng.missing\n"


def test_programs_with_inputs_go_the_whole_way(tmp_path, capsys):
    """CodeI/O's rows: from the file to verdicts, resumed, each that cannot be settled counted by its status."""
    problems, pairs, out = write(tmp_path / "codeio.jsonl", CODEIO), tmp_path / "pairs.jsonl", tmp_path / "out.jsonl"
    assert procure("perturb", problems, "-o", pairs, "--concepts", "if_else_flip", "--workers", 1, "--twins") == 0
    assert [row["status"] for row in read(pairs)] == [""] * 8
    assert procure("validate", pairs, "--problems", problems, "-o", out) == 0
    said = "8 rows: 2 not_installed, 2 nondeterministic, 2 no_inputs, 1 valid_on_inputs, 1 breaks → "
    assert said in capsys.readouterr().out
    rows = read(out)
    assert [row["detail"] for row in rows[:3]][0::2] == [
        "behaves alike on 10 inputs", "the program needs no_such, which is not installed",
    ]  # fmt: skip
    write(out, rows[:3])
    assert procure("validate", pairs, "--problems", problems, "-o", out) == 0
    assert [row["status"] for row in read(out)] == [row["status"] for row in rows]


def test_a_set_without_reference_code_says_so(tmp_path, problems, capsys):
    heads = ["", '"""Its sign."""\n', "import math\n\ndef f(n):\n    'Its sign.'\n", "class A:\n    def f(self): ...\n"]
    bare = [Problem(f"bare/{n}", head, " \n", TEST, "f").to_row() for n, head in enumerate(heads)]
    none, some = write(tmp_path / "none.jsonl", bare), write(tmp_path / "some.jsonl", [*bare, *read(problems)])
    for generator in (["rules", "--workers", 1], ["openai:m", "--base-url", "http://127.0.0.1:9"]):
        assert procure("perturb", none, "-o", tmp_path / "out.jsonl", "--generator", *generator) == 2
        assert "none.jsonl has no reference code to rewrite: it is" in capsys.readouterr().err
        assert not (tmp_path / "out.jsonl").exists()
    assert procure("counts", "--problems", none) == 2
    assert "none.jsonl has no reference code to rewrite" in capsys.readouterr().err
    out = tmp_path / "some_out.jsonl"
    with pytest.warns(UserWarning, match="4 problems of .*some.jsonl have no reference code and are left out"):
        assert procure("perturb", some, "-o", out, "--concepts", "if_else_flip", "--workers", 1) == 0
    assert [row["task_id"] for row in read(out)] == [problem.task_id for problem in PROBLEMS]
