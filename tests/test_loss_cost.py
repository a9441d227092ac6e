"""What the benchmark of the loss prints about its own rows, and how it measures."""

import pytest
import torch

from tests.benchmarks import loss_cost, memory
from tests.benchmarks.loss_cost import SMALL, VARIANTS, Subject, batch_of, measured, prepared, seconds, step
from tests.benchmarks.loss_table import aims, table
from tests.benchmarks.random_models import GROUPED

torch.set_num_threads(1)
CARD = torch.device("cuda", 0)
NF4 = Subject(preset="meta-llama/Llama-3.1-8B", changes=tuple(GROUPED.items()), checkpointing=True)


def row(tokens, loss, time_ratio, memory_ratio, checkpointing=False):
    return {
        "tokens": tokens, "checkpointing": checkpointing, "loss": loss, "seconds": 0.5, "time_ratio": time_ratio,
        "time_ratio_range": [0.5, 2.0], "MiB": 2.0 * tokens, "memory_ratio": memory_ratio,
    }  # fmt: skip


def test_aims_name_the_lengths_that_miss_them_a_line_each():
    rows = [row(512, "fused", 1.05, 0.9), row(1024, "fused", 1.2, 1.1), row(1024, "eager", 9.0, 9.0)]
    time, space, linear = aims(rows).splitlines()
    assert time.endswith("not at 1,024 (1.20)") and space.endswith("not at 1,024 (1.10)")
    assert linear == "- fused, KiB a token: 2048, 2048"  # the same at both lengths
    assert all(line.startswith("- ") for line in (time, space, linear))  # Markdown joins lines that are no list
    assert aims(rows[:1]).count("at every length") == 2
    again = aims([*rows, row(512, "fused", 1.3, 0.9, True)])
    assert "not at 1,024 (1.20), 512 with checkpointing (1.30)" in again
    assert again.endswith("\n- fused, KiB a token with checkpointing: 2048")
    assert aims([row(512, "fused", 1, 1) | {"note": "does not fit"}][:0]) == ""


def test_what_does_not_fit_is_said():
    missing = {"tokens": 8192, "checkpointing": False, "loss": "eager", "note": "does not fit"}
    assert table([missing]).splitlines()[2] == "| 8,192 | no | eager | does not fit | - | - | - | - |"
    alone = {name: value for name, value in row(8192, "fused", 1, 1).items() if "ratio" not in name}
    assert table([alone]).splitlines()[2] == "| 8,192 | no | fused | 0.500 | - | - | 16,384 | - |"


def told(peaks, times):
    """The rows from these peaks and times."""
    answers = iter([peaks, [times]])
    return {r["loss"]: r for r in measured(Subject(), 512, 3, lambda jobs: next(answers))}


def test_ratios_are_taken_round_by_round():
    peaks = [(50, 2**20 * 100), "not installed", (50, 2**20 * 90), "does not fit"]
    rows = told(peaks, {"plain": [1.0, 2.0, 4.0], "fused": [1.1, 2.0, 4.8]})
    plain, fused = rows["plain"], rows["fused"]
    assert (plain["time_ratio"], fused["time_ratio"], fused["time_ratio_range"]) == (1.0, 1.1, [1.0, 1.2])
    assert (fused["MiB"], fused["memory_ratio"]) == (90, 0.9)
    assert (rows["trl"]["note"], rows["eager"]["note"]) == ("not installed", "does not fit")


def test_what_fits_where_plain_does_not_has_figures_and_no_ratio():
    rows = told(["does not fit", "not installed", (0, 2**20), "does not fit"], {"fused": [1.0, 1.0]})
    assert rows["fused"]["seconds"] == 1.0 and "time_ratio" not in rows["fused"]
    assert rows["plain"]["note"] == "does not fit"
    rows = told([(0, 1)] * 4, {"plain": [1.0]})  # its first step fitted, and a later one did not
    assert rows["fused"]["note"] == "does not fit"


def test_three_quarters_are_the_response_and_an_eighth_of_it_is_altered():
    batch = batch_of(512, SMALL.vocab_size, torch.device("cpu"))
    assert (batch["labels"] != -100).sum() == 384 and batch["changed"].sum() == 48


@pytest.mark.parametrize("variant", ["fused", "eager"])
def test_each_step_begins_with_the_models_own_attention(variant):
    """Under checkpointing the model keeps that of its last step, and plain would be timed with eager maps."""
    model, optimizer = prepared(NF4, variant)
    step(NF4, variant, 32, model, optimizer)
    assert model.config._attn_implementation != "sdpa"
    assert prepared(NF4, "plain")[0].config._attn_implementation == "sdpa"
    assert any(getattr(module, "gradient_checkpointing", False) for module in model.modules())
    plain = prepared(NF4._replace(checkpointing=False), "plain")[0]
    assert plain is model and not any(getattr(module, "gradient_checkpointing", False) for module in model.modules())


def test_one_variant_that_fails_or_finds_no_room_does_not_cost_the_others(monkeypatch):
    true = loss_cost.step

    def broken(subject, variant, length, *model):
        if variant == "eager":
            raise torch.OutOfMemoryError("CUDA out of memory")
        if variant == "fused":
            raise RuntimeError("no kernel image\nmore")
        true(subject, variant, length, *model)

    monkeypatch.setattr(loss_cost, "step", broken)
    rows = {r["loss"]: r for r in measured(NF4, 32, 1, loss_cost.in_this_process)}
    assert rows["plain"]["seconds"] > 0
    assert rows["eager"]["note"] == "does not fit" and rows["fused"]["note"] == "fails: RuntimeError: no kernel image"
    monkeypatch.setattr(loss_cost, "find_spec", lambda name: None)
    assert loss_cost.memory(NF4, "trl", 32) == "not installed"


def test_a_variant_without_room_in_a_later_round_is_dropped(monkeypatch):
    taken = iter([1.0, 1.0, 2.0, None])  # plain and fused, in the round that warms up and in the next
    monkeypatch.setattr(loss_cost, "_if_it_fits", lambda work, optimizer: next(taken))
    assert seconds(NF4, 32, 1, ["plain", "fused"]) == {"plain": [2.0]}
    assert VARIANTS[0] == "plain"


def test_the_peak_on_a_card_is_that_of_the_work_alone(monkeypatch):
    """The one thing that cannot be run here: what is asked of CUDA, and in which order."""
    asked = []
    for name, value in {"synchronize": None, "memory_allocated": 100, "reset_peak_memory_stats": None}.items():
        monkeypatch.setattr(torch.cuda, name, lambda device, name=name, value=value: asked.append(name) or value)
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda device: asked.append("max") or 250)
    assert memory.peak(CARD, lambda: asked.append("work")) == (100, 150)
    assert asked == ["synchronize", "memory_allocated", "reset_peak_memory_stats", "work", "synchronize", "max"]


def test_the_peak_on_a_cpu_counts_what_is_taken():
    before, more = memory.peak(torch.device("cpu"), lambda: torch.ones(2**28, dtype=torch.uint8))
    assert before > 0 and more > 0.9 * 2**28
