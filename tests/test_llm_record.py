"""Replies as servers write them: read or told apart as faults, and kept under the request that they answer."""

import json

import pytest

from procure_kit.llm_record import Record, request_hash
from procure_kit.llm_reply import ApiFault, read_reply, read_texts
from procure_kit.rows import read_rows


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


def test_a_record_to_replay_must_be_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such record"):
        Record(tmp_path / "none.jsonl", replay=True)
