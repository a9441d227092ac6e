"""Each way in which a server can misbehave, over real HTTP; and the key appears nowhere."""

import json
import time
import traceback
from email.utils import formatdate

import pytest

from procure_kit.generation.llm.client import Client
from procure_kit.generation.llm.reply import ApiFault
from tests.generation.llm.chat_server import FLIPPED, KEY, client, ok, rows

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
    (row,) = rows(client(server, timeout=3 if name == "time-out" else 60))
    assert (row["status"], len(server.asked)) == ("valid", 2), row["detail"]


@pytest.mark.parametrize("when", ["0.01", formatdate(time.time() - 9, usegmt=True)], ids=["seconds", "date"])
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


def test_who_asks_for_too_long_a_pause_is_not_asked_again(server):
    server.script = [(503, {"retry-after": "9999"}, "{}")]
    (row,) = rows(client(server))
    assert row["status"] == "api_fault" and "a pause of 9999 seconds" in row["detail"] and len(server.asked) == 1


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
