"""A local chat server that answers, and misbehaves, as each test scripts it: real HTTP, no model."""

import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from procure_kit.generation.llm.client import Client
from procure_kit.generation.llm.generation import llm_generate
from procure_kit.problems.problem import Problem

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


@contextmanager
def chat_server():
    """`script`: replies in turn, the last one for ever, or functions of a request's body that give one; `asked`: the
    bodies received; `most`: in flight at once."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.server.asked.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            script = self.server.script
            reply = script.pop(0) if len(script) > 1 else script[0]
            code, headers, text = reply(self.server.asked[-1]) if callable(reply) else reply
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
    try:
        yield http
    finally:
        http.shutdown()
        http.server_close()


def client(server, **options):
    return Client("m", server.url, **({"pause": 0.001, "attempts": 3, "timeout": 20} | options))


def rows(client, **options):
    return list(llm_generate([PROBLEM], client, ["if_else_flip"], **options))
