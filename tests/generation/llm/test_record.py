"""Replies as servers write them: read or told apart as faults, and kept under the request that they answer."""

import json

import pytest

from procure_kit.generation.llm.record import Record, request_hash
from procure_kit.generation.llm.reply import ApiFault, read_reply, read_texts
from procure_kit.problems.rows import read_rows


def chat(content, **fields) -> str:
    usage = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
    return json.dumps(
        {"choices": [{"message": {"content": content} | fields, "finish_reason": "stop"}], "usage": usage}
    )


def test_a_reply_has_its_text_its_tokens_and_its_reasoning():
    usage = {"prompt_tokens": 3, "completion_tokens": 4}
    assert read_reply(chat("code")) == {"content": "code", "finish_reason": "stop", "usage": usage}
    assert read_reply(chat("code", reasoning_content="because"))["reasoning"] == "because"


@pytest.mark.parametrize(
    ("text", "message", "passing"),
    [
        ("<html>", "no chat completion", True),
        ('{"choices": []}', "no chat completion", True),
        (chat(" \n"), "the reply is empty", True),
        (chat("", refusal="I may not"), "the model refused: I may not", False),
        (chat("code", refusal="I may not"), "the model refused: I may not", False),
        (chat("code").replace('"stop"', '"content_filter"'), "the model refused: content_filter", False),
        (chat(None).replace('"stop"', '"length"'), r"the reply is empty \(finish_reason length\): .*max_tokens", False),
        (chat(3), r"no chat completion \(AttributeError\)", False),  # and paid
        ("[" * 100_000, r"no chat completion \(RecursionError\)", True),
        ('{"choices": null}', r"no chat completion \(TypeError\)", True),
    ],
)
def test_what_is_no_usable_reply_is_a_fault(text, message, passing):
    with pytest.raises(ApiFault, match=message) as caught:
        read_reply(text)
    assert caught.value.passing is passing


def test_texts_come_in_the_order_of_their_index_and_may_be_empty():
    choices = [{"index": 1, "text": "b"}, {"index": 0, "text": None}]
    assert read_texts(json.dumps({"choices": choices}))["texts"] == ["", "b"]
    with pytest.raises(ApiFault, match="no choice"):
        read_texts('{"choices": []}')


def test_a_request_is_known_by_all_that_was_sent_and_by_its_sample():
    body = {"model": "m", "messages": [{"role": "user", "content": "x"}]}
    assert request_hash(body, 0) == request_hash(dict(reversed(body.items())), 0)
    assert len({request_hash(body, 0), request_hash(body, 1), request_hash(body | {"model": "n"}, 0)}) == 3


def test_what_is_kept_is_found_again_and_a_fault_is_asked_again(tmp_path):
    path = tmp_path / "record.jsonl"
    first = Record(path)
    first.keep("r1", {"model": "m"}, {"content": "code", "usage": {}})
    first.keep("r2", {"model": "m"}, {"content": "", "usage": {}, "fault": "HTTP 500"})
    again = Record(path)
    assert again.find("r1", {})["content"] == "code" and again.find("r2", {}) is None
    assert [row["request"] for row in read_rows(path)] == ["r1", "r2"]
    with pytest.raises(ApiFault, match="HTTP 500"):
        Record(path, replay=True).find("r2", {})


def test_a_batch_answers_like_a_server(tmp_path):
    lines = [
        {"custom_id": "r1", "response": {"status_code": 200, "body": json.loads(chat("code"))}},
        {"custom_id": "r2", "error": {"message": "expired"}},
    ]
    (tmp_path / "out.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    record = Record(tmp_path / "record.jsonl", [tmp_path / "out.jsonl"])
    assert record.find("r1", {"model": "m"})["content"] == "code"
    with pytest.raises(ApiFault, match="expired"):
        record.find("r2", {"model": "m"})
    assert record.find("r3", {}) is None


def test_damaged_rows_of_a_record_and_of_a_batch_are_named_and_the_others_count(tmp_path):
    good = {"request": "r0", "content": "code", "usage": {}, "seconds": 1.0}
    bad = [{"usage": "many"}, {"usage": {"prompt_tokens": "3"}}, {"seconds": "1"}, {"fault": 3}, {"reasoning": [1]}]
    rows = [good, *({**good, "request": f"r{n}", **change} for n, change in enumerate(bad, start=1)), {"request": 3}]
    path, batch, said = tmp_path / "record.jsonl", tmp_path / "batch.jsonl", []
    path.write_text("".join(json.dumps(row) + "\n" for row in rows) + '{"requ')
    came = [{"response": "oops"}, {"response": [1]}, {"response": {"status_code": 200}}, {"response": {"body": 3}}]
    batch.write_text("".join(json.dumps({"custom_id": f"b{n}"} | row) + "\n" for n, row in enumerate(came)))
    record = Record(path, [batch], on_bad=said.append)
    assert record.find("r0", {})["content"] == "code" and record.find("r1", {}) is None
    assert [str(error).split(": ")[0] for error in said] == [f"{path}:{n}" for n in range(2, 9)] + [
        f"{batch}:1",
        f"{batch}:2",
    ]
    for request in ("b2", "b3"):
        with pytest.raises(ApiFault):
            record.find(request, {})


def test_a_record_to_replay_must_be_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such record"):
        Record(tmp_path / "none.jsonl", replay=True)


def test_a_fault_tells_what_its_tokens_cost():
    for text in (chat(""), chat("", refusal="no")):
        with pytest.raises(ApiFault) as caught:
            read_reply(text)
        assert caught.value.usage == {"prompt_tokens": 3, "completion_tokens": 4} and caught.value.wait is None


@pytest.mark.parametrize(
    ("told", "usage"),
    [
        ({"prompt_tokens": 3, "completion_tokens": 0}, {"prompt_tokens": 3}),
        ({"prompt_tokens": "3", "completion_tokens": None}, {}),
        ({"prompt_tokens": -1, "total_tokens": 9}, {}),
        (None, {}),
        ([3], {}),
    ],
)
def test_only_counts_of_tokens_are_usage(told, usage):
    reply = json.loads(chat("code")) | {"usage": told}
    assert read_reply(json.dumps(reply))["usage"] == usage
    assert read_texts(json.dumps({"choices": [{"text": "a"}], "usage": told}))["usage"] == usage


def test_reasoning_is_text_by_either_name_or_none():
    assert read_reply(chat("code", reasoning="because"))["reasoning"] == "because"
    assert read_reply(chat("code", reasoning="late", reasoning_content="first"))["reasoning"] == "first"
    assert "reasoning" not in read_reply(chat("code", reasoning={"steps": 2}))


def test_half_a_surrogate_pair_becomes_a_mark_that_can_be_sent_back():
    assert read_reply(chat("a\ud800b"))["content"] == "a?b"
    assert read_texts(json.dumps({"choices": [{"text": "\ud800"}]}))["texts"] == ["?"]


@pytest.mark.parametrize("choices", ["3", "null", "[3]", '[{"message": {}}]', '[{"text": 1}]'])
def test_what_is_no_completion_is_a_passing_fault(choices):
    with pytest.raises(ApiFault, match="no completion") as caught:
        read_texts(f'{{"choices": {choices}}}')
    assert caught.value.passing


def test_a_record_without_a_file_is_kept_in_memory():
    record = Record(None)
    kept = record.keep("r1", {"model": "m"}, {"content": "code", "usage": {}})
    assert record.find("r1", {}) is kept and kept["model"] == "m" and kept["time"][4] == "-"
    record.keep("r2", {}, {"content": "", "fault": "HTTP 500"})
    assert record.find("r2", {}) is None


def test_a_batch_takes_the_place_of_a_fault_and_its_own_faults_are_kept(tmp_path):
    path, batch = tmp_path / "record.jsonl", tmp_path / "out.jsonl"
    Record(path).keep("r1", {}, {"content": "", "fault": "HTTP 500"})
    came = ("r1", 200, json.loads(chat("code"))), ("r2", 429, {"error": "slow down"}), ("r3", 200, json.loads(chat("")))
    lines = [{"custom_id": key, "response": {"status_code": code, "body": body}} for key, code, body in came]
    batch.write_text("".join(json.dumps(line) + "\n" for line in lines))
    record = Record(path, [batch], replay=True)
    assert record.find("r1", {"model": "m"})["content"] == "code"
    for request, said in (("r2", 'the batch has no reply: {"error": "slow down"}'), ("r3", "the reply is empty")):
        with pytest.raises(ApiFault, match=said):
            record.find(request, {})
    rows = list(read_rows(path))
    assert [(row["request"], row.get("fault", "")[:9]) for row in rows] == [
        ("r1", "HTTP 500"), ("r1", ""), ("r2", "the batch"), ("r3", "the reply"),
    ]  # fmt: skip
    assert rows[1]["seconds"] == 0 and rows[3]["usage"] == {"prompt_tokens": 3, "completion_tokens": 4}


def test_a_record_that_cannot_be_written_is_told_before_anything_is_asked(tmp_path):
    with pytest.raises(OSError):
        Record(tmp_path / "no" / "record.jsonl")
    (tmp_path / "batch.jsonl").write_text("")
    assert Record(tmp_path / "none.jsonl", [tmp_path / "batch.jsonl"], replay=True).find("r1", {}) is None
    assert not (tmp_path / "none.jsonl").exists()
