"""`procure perturb --generator openai:MODEL` against real HTTP: resumed, stopped, and by batch files."""

import json
import signal
import subprocess
import sys
import time

import pytest

from procure_kit import cli
from tests.generation.llm.chat_server import FLIPPED, KEY, PROBLEM, SOURCE, ok


def write_problems(folder):
    path = folder / "problems.jsonl"
    rows = [PROBLEM.to_row() | {"task_id": f"sign/{n}", "prompt": f"# {n}\n" + SOURCE} for n in range(3)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def perturb(server, tmp_path, *more):
    problems = write_problems(tmp_path)
    command = ["perturb", problems, "-o", str(tmp_path / "out.jsonl"), "--concepts", "if_else_flip"]
    return cli.main([*command, "--generator", "openai:m", "--base-url", server.url, *more])


def test_the_command_writes_rows_and_goes_on_where_it_was_killed(server, tmp_path, capsys):
    assert perturb(server, tmp_path, "--concurrency", "1") == 0
    assert "3 rows: 3 valid" in capsys.readouterr().out
    out = tmp_path / "out.jsonl"
    out.write_bytes(out.read_bytes()[:-30])
    server.asked.clear()
    assert perturb(server, tmp_path, "--record", str(tmp_path / "record.jsonl")) == 0
    assert len(server.asked) == 1
    assert "3 rows: 3 valid" in capsys.readouterr().out


def test_the_command_says_what_a_fault_was_and_what_next(server, tmp_path, capsys):
    server.script = [(401, {}, json.dumps({"error": {"message": f"bad key {KEY}"}}))]
    assert perturb(server, tmp_path) == 1
    said = "".join(capsys.readouterr())
    assert "bad key [key]" in said and "check --base-url" in said and KEY not in said


def test_the_command_stops_at_its_budget(server, tmp_path, capsys):
    assert perturb(server, tmp_path, "--budget-tokens", "15", "--concurrency", "1") == 1
    said = capsys.readouterr()
    assert "1 rows: 1 valid" in said.out and "2 rows are left" in said.err


def test_a_fault_is_asked_again_by_the_next_run(server, tmp_path):
    server.script = [(404, {}, "{}")]
    assert perturb(server, tmp_path) == 1
    server.script = [ok()]
    assert perturb(server, tmp_path) == 0
    made = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert sorted((row["task_id"], row["status"]) for row in made) == [(f"sign/{n}", "valid") for n in range(3)]


def test_batches_go_out_and_come_in_turn_by_turn(server, tmp_path, capsys):
    kept = ["--record", str(tmp_path / "record.jsonl")]

    def answered(requests, replies):
        results = tmp_path / f"{requests}.results"
        lines = [json.loads(line) for line in (tmp_path / requests).read_text().splitlines()]
        assert all((line["method"], line["url"]) == ("POST", "/v1/chat/completions") for line in lines)
        pairs = zip(lines, replies, strict=True)
        done = [{"custom_id": line["custom_id"]} | reply for line, reply in pairs]
        results.write_text("".join(json.dumps(row) + "\n" for row in reversed(done)))
        return ["--batch-in", str(results)]

    def reply(program):
        return {"response": {"status_code": 200, "body": json.loads(ok(program)[2])}, "error": None}

    assert perturb(server, tmp_path, *kept, "--batch-out", str(tmp_path / "one")) == 1
    assert "3 rows wait" in capsys.readouterr().err
    fault = {"response": None, "error": {"code": "batch_expired", "message": "too late"}}
    came = answered("one", [reply(FLIPPED), reply(SOURCE), fault])
    assert perturb(server, tmp_path, *kept, *came, "--batch-out", str(tmp_path / "two")) == 1
    said = capsys.readouterr()
    assert "1 rows wait" in said.err and "too late" in said.err and "1 valid" in said.out
    came = answered("two", [reply(FLIPPED)])
    assert perturb(server, tmp_path, *kept, *came, "--batch-out", str(tmp_path / "three")) == 1
    came = answered("three", [reply(FLIPPED)])
    assert perturb(server, tmp_path, *kept, *came, "--replay") == 0
    assert "3 rows: 3 valid" in capsys.readouterr().out
    assert not server.asked


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("--every-site", "--every-site is for --generator rules"),
        ("--replay", "needs a --record"),
        ("--batch-in x", "batches need a --record"),
        ("--parameters [1]", "must be a JSON object"),
        ("--budget-usd 1", "needs prices"),
    ],
)
def test_options_that_do_not_fit(server, tmp_path, capsys, more, message):
    assert perturb(server, tmp_path, *more.split()) == 2
    assert message in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT], ids=["kill", "interrupt"])
def test_a_run_stopped_in_the_middle_loses_nothing(server, tmp_path, how):
    code, headers, text = ok()
    server.script = [ok(), (code, {"sleep": 90}, text)]
    script = "import sys; from procure_kit import cli; sys.exit(cli.main(sys.argv[1:]))"
    more = ["--generator", "openai:m", "--base-url", server.url, "--concurrency", "1", "--concepts", "if_else_flip"]
    out, record = tmp_path / "out.jsonl", tmp_path / "record.jsonl"
    command = [sys.executable, "-c", script, "perturb", write_problems(tmp_path), "-o", out, *more, "--record", record]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 120
    while len(server.asked) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(how)
    said = process.communicate(timeout=300)[1]  # raises where it waits for the reply
    if how == signal.SIGINT:
        assert process.returncode == 130 and "the same command goes on where it stopped" in said
        assert "Traceback" not in said
    assert len(out.read_text().splitlines()) == len(record.read_text().splitlines()) == 1
    server.script = [ok()]
    server.asked.clear()
    assert perturb(server, tmp_path, "--record", str(record)) == 0
    assert len(server.asked) == 2 and len(out.read_text().splitlines()) == 3
