"""Records and replay, structured output, parameters and budgets, over real HTTP."""

import json

import pytest

from procure_kit.generation.llm.client import Client
from procure_kit.generation.llm.generation import llm_generate
from procure_kit.generation.rules import identity
from procure_kit.problems.problem import Problem
from tests.generation.llm.chat_server import FLIPPED, HALF, KEY, SOURCE, TEST, client, ok, rows

pytestmark = pytest.mark.extras  # the package openai


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


def test_a_record_must_be_there_or_be_possible(server, tmp_path):
    with pytest.raises(FileNotFoundError, match="no such record"):
        Client("m", record=tmp_path / "none.jsonl", replay_only=True)
    with pytest.raises(FileNotFoundError, match="nowhere"):
        client(server, record=tmp_path / "nowhere" / "record.jsonl")


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


@pytest.mark.parametrize(
    ("code", "body"),
    [
        (422, '{"detail": [{"loc": ["body", "response_format"], "msg": "extra fields not permitted"}]}'),
        (400, '{"error": "unknown field"}'),
        (501, "not implemented"),
        (500, "guided decoding failed"),
    ],
)
def test_whatever_a_server_says_to_structured_output_it_is_asked_without(server, code, body):
    server.script = [lambda asked: (code, {}, body) if "response_format" in asked else ok()]
    made = client(server, structured=True, attempts=2)
    assert rows(made)[0]["status"] == "valid" and made.structured is False
    server.asked.clear()
    assert rows(made, seed=1)[0]["status"] == "valid" and len(server.asked) == 1


def test_a_fault_that_has_nothing_to_do_with_the_format_leaves_it(server):
    server.script = [(400, {}, '{"error": "maximum context length"}')]
    made = client(server, structured=True)
    assert rows(made)[0]["status"] == "api_fault" and made.structured and len(server.asked) == 2


PAID = {
    "parts": {"choices": [{"message": {"content": [{"type": "text", "text": "```python\n" + FLIPPED + "```"}]}}]},
    "responses": {"output": [{"content": [{"text": FLIPPED}]}]},
    "number": {"choices": [{"message": {"content": 3}}]},
    "null": {"choices": None},
    "none": {"choices": []},
}


@pytest.mark.parametrize("shape", PAID)
@pytest.mark.parametrize("names", [("prompt_tokens", "completion_tokens"), ("input_tokens", "output_tokens")])
def test_what_was_paid_counts_whatever_came_and_is_paid_once(server, shape, names):
    server.script = [(200, {}, json.dumps(PAID[shape] | {"usage": dict(zip(names, (100, 50), strict=True))}))]
    made = client(server)
    (row,) = rows(made)
    assert (len(server.asked), made.spent) == (1, 150)
    assert row["status"] == ("valid" if shape == "parts" else "api_fault")


def test_several_in_flight_find_the_way_back_together(server):
    no = (400, {"sleep": 0.1}, '{"error": {"message": "response_format is not supported"}}')
    server.script = [lambda body: no if "response_format" in body else ok()]
    problems = [Problem(f"sign/{n}", f"# {n}\n" + SOURCE, "", TEST, "f") for n in range(3)]
    made = llm_generate(problems, client(server, structured=True), ["if_else_flip"], concurrency=3)
    assert [row["status"] for row in made] == ["valid"] * 3


def test_any_field_of_a_request_can_be_set(server):
    assert rows(client(server, parameters={"top_k": 5, "temperature": 0}))[0]["status"] == "valid"
    assert {"top_k": 5, "temperature": 0, "model": "m"}.items() <= server.asked[0].items()
    with pytest.raises(ValueError, match="sets model, stream itself"):
        client(server, parameters={"model": "x", "stream": True})


def test_a_budget_in_dollars(server):
    made = client(server, budget_usd=0.00002, price=(1.0, 2.0))
    assert rows(made)[0]["status"] == "valid"
    assert made.spent_usd == pytest.approx((10 * 1 + 5 * 2) / 1e6)
    assert list(llm_generate([Problem("u", "#\n" + SOURCE, "", TEST, "f")], made, ["if_else_flip"])) == []
    assert made.left == 1
    with pytest.raises(ValueError, match="needs prices"):
        client(server, budget_usd=1)


@pytest.mark.parametrize(
    "usage",
    [
        None,
        [],
        {"prompt_tokens": "many", "completion_tokens": None},
        {"prompt_tokens": 10**400},
        {"prompt_tokens": 1e99},
    ],
)
def test_a_server_that_counts_nothing_spends_all_the_same(server, usage):
    reply = json.loads(ok()[2]) | {"usage": usage}
    server.script = [(200, {}, json.dumps(reply))]
    made = client(server, budget_tokens=100)
    (row,) = rows(made)
    assert (row["status"], row["tokens"]) == ("valid", made.spent) and made.spent > 100
    assert made.left == 0 and list(rows(made, seed=1)) == [] and made.left == 1


def test_the_budget_stops_cleanly_and_the_next_run_goes_on(server):
    problems = [Problem(f"sign/{n}", f"# {n}\n" + SOURCE, "", TEST, "f") for n in range(4)]
    server.script = [ok(SOURCE)]
    work = {"concepts": ["if_else_flip"], "turns": 0, "concurrency": 1}
    made = list(llm_generate(problems, client(server, budget_tokens=30), **work))
    assert len(made) == len(server.asked) == 2
    rest = list(llm_generate(problems, client(server), **work, done={identity(row) for row in made}))
    assert sorted(row["task_id"] for row in made + rest) == [problem.task_id for problem in problems]


def test_a_batch_file_holds_no_more_than_the_api_takes(tmp_path, monkeypatch):
    monkeypatch.setattr("procure_kit.generation.llm.client.BATCH", 2)
    problems = [Problem(f"sign/{n}", f"# {n}\n" + SOURCE, "", TEST, "f") for n in range(3)]
    made = Client("m", record=tmp_path / "record.jsonl", batch_out=tmp_path / "out.jsonl")
    assert list(llm_generate(problems, made, ["if_else_flip"])) == [] and made.left == 3
    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == 2
