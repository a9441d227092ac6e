"""What every test relies on: no network, one thread a process (several stall each other on busy machines), and Ctrl-C,
which a shell's background jobs ignore, and with them all that they start."""

import os
import signal

import pytest

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def server(monkeypatch):
    """A scripted chat server, and a key in the environment."""
    from tests.generation.llm.chat_server import KEY, chat_server

    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with chat_server() as http:
        yield http
