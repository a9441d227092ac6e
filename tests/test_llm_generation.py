"""The LLM generator against real HTTP: a local server that answers, and misbehaves, as each test scripts it."""

import asyncio
import json
import signal
import subprocess
import sys
import threading
import time
import traceback
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from procure_kit import cli
from procure_kit.concepts import perturb as perturb_by_rules
from procure_kit.generation import identity
from procure_kit.llm_client import Client
from procure_kit.llm_generation import llm_generate
from procure_kit.llm_record import ApiFault
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
    """`server.script`: replies in turn, the last one for ever; `server.asked`: the bodies received;
    `server.most`: requests in flight at once."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)

    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.server.asked.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            script = self.server.script
            code, headers, text = script.pop(0) if len(script) > 1 else script[0]
            with lock:
                self.server.inside += 1
                self.server.most = max(self.server.most, self.server.inside)
            time.sleep(headers.get("sleep", 0))
            self.send_response(code)
            plain = {"content-type": "application/json", "content-length": str(len(text.encode()))}
            for name, value in (plain | headers).items():
                if name not in ("sleep", "drip") and value is not None:
                    self.send_header(name, value)
            self.end_headers()
            with lock:
                self.server.inside -= 1
            self.wfile.write(text.encode())
            for _ in range(headers.get("drip", 0)):
                self.wfile.write(b"1\r\n \r\n")
                time.sleep(0.1)

        def log_message(self, *args):
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.handle_error = lambda *_: None  # a client that timed out has hung up
    http.asked, http.script, http.inside, http.most = [], [ok()], 0, 0
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
    assert [said.split(":")[0] for said in row["verdicts"]] == ["no_change", "not_this_concept", "unparsable", "valid"]
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
    "cut stream": [(200, {"content-length": None, "transfer-encoding": "chunked"}, '5\r\n{"cho\r\n'), ok()],
    "malformed": [(200, {}, '{"choices": ['), ok()],
    "html": [(200, {"content-type": "text/html"}, "<html>"), ok()],
    "empty": [ok(content=""), ok()],
}
FAULTS = {
    "filtered": ((200, {}, ok(content="x")[2].replace('"stop"', '"content_filter"')), "the model refused", 1),
    "too long": ((200, {}, ok(content="")[2].replace('"stop"', '"length"')), "empty (finish_reason length)", 3),
    "503 for ever": ((503, {}, "{}"), "HTTP 503", 3),
    "refused": (ok(content=None, refusal="I cannot"), "the model refused: I cannot", 1),
    "context": ((400, {}, '{"error": {"message": "maximum context length"}}'), "maximum context length", 1),
    "401": ((401, {}, json.dumps({"error": {"message": f"bad key {KEY}"}})), "bad key [key]", 1),
    "404": ((404, {}, '{"error": {"message": "no model m"}}'), "no model m", 1),
    "html": ((200, {"content-type": "text/html"}, "<html>"), "no chat completion", 3),
}


@pytest.mark.parametrize("name", RECOVERS)
def test_a_passing_fault_is_retried(server, name):
    server.script = list(RECOVERS[name])
    (row,) = rows(client(server))
    assert (row["status"], len(server.asked)) == ("valid", 2), row["detail"]


@pytest.mark.parametrize("when", ["0.01", formatdate(time.time() - 9, usegmt=True)])
def test_retry_after_goes_before_the_usual_pause(server, when):
    server.script = [(429, {"retry-after": when}, "{}"), ok()]
    start = time.monotonic()
    assert rows(client(server, pause=60))[0]["status"] == "valid"
    assert time.monotonic() - start < 20


@pytest.mark.parametrize(("when", "least"), [("0.3", 0.3), (lambda: formatdate(time.time() + 2, usegmt=True), 0.9)])
def test_retry_after_is_waited_for(server, when, least):
    server.script = [(503, {"retry-after": when if isinstance(when, str) else when()}, "{}"), ok()]
    start = time.monotonic()
    assert rows(client(server))[0]["status"] == "valid"
    assert time.monotonic() - start >= least


@pytest.mark.parametrize("name", FAULTS)
def test_a_lasting_fault_is_a_row_without_the_key(server, name, tmp_path):
    reply, message, asked = FAULTS[name]
    server.script = [reply]
    made = client(server, record=tmp_path / "record.jsonl")
    (row,) = rows(made)
    assert row["status"] == "api_fault" and message in row["detail"] and len(server.asked) == asked
    assert KEY not in json.dumps(row) + repr(made)


@pytest.mark.parametrize("reply", [ok(content=f"your key is {KEY}"), FAULTS["401"][0], (200, {}, f"<p>{KEY}</p>")])
def test_a_key_that_comes_back_goes_no_further(server, tmp_path, reply, caplog, capsys):
    server.script = [reply]
    made = client(server, record=tmp_path / "record.jsonl")
    caplog.set_level("DEBUG", logger="procure_kit")
    with pytest.raises(ApiFault) as raised:
        made.ask([{"role": "user", "content": "hello"}])
        raise ApiFault("the reply was usable")
    text = "".join(traceback.format_exception(raised.value))
    (row,) = rows(made, turns=0)
    everything = text + repr(made) + str(vars(raised.value)) + json.dumps(row) + caplog.text + str(capsys.readouterr())
    assert KEY not in everything + (tmp_path / "record.jsonl").read_text()


def test_without_a_key_no_word_is_taken_for_one(server, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY")
    server.script = [(404, {}, '{"error": {"message": "none here"}}')]
    assert "none here" in rows(client(server))[0]["detail"]


def test_the_model_is_asked_about_the_site_that_the_rules_take(server):
    two = Problem("two", SOURCE + SOURCE.replace("def f", "def g"), "", TEST, "f")
    for seed in range(4):
        (row,) = llm_generate([two], client(server), ["if_else_flip"], turns=0, seed=seed)
        assert row["site"] == perturb_by_rules(two.program, "if_else_flip", seed=seed).site


def test_a_server_that_drips_is_a_time_out(server):
    server.script = [(200, {"content-length": None, "transfer-encoding": "chunked", "drip": 20}, ""), ok()]
    start = time.monotonic()
    assert rows(client(server))[0]["status"] == "valid"
    assert time.monotonic() - start < 4


def test_who_asks_for_too_long_a_pause_is_not_asked_again(server):
    server.script = [(503, {"retry-after": "9999"}, "{}")]
    (row,) = rows(client(server))
    assert row["status"] == "api_fault" and "a pause of 9999 seconds" in row["detail"] and len(server.asked) == 1


@pytest.mark.parametrize("usage", [None, [], {"prompt_tokens": "many", "completion_tokens": None}])
def test_a_server_that_counts_nothing_spends_all_the_same(server, usage):
    reply = json.loads(ok()[2]) | {"usage": usage}
    server.script = [(200, {}, json.dumps(reply))]
    made = client(server, budget_tokens=100)
    (row,) = rows(made)
    assert (row["status"], row["tokens"]) == ("valid", made.spent) and made.spent > 100
    assert made.left == 0 and list(rows(made, seed=1)) == [] and made.left == 1


def test_half_a_surrogate_pair_goes_out_and_comes_in(server):
    prints = FLIPPED.replace("'plus'", "'\\ud800'")
    server.script = [ok("x = '\ud800'\n"), ok(prints), ok()]
    (row,) = rows(client(server))
    assert (row["status"], row["turns"]) == ("valid", 3), row


def test_reasoning_that_a_server_keeps_apart_is_kept(server):
    server.script = [ok(reasoning_content="Hm.")]
    assert rows(client(server))[0]["reasoning"] == "Hm.\n\nNegate it."


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


def test_a_recorded_fault_is_asked_again_but_replays_as_it_was(server, tmp_path):
    record = tmp_path / "record.jsonl"
    server.script = [(404, {}, "{}"), ok()]
    first = rows(client(server, record=record))
    assert rows(Client("m", record=record, replay_only=True)) == first
    assert rows(client(server, record=record))[0]["status"] == "valid"
    assert rows(Client("m", record=record, replay_only=True))[0]["status"] == "valid"


def test_another_seed_is_another_sample(server, tmp_path):
    server.script = [ok(HALF), ok()]
    made = client(server, record=tmp_path / "record.jsonl")
    assert [rows(made, turns=0, seed=seed)[0]["status"] for seed in (0, 1, 0)] == [
        "not_this_concept",
        "valid",
        "not_this_concept",
    ]


def test_structured_output_and_the_way_back(server):
    structured = ok(content=json.dumps({"reasoning": "Negate.", "program": FLIPPED}))
    server.script = [structured]
    (row,) = rows(client(server, structured=True))
    assert (row["status"], row["reasoning"]) == ("valid", "Negate.")
    assert server.asked[0]["response_format"]["type"] == "json_schema"
    server.script = [(400, {}, '{"error": {"message": "response_format is not supported"}}'), ok()]
    assert rows(client(server, structured=True))[0]["status"] == "valid"
    assert "response_format" not in server.asked[-1]


def test_several_in_flight_find_the_way_back_together(server):
    no = (400, {"sleep": 0.1}, '{"error": {"message": "response_format is not supported"}}')
    server.script = [no, no, no, ok()]
    problems = [Problem(f"sign/{n}", f"# {n}\n" + SOURCE, "", TEST, "f") for n in range(3)]
    made = llm_generate(problems, client(server, structured=True), ["if_else_flip"], concurrency=3)
    assert [row["status"] for row in made] == ["valid"] * 3


def test_any_field_of_a_request_can_be_set(server):
    assert rows(client(server, parameters={"top_k": 5, "temperature": 0}))[0]["status"] == "valid"
    assert {"top_k": 5, "temperature": 0, "model": "m"}.items() <= server.asked[0].items()
    with pytest.raises(ValueError, match="sets model, stream itself"):
        client(server, parameters={"model": "x", "stream": True})


def test_no_more_in_flight_than_allowed(server):
    problems = [Problem(f"sign/{n}", f"# {n}\n" + SOURCE, "", TEST, "f") for n in range(9)]
    code, headers, text = ok()
    server.script = [(code, {"sleep": 0.05}, text)]
    assert len(list(llm_generate(problems, client(server), ["if_else_flip"], concurrency=3))) == 9
    assert server.most == 3


def test_a_budget_in_dollars(server):
    made = client(server, budget_usd=0.00002, price=(1.0, 2.0))
    assert rows(made)[0]["status"] == "valid"
    assert made.spent_usd == pytest.approx((10 * 1 + 5 * 2) / 1e6)
    assert list(llm_generate([Problem("u", "#\n" + SOURCE, "", TEST, "f")], made, ["if_else_flip"])) == []
    assert made.left == 1
    with pytest.raises(ValueError, match="needs prices"):
        client(server, budget_usd=1)


def test_an_overflow_in_a_repair_tells_the_last_verdict(server):
    server.script = [ok(SOURCE), (400, {}, '{"error": {"message": "maximum context length"}}')]
    (row,) = rows(client(server))
    assert (row["status"], row["turns"]) == ("api_fault", 1)
    assert "maximum context length" in row["detail"] and "no_change" in row["detail"]


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


def test_without_a_key_or_a_server_of_ones_own(server, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY")
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    with pytest.raises(ValueError, match="set OPENAI_API_KEY"):
        Client("m")
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    assert rows(Client("m"))[0]["status"] == "valid"


@pytest.mark.parametrize("key", [f"{KEY}é", f"{KEY}\n{KEY}"])
def test_what_cannot_be_a_key_is_not_sent_and_not_told(server, monkeypatch, key):
    monkeypatch.setenv("OPENAI_API_KEY", key)
    with pytest.raises(ValueError, match="characters that no key has") as raised:
        client(server)
    assert KEY not in "".join(traceback.format_exception(raised.value))


def test_a_key_out_of_a_file_ends_in_a_newline(server, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", f"{KEY}\n")
    assert rows(client(server))[0]["status"] == "valid"


def test_a_word_instead_of_a_key_stays_in_programs(server, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "minus")
    assert rows(client(server))[0]["counterfactual"] == FLIPPED


@pytest.mark.parametrize("url", ["localhost:8000/v1", "http://", "http://[::1", "http://host:99999/v1", "ftp://host"])
def test_what_is_no_address(url):
    with pytest.raises(ValueError, match="is no address of a server"):
        Client("m", url)


def test_a_record_must_be_there_or_be_possible(server, tmp_path):
    with pytest.raises(FileNotFoundError, match="no such record"):
        Client("m", record=tmp_path / "none.jsonl", replay_only=True)
    with pytest.raises(FileNotFoundError, match="nowhere"):
        client(server, record=tmp_path / "nowhere" / "record.jsonl")


def test_stopping_early_leaves_the_waiting_ones_unasked(server):
    problems = [Problem(f"sign/{n}", f"# {n}\n" + SOURCE, "", TEST, "f") for n in range(40)]
    made = llm_generate(problems, client(server), ["if_else_flip"], concurrency=1)
    assert next(made)["status"] == "valid"
    made.close()
    assert len(server.asked) < 10


def test_stopping_early_cancels_the_request_in_flight(server):
    problems = [Problem(f"sign/{n}", f"# {n}\n" + SOURCE, "", TEST, "f") for n in range(2)]
    server.script = [ok(), (200, {"sleep": 3}, "{}")]
    made = llm_generate(problems, client(server, timeout=30), ["if_else_flip"], concurrency=2)
    assert next(made)["status"] == "valid"
    start = time.monotonic()
    made.close()
    assert time.monotonic() - start < 2


def test_it_works_where_a_loop_runs_already(server):
    async def cell():
        return rows(client(server))

    assert asyncio.run(cell())[0]["status"] == "valid"


def test_numbers_that_are_too_small(server):
    with pytest.raises(ValueError, match="at least 1, not 0"):
        rows(client(server), concurrency=0)
    with pytest.raises(ValueError, match="0 or more, not -1"):
        rows(client(server), turns=-1)
    with pytest.raises(ValueError, match="above 0 seconds"):
        client(server, timeout=0)


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


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT], ids=["kill", "interrupt"])
def test_a_run_stopped_in_the_middle_loses_nothing(server, tmp_path, how):
    code, headers, text = ok()
    server.script = [ok(), (code, {"sleep": 5}, text)]
    script = "import sys; from procure_kit import cli; sys.exit(cli.main(sys.argv[1:]))"
    more = ["--generator", "openai:m", "--base-url", server.url, "--concurrency", "1", "--concepts", "if_else_flip"]
    out, record = tmp_path / "out.jsonl", tmp_path / "record.jsonl"
    command = [sys.executable, "-c", script, "perturb", write_problems(tmp_path), "-o", out, *more, "--record", record]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 30
    while len(server.asked) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(how)
    start = time.monotonic()
    said = process.communicate()[1]
    assert time.monotonic() - start < 4
    if how == signal.SIGINT:
        assert process.returncode == 130 and "the same command goes on where it stopped" in said
        assert "Traceback" not in said
    assert len(out.read_text().splitlines()) == len(record.read_text().splitlines()) == 1
    server.script = [ok()]
    server.asked.clear()
    assert perturb(server, tmp_path, "--record", str(record)) == 0
    assert len(server.asked) == 2 and len(out.read_text().splitlines()) == 3
