"""The LLM generator against real HTTP: a local server that answers, and misbehaves, as each test scripts it."""

import json
import threading
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from procure_kit import cli
from procure_kit.generation import identity
from procure_kit.llm_client import Client
from procure_kit.llm_generation import llm_generate
from procure_kit.problems import Problem

KEY = "sk-very-secret-0123456789"
SOURCE = "def f(n):\n    if n < 0:\n        return 'minus'\n    else:\n        return 'plus'\n"
FLIPPED = "def f(n):\n    if n >= 0:\n        return 'plus'\n    else:\n        return 'minus'\n"
TEST = "def check(candidate):\n    assert candidate(-1) == 'minus'\n    assert candidate(0) == 'plus'\n"
PROBLEM = Problem("sign", SOURCE, "", TEST, "f")
HALF = SOURCE.replace("<", ">=")


def ok(program=FLIPPED, **message):
    message = {"role": "assistant", "content": f"Negate it.\n```python\n{program}```\n"} | message
    usage = {"prompt_tokens": 10, "completion_tokens": 5}
    return 200, {}, json.dumps({"choices": [{"message": message, "finish_reason": "stop"}], "usage": usage})


@pytest.fixture
def server(monkeypatch):
    """`server.script`: replies in turn, the last one for ever; `server.asked`: the bodies received."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.server.asked.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            script = self.server.script
            code, headers, text = script.pop(0) if len(script) > 1 else script[0]
            time.sleep(headers.get("sleep", 0))
            self.send_response(code)
            plain = {"content-type": "application/json", "content-length": str(len(text.encode()))}
            for name, value in (plain | headers).items():
                if name != "sleep":
                    self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *args):
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.asked, http.script = [], [ok()]
    threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    http.url = f"http://127.0.0.1:{http.server_port}/v1"
    yield http
    http.shutdown()
    http.server_close()


def client(server, **options):
    return Client("m", server.url, **({"pause": 0.001, "attempts": 3, "timeout": 0.5} | options))


def rows(client, **options):
    return list(llm_generate([PROBLEM], client, ["if_else_flip"], **options))


def test_a_valid_reply_is_a_row(server):
    (row,) = rows(client(server))
    assert (row["status"], row["turns"], row["tokens"], row["generator"]) == ("valid", 1, 15, "openai:m")
    assert row["counterfactual"] == FLIPPED and row["changed"] and row["reasoning"] == "Negate it."


def test_a_failure_is_repaired_in_the_validators_words(server):
    server.script = [ok(SOURCE), ok(HALF), (200, {}, ok(content="No idea")[2]), ok()]
    (row,) = rows(client(server))
    assert (row["status"], row["turns"], row["tokens"]) == ("valid", 4, 60)
    told = [message["content"] for message in server.asked[-1]["messages"] if message["role"] == "user"][1:]
    assert [text.split("failed. ")[1].split(":")[0] for text in told] == ["no_change", "not_this_concept", "unparsable"]


def test_all_turns_fail(server):
    server.script = [ok(SOURCE)]
    (row,) = rows(client(server), turns=2)
    assert (row["status"], row["turns"], len(server.asked)) == ("no_change", 3, 3)


RECOVERS = {
    "429": [(429, {"retry-after": "0.01"}, "{}"), ok()],
    "a date": [(429, {"retry-after": formatdate(time.time() - 9, usegmt=True)}, "{}"), ok()],
    "500": [(500, {}, "oops"), ok()],
    "time-out": [(200, {"sleep": 0.8}, "{}"), ok()],
    "cut": [(200, {"content-length": "9999", "connection": "close"}, '{"choi'), ok()],
    "malformed": [(200, {}, '{"choices": ['), ok()],
    "html": [(200, {"content-type": "text/html"}, "<html>"), ok()],
    "empty": [ok(content=""), ok()],
}
FAULTS = {
    "503 for ever": ((503, {}, "{}"), "HTTP 503", 3),
    "refused": (ok(content=None, refusal="I cannot"), "the model refused: I cannot", 1),
    "context": ((400, {}, '{"error": {"message": "maximum context length"}}'), "maximum context length", 1),
    "401": ((401, {}, json.dumps({"error": {"message": f"bad key {KEY}"}})), "bad key [key]", 1),
    "404": ((404, {}, '{"error": {"message": "no model m"}}'), "no model m", 1),
    "html": ((200, {"content-type": "text/html"}, "<html>"), "not a chat completion", 3),
}


@pytest.mark.parametrize("name", RECOVERS)
def test_a_passing_fault_is_retried(server, name):
    server.script = list(RECOVERS[name])
    (row,) = rows(client(server))
    assert (row["status"], len(server.asked)) == ("valid", 2), row["detail"]


@pytest.mark.parametrize("name", FAULTS)
def test_a_lasting_fault_is_a_row_without_the_key(server, name, tmp_path):
    reply, message, asked = FAULTS[name]
    server.script = [reply]
    made = client(server, record=tmp_path / "record.jsonl")
    (row,) = rows(made)
    assert row["status"] == "api_fault" and message in row["detail"] and len(server.asked) == asked
    assert KEY not in json.dumps(row) + repr(made)


def test_nobody_listens(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    (row,) = rows(Client("m", "http://127.0.0.1:9/v1", pause=0.001, attempts=2))
    assert row["status"] == "api_fault" and "APIConnectionError" in row["detail"]


def test_a_record_replays_without_a_server_and_holds_no_key(server, tmp_path, monkeypatch):
    record = tmp_path / "record.jsonl"
    server.script = [ok(SOURCE), ok()]
    first = rows(client(server, record=record))
    assert KEY not in record.read_text() and len(record.read_text().splitlines()) == 2
    monkeypatch.delenv("OPENAI_API_KEY")
    assert rows(Client("m", record=record, replay_only=True)) == first
    assert rows(Client("other", record=record, replay_only=True))[0]["status"] == "api_fault"
    assert len(server.asked) == 2


def test_the_budget_stops_cleanly_and_the_next_run_goes_on(server):
    problems = [Problem(f"sign/{n}", f"# {n}\n" + SOURCE, "", TEST, "f") for n in range(4)]
    server.script = [ok(SOURCE)]
    work = {"concepts": ["if_else_flip"], "turns": 0, "concurrency": 1}
    made = list(llm_generate(problems, client(server, budget_tokens=30), **work))
    assert len(made) == len(server.asked) == 2
    rest = list(llm_generate(problems, client(server), **work, done={identity(row) for row in made}))
    assert sorted(row["task_id"] for row in made + rest) == [problem.task_id for problem in problems]


def test_no_site_and_no_program(server):
    plain = Problem("p", "def g(n):\n    return n\n", "", TEST, "g")
    broken = Problem("b", "def g(:\n", "", TEST, "g")
    made = list(llm_generate([plain, broken], client(server), ["if_else_flip"]))
    assert {row["task_id"]: row["status"] for row in made} == {"p": "not_applicable", "b": "unparsable"}
    assert not server.asked


def test_without_a_key_or_a_server_of_ones_own(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(ValueError, match="set OPENAI_API_KEY"):
        Client("m")


def test_stopping_early_leaves_the_waiting_ones_unasked(server):
    problems = [Problem(f"sign/{n}", f"# {n}\n" + SOURCE, "", TEST, "f") for n in range(40)]
    made = llm_generate(problems, client(server), ["if_else_flip"], concurrency=1)
    assert next(made)["status"] == "valid"
    made.close()
    assert len(server.asked) < 10


def perturb(server, tmp_path, *more):
    problems = tmp_path / "problems.jsonl"
    rows = [PROBLEM.to_row() | {"task_id": f"sign/{n}", "prompt": f"# {n}\n" + SOURCE} for n in range(3)]
    problems.write_text("".join(json.dumps(row) + "\n" for row in rows))
    command = ["perturb", str(problems), "-o", str(tmp_path / "out.jsonl"), "--concepts", "if_else_flip"]
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
