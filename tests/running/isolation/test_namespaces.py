"""What a candidate in namespaces cannot reach."""

import socket

import pytest

from tests.running.isolation.programs import FENCED, HONEST, answer, run


@pytest.fixture
def namespaces():
    if run(HONEST).isolation != "namespaces":
        pytest.skip("this system forbids namespaces")


@pytest.mark.parametrize("body", FENCED.values(), ids=FENCED)
def test_namespaces_fence(body, namespaces, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("x")
    result = answer(f"try: {body}\nexcept OSError: return 'no'", "'no'", argument=repr(str(secret)))
    assert result.passed, result
    assert secret.read_text() == "x"


def test_namespaces_hide_processes_and_network(namespaces):
    assert answer("return os.getppid(), os.path.exists('/proc/1')", "(1, False)").passed
    with socket.create_server(("127.0.0.1", 0)) as server:
        body = "try: socket.create_connection(('127.0.0.1', x), 1)\nexcept OSError: return 'no'"
        assert answer(body, "'no'", argument=str(server.getsockname()[1])).passed
