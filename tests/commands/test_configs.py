"""The run files to copy: each is read and checked as it lies there, and one is started."""

from pathlib import Path

import pytest

from procure_kit.commands.train import _settings, read_run
from procure_kit.generation.rules import pairs_of
from procure_kit.problems.rows import append_row
from procure_kit.shipped import DATA
from procure_kit.validation.problem_names import load_problems
from tests.commands.test_train import arguments, run

CONFIGS = sorted((DATA / "configs").glob("*.toml"))
PAPER = {"llama31_8b", "codellama_13b", "starcoder_7b"}


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_each_is_whole_and_says_how_it_is_started(path):
    text = path.read_text(encoding="utf-8")
    job = read_run(path)
    config = _settings(job, path)
    assert f"procure train data/configs/{path.name}" in text and f"--problems {job.problems}" in text
    assert config.output_dir == f"runs/{path.stem.removesuffix('_cpu')}" and config.loss.lam == 0.1
    if path.stem in PAPER:
        examples = config.batch_size * config.gradient_accumulation
        assert (config.optimizer, config.lr, config.epochs, examples) == ("adamw_torch", 5e-6, 5, 16)
        assert job.four_bit and config.lora_targets != "all-linear" and job.template == "instruct"


def test_the_papers_models_are_all_there():
    assert {path.stem for path in CONFIGS} == PAPER | {"tiny", "smollm2_cpu"}


@pytest.mark.slow
def test_the_laptops_file_is_started(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for cf, _ in pairs_of(load_problems("world")[:4]):
        append_row("valid.jsonl", cf.to_row() | {"status": "valid"})
    assert run(arguments(DATA / "configs" / "tiny.toml", "-p", "train.steps", "2", "-p", "train.batch_size", "2")) == 0
    assert Path("runs/tiny/adapter/model.safetensors").is_file() and Path("runs/tiny/README.md").is_file()
