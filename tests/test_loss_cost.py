"""What the benchmark of the loss prints about its own rows."""

import sys

import pytest
import torch
from bitsandbytes.nn import Linear4bit

from tests.benchmarks import loss_cost
from tests.benchmarks.loss_cost import SMALL, VARIANTS, aims, batch_of, measured, quantize, table
from tests.training.small_models import CONFIGS, model_of


def row(tokens, loss, time_ratio, memory_ratio):
    return {
        "tokens": tokens, "checkpointing": False, "loss": loss, "seconds": 0.5, "time_ratio": time_ratio,
        "time_ratio_range": [0.5, 2.0], "MiB": 2.0 * tokens, "memory_ratio": memory_ratio,
    }  # fmt: skip


def test_aims_name_the_lengths_that_miss_them():
    rows = [row(512, "fused", 1.05, 0.9), row(1024, "fused", 1.2, 1.1), row(1024, "eager", 9.0, 9.0)]
    time, memory, linear = aims(rows).splitlines()
    assert time.endswith("not at 1024 (1.20)") and memory.endswith("not at 1024 (1.10)")
    assert linear.endswith("2048, 2048")  # KiB a token: the same at both lengths
    assert aims(rows[:1]).count("at every length") == 2


def test_what_does_not_fit_is_said():
    missing = dict.fromkeys(("seconds", "time_ratio", "time_ratio_range", "MiB", "memory_ratio"))
    assert table([row(8192, "eager", 1, 1) | missing]).splitlines()[2] == (
        "| 8,192 | no | eager | does not fit | - | - | does not fit | - |"
    )


def test_ratios_are_taken_round_by_round():
    times = {variant: [1.0, 2.0, 4.0] for variant in VARIANTS} | {"fused": [1.1, 2.0, 4.8], "eager": None}
    peaks = [2**20 * n for n in (100, 200, 90)] + [None]
    plain, _, fused, eager = measured(("cpu", None, None, False), 512, 3, lambda jobs: [*peaks, times])
    assert (plain["time_ratio"], fused["time_ratio"], fused["time_ratio_range"]) == (1.0, 1.1, [1.0, 1.2])
    assert (fused["MiB"], fused["memory_ratio"], eager["seconds"], eager["memory_ratio"]) == (90, 0.9, None, None)


def test_three_quarters_are_the_response_and_an_eighth_of_it_is_altered():
    batch = batch_of(512, SMALL.vocab_size, "cpu")
    assert (batch["labels"] != -100).sum() == 384 and batch["changed"].sum() == 48


@pytest.mark.parametrize("name", ["llama", "starcoder"])
def test_all_but_the_projection_is_quantized_and_biases_stay(name):
    model = model_of(CONFIGS[name])
    biases = sum(p.numel() for n, p in model.named_parameters() if n.endswith("bias"))
    quantize(model)
    linear = {n for n, m in model.named_modules() if isinstance(m, torch.nn.Linear) and not isinstance(m, Linear4bit)}
    assert linear == {"lm_head"}
    assert sum(p.numel() for n, p in model.named_parameters() if n.endswith("bias")) == biases


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here, so nothing to refuse")
def test_without_a_gpu_it_says_so_before_anything_is_built(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["loss_cost", "--device", "cuda"])
    with pytest.raises(SystemExit):
        loss_cost.main()
    assert "there is no GPU" in capsys.readouterr().err
