"""Each way in which a server can misbehave, over real HTTP; and the key appears nowhere."""

import json
import time
import traceback
from dataclasses import replace
from email.utils import formatdate

import pytest

from procure_kit.generation.llm.client import Client
from procure_kit.generation.llm.generation import llm_generate
from procure_kit.generation.llm.reply import ApiFault
from tests.generation.llm.chat_server import FLIPPED, KEY, PROBLEM, SOURCE, client, ok, rows

pytestmark = pytest.mark.extras  # the package openai

RECOVERS = {
    "429": [(429, {"retry-after": "0.01"}, "{}"), ok()],
    "a date": [(429, {"retry-after": formatdate(time.time() - 9, usegmt=True)}, "{}"), ok()],
    "500": [(500, {}, "oops"), ok()],
    "time-out": [(200, {"sleep": 6}, "{}"), ok()],
    "cut": [(200, {"content-length": "9999", "connection": "close"}, '{"choi'), ok()],
    "cut stream": [(200, {"content-length": None, "transfer-encoding": "chunked"}, '5\r\n{"cho\r\n'), ok()],
    "malformed": [(200, {}, '{"choices": ['), ok()],
    "html": [(200, {"content-type": "text/html"}, "<html>"), ok()],
    "empty": [ok(content=""), ok()],
}
FAULTS = {
    "filtered": ((200, {}, ok(content="x")[2].replace('"stop"', '"content_filter"')), "the model refused", 1),
    "too long": (
        (200, {}, ok(content="")[2].replace('"stop"', '"length"')),
        "empty (finish_reason length): allow more with max_tokens",
        1,
    ),
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
    (row,) = rows(client(server, timeout=3 if name == "time-out" else 60))
    assert (row["status"], len(server.asked)) == ("valid", 2), row["detail"]


def test_retry_after_goes_before_the_usual_pause(server):
    server.script = [(429, {"retry-after": "0.01"}, "{}"), ok()]
    start = time.monotonic()
    assert rows(client(server, pause=60))[0]["status"] == "valid"
    assert time.monotonic() - start < 20


@pytest.mark.parametrize(("when", "least"), [("0.3", 0.3), (lambda: formatdate(time.time() + 2, usegmt=True), 0.9)])
def test_retry_after_is_waited_for(server, when, least):
    server.script = [(503, {"retry-after": when if isinstance(when, str) else when()}, "{}"), ok()]
    start = time.monotonic()
    assert rows(client(server))[0]["status"] == "valid"
    assert time.monotonic() - start >= least


def test_who_asks_for_too_long_a_pause_is_not_asked_again(server):
    server.script = [(503, {"retry-after": "9999"}, "{}")]
    (row,) = rows(client(server))
    assert row["status"] == "api_fault" and "a pause of 9999 seconds" in row["detail"] and len(server.asked) == 1


@pytest.mark.parametrize("when", ["0", "-3", "nan", "soon", "Sat, 28 Nov 2020 09:00:00 GMT"])
def test_a_pause_that_is_none_leaves_the_usual_ones(server, when):
    server.script = [(429, {"retry-after": when}, "{}")]
    start = time.monotonic()
    assert rows(client(server, pause=0.1, attempts=4))[0]["status"] == "api_fault"
    assert time.monotonic() - start >= 0.1 * (1 + 2 + 4) and len(server.asked) == 4


def test_a_short_pause_is_believed_once(server):
    server.script = [(429, {"retry-after": "0.001"}, "{}")]
    start = time.monotonic()
    assert rows(client(server, pause=0.1, attempts=4))[0]["status"] == "api_fault"
    assert time.monotonic() - start >= 0.1 * (2 + 4) and len(server.asked) == 4


SAID = {
    "ollama": (404, '{"error": "model m not found, try pulling it first"}'),
    "fastapi": (422, '{"detail": [{"loc": ["body", "seed"], "msg": "model m not found"}]}'),
    "message": (400, '{"message": "model m not found"}'),
    "openai": (404, '{"error": {"message": "model m not found", "type": "x", "code": null}}'),
    "text": (404, "model m not found"),
    "list": (400, '["model m not found"]'),
}


@pytest.mark.parametrize("shape", SAID)
def test_the_servers_own_words_are_told(server, shape):
    code, body = SAID[shape]
    server.script = [(code, {}, body)]
    (row,) = rows(client(server))
    assert row["detail"].startswith(f"HTTP {code}: ") and "model m not found" in row["detail"]


def test_an_error_without_a_word_is_told_by_its_number(server):
    for body in ("", "{}", "null", "[" * 100_000):
        server.script = [(404, {}, body)]
        assert rows(client(server))[0]["detail"].startswith("HTTP 404: ")


EMPTY = {
    "openai": (429, '{"error": {"message": "You exceeded your quota", "code": "insufficient_quota"}}'),
    "payment": (402, '{"error": "Insufficient credits"}'),
    "anthropic": (400, '{"error": {"message": "Your credit balance is too low to access the API"}}'),
}


@pytest.mark.parametrize("shape", EMPTY)
def test_an_empty_account_stops_the_run_and_says_why(server, shape):
    code, body = EMPTY[shape]
    server.script = [ok(), (code, {}, body)]
    problems = [replace(PROBLEM, task_id=f"sign/{n}", prompt=f"# {n}\n{SOURCE}") for n in range(6)]
    made = client(server)
    with pytest.warns(UserWarning, match=f"HTTP {code}: .*: nothing more is asked; 5 rows are left") as told:
        done = list(llm_generate(problems, made, ["if_else_flip"], concurrency=1))
    assert [row["status"] for row in done] == ["valid"] and len(told) == 1
    assert len(server.asked) == 2 and made.left == 5 and f"HTTP {code}" in made.stopped


@pytest.mark.parametrize(
    ("code", "body"),
    [
        (
            400,
            '{"error": {"message": "Unsupported parameter: \'max_tokens\'. Use \'max_completion_tokens\' instead."}}',
        ),
        (422, '{"detail": [{"loc": ["body", "temperature"], "msg": "ensure this value is less than 1"}]}'),
    ],
)
def test_refused_parameters_name_the_remedy_and_are_not_sent_again(server, code, body):
    server.script = [(code, {}, body)]
    problems = [replace(PROBLEM, task_id=f"sign/{n}", prompt=f"# {n}\n{SOURCE}") for n in range(4)]
    with pytest.warns(UserWarning, match="change or leave out (max_tokens|temperature) in --parameters"):
        assert list(llm_generate(problems, client(server), ["if_else_flip"], concurrency=1)) == []
    assert len(server.asked) == 1


def test_a_prompt_that_is_too_long_stops_nothing(server):
    server.script = [(400, {}, '{"error": {"message": "maximum context length is 9: lower max_tokens"}}'), ok()]
    problems = [replace(PROBLEM, task_id=f"sign/{n}", prompt=f"# {n}\n{SOURCE}") for n in range(2)]
    made = list(llm_generate(problems, client(server), ["if_else_flip"], concurrency=1))
    assert [row["status"] for row in made] == ["api_fault", "valid"]


@pytest.mark.slow
def test_a_server_that_drips_is_a_time_out(server):
    server.script = [(200, {"content-length": None, "transfer-encoding": "chunked", "drip": 600}, ""), ok()]
    start = time.monotonic()
    assert rows(client(server, timeout=3))[0]["status"] == "valid"
    assert time.monotonic() - start < 40


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


@pytest.mark.parametrize("url", ["localhost:8000/v1", "http://", "http://[::1", "http://host:99999/v1", "ftp://host"])
def test_what_is_no_address(url):
    with pytest.raises(ValueError, match="is no address of a server"):
        Client("m", url)


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


def test_without_a_key_no_word_is_taken_for_one(server, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY")
    server.script = [(404, {}, '{"error": {"message": "none here"}}')]
    assert "none here" in rows(client(server))[0]["detail"]


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
