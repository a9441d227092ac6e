"""Completions of a server: what is asked, what becomes of its answers and its faults. A live one is asked too."""

import json
import threading
from contextlib import nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from procure_kit import cli
from procure_kit.evaluation.completion_server import complete_by_server
from procure_kit.evaluation.evaluation import evaluate_whole
from procure_kit.generation.llm.client import Client
from procure_kit.problems.rows import read_rows
from procure_kit.training.cuts import Cut
from tests.evaluation.test_evaluation import SIGN

BODY = "\n    return -1 if n < 0 else 1\n\n\nprint(sign(3))"


@pytest.fixture
def server(monkeypatch):
    """`server.answer(body) -> (code, reply)` may be replaced; `server.asked` holds (path, body)."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            self.server.asked.append((self.path, body))
            code, reply = self.server.answer(body)
            text = json.dumps(reply).encode()
            self.send_response(code)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_):
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.asked, http.answer = [], lambda body: (200, choices(*[BODY] * body.get("n", 1)))
    threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    http.url = f"http://127.0.0.1:{http.server_port}/v1"
    yield http
    http.shutdown()
    http.server_close()


def choices(*texts, finish="length"):
    made = [{"index": i, "text": text, "finish_reason": finish} for i, text in enumerate(texts)]
    return {"choices": made, "usage": {"prompt_tokens": 1}}


def client(server, **options):
    return Client("m", server.url, **({"pause": 0.001, "attempts": 2} | options))


def test_a_prompt_is_asked_once_with_all_its_samples_and_cut_at_the_functions_end(server):
    cuts = [Cut("def sign(n):\n", "", 0)] * 2
    texts = complete_by_server(client(server), cuts, samples=3, temperature=0.5, max_new_tokens=9, seed=1)
    assert texts == [["\n    return -1 if n < 0 else 1\n\n"] * 3] * 2
    ((path, body),) = server.asked
    assert path == "/v1/completions" and body["prompt"] == "def sign(n):"
    assert (body["n"], body["max_tokens"], body["temperature"], body["top_p"]) == (3, 9, 0.5, 0.95)
    assert "\ndef " in body["stop"] and len(body["stop"]) <= 4 and isinstance(body["seed"], int)


def test_one_sample_is_greedy_and_a_program_has_no_stop(server):
    (text,) = complete_by_server(client(server), [Cut("x = 1", "", -1)])
    assert text == [BODY]
    assert server.asked[0][1]["temperature"] == 0 and "stop" not in server.asked[0][1]


def test_a_server_that_gives_one_choice_at_a_time_is_asked_with_other_seeds(server):
    server.answer = lambda body: (200, choices(f"\n    return {body['seed']}"))
    (texts,) = complete_by_server(client(server), [Cut("def f():", "", 0)], samples=3)
    assert len(set(texts)) == 3 and [body["n"] for _, body in server.asked] == [3, 2, 1]
    server.asked.clear()
    assert complete_by_server(client(server), [Cut("def f():", "", 0)], samples=3) == [texts]


def test_a_server_that_refuses_several_choices_is_asked_for_one_at_a_time(server):
    refusal = (400, {"error": {"message": "n must be 1"}})
    server.answer = lambda body: (200, choices(f"\n    return {body['seed']}")) if body["n"] == 1 else refusal
    (texts,) = complete_by_server(client(server), [Cut("def f():", "", 0)], samples=3)
    assert len(set(texts)) == 3 and [body["n"] for _, body in server.asked] == [3, 1, 1, 1]
    server.answer = lambda body: (400, {"error": {"message": "no such model"}})
    (fault,) = complete_by_server(client(server), [Cut("def f():", "", 0)], samples=3)
    assert "no such model" in fault


@pytest.mark.parametrize("code", [400, 422, 500, 501])
def test_several_choices_may_be_refused_by_any_status_and_are_asked_for_once(server, code):
    server.answer = lambda body: (200, choices("\n    return 1")) if body["n"] == 1 else (code, {"detail": "no"})
    made = client(server, attempts=1)
    cuts = [Cut("def f():", "", 0), Cut("def g():", "", 0)]
    assert complete_by_server(made, cuts, samples=2, batch_size=1) == [["\n    return 1"] * 2] * 2
    assert [body["n"] for _, body in server.asked] == [2, 1, 1, 1, 1]


@pytest.mark.parametrize("field", ["seed", "stop"])
def test_a_field_that_the_server_does_not_take_is_left_out(server, field):
    refusal = (400, {"message": f"unexpected field {field}"})
    server.answer = lambda body: refusal if field in body else (200, choices(*[BODY] * body["n"]))
    made = client(server)
    with pytest.warns(UserWarning, match="takes no seed") if field == "seed" else nullcontext():
        (texts,) = complete_by_server(made, [Cut("def f():", "", 0)], samples=2)
    assert len(texts) == 2 and texts[0].startswith("\n    return -1")
    assert complete_by_server(made, [Cut("def g():", "", 0)])[0][0] == texts[0] and len(server.asked) == 3


def test_a_server_without_completions_is_told_what_is_needed(server):
    server.answer = lambda body: (404, {"detail": "Not Found"})
    (fault,) = complete_by_server(client(server), [Cut("def f():", "", 0)], samples=3)
    assert "Not Found" in fault and "/v1/completions" in fault and len(server.asked) == 1


def test_temperature_0_is_greedy_and_asked_for_once(server):
    assert complete_by_server(client(server), [Cut("x = 1", "", -1)], samples=3, temperature=0) == [[BODY] * 3]
    ((_, body),) = server.asked
    assert (body["n"], body["temperature"]) == (1, 0)


def test_marks_of_the_end_of_text_are_cut_off(server):
    server.answer = lambda body: (200, choices("\n    return 1<|endoftext|>\n    x", "\n    return 2</s>"))
    (texts,) = complete_by_server(client(server), [Cut("def f():", "", 0)], samples=2)
    assert texts == ["\n    return 1", "\n    return 2"]


def test_what_stops_a_server_inside_a_string_ends_no_function(server):
    body_, cut_off = '\n    s = """\ndef g(): pass\n"""\n    return s\n', '\n    s = """'
    server.answer = lambda body: (200, choices(cut_off if "stop" in body else body_ + "x = 1", finish="stop"))
    assert complete_by_server(client(server), [Cut("def f():", "", 0)]) == [[body_.rstrip("\n")]]
    assert ["stop" in body for _, body in server.asked] == [True, False]


def test_a_fault_is_recorded_told_and_asked_again(server, tmp_path):
    record = tmp_path / "r.jsonl"
    server.answer = lambda body: (500, {"error": {"message": "out of memory"}})
    failed = evaluate_whole(client(server), None, [SIGN], (1,), 1, record=record)
    assert failed.rows == () and "sign/0, whole: HTTP 500" in failed.faults[0] and len(server.asked) == 2
    server.answer = lambda body: (200, choices(BODY))
    found = evaluate_whole(client(server), None, [SIGN], (1,), 1, record=record)
    assert found.rows[0]["original"] == [True] and found.faults == ()
    assert [("fault" in row) for row in read_rows(record)] == [True, False]


@pytest.mark.parametrize("reply", [{"choices": []}, {"choices": [{}]}, {"no": 1}, []])
def test_an_answer_that_is_no_completion_is_a_fault(server, reply):
    server.answer = lambda body: (200, reply)
    (fault,) = complete_by_server(client(server), [Cut("def f():", "", 0)])
    assert isinstance(fault, str) and fault.startswith(("no completion", "the server gave no choice"))


def test_the_command_evaluates_a_server_and_resumes(server, tmp_path, capsys):
    problems = tmp_path / "p.jsonl"
    problems.write_text(json.dumps(SIGN.to_row()) + "\n")
    line = ["evaluate", "--whole", "--problems", str(problems), "--model", "m", "--base-url", server.url]
    line += ["--samples", "2", "--k", "1,2", "-o", str(tmp_path / "r.jsonl")]
    assert cli.main(line) == 0 and cli.main(line) == 0 and len(server.asked) == 1
    assert "| whole | 1 | 100 (–) | 100 (–) |" in capsys.readouterr().out


@pytest.mark.slow
def test_a_live_server_continues_a_function_again_alike():
    from procure_kit.generation.llm.server import MODEL, local_server

    cut = Cut('def add(a, b):\n    """Return the sum of a and b."""', "", 0)
    with local_server() as url:
        greedy, again = (complete_by_server(Client(MODEL, url), [cut], max_new_tokens=16) for _ in range(2))
        (texts,) = complete_by_server(Client(MODEL, url), [cut], samples=3, max_new_tokens=16)
    assert greedy == again and "return" in greedy[0][0]
    assert len(texts) == 3 and all(text.startswith("\n") for text in texts)
