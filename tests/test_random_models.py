"""Random models in the presets' shapes: packed one matrix at a time, and otherwise what transformers makes."""

import pytest
import torch
from bitsandbytes.nn import Linear4bit
from transformers import AutoModelForCausalLM

from procure_kit.training.presets import PRESETS
from tests.benchmarks import random_models
from tests.benchmarks.random_models import four_bit_model, in_four_bits, shape

torch.set_num_threads(1)
CPU = torch.device("cpu")


@pytest.mark.parametrize("name", PRESETS)
def test_all_but_the_projection_is_packed_and_the_rest_is_as_it_would_be(name):
    model = four_bit_model(shape(name, small=True), CPU, torch.bfloat16)
    whole = AutoModelForCausalLM.from_config(shape(name, small=True), dtype=torch.bfloat16)
    linear = {n for n, m in model.named_modules() if isinstance(m, torch.nn.Linear) and not isinstance(m, Linear4bit)}
    assert linear == {"lm_head"}
    head, embedding = (getattr(model, f"get_{side}_embeddings")().weight for side in ("output", "input"))
    assert (head is embedding) == whole.config.tie_word_embeddings
    expected = dict(whole.named_parameters())
    for key, parameter in model.named_parameters():
        if parameter.dtype == torch.uint8:
            assert 2 * parameter.numel() == expected[key].numel()
        elif parameter.ndim == 1:  # norms and biases: no chance in them
            assert torch.equal(parameter, expected[key]), key
        else:
            assert parameter.std().item() == pytest.approx(expected[key].std().item(), rel=0.1), key
    assert all(torch.equal(one, other) for one, other in zip(model.buffers(), whole.buffers(), strict=True))
    assert model(torch.tensor([[3, 4, 5]])).logits.isfinite().all()


def test_never_is_more_than_one_matrix_whole(monkeypatch):
    made, whole = [], []
    true = AutoModelForCausalLM.from_config

    def packed(linear):
        for name, parameter in made[0].named_parameters():
            layer = "embed" not in name and "lm_head" not in name and parameter.ndim == 2
            whole.append(layer and not parameter.is_meta and parameter.dtype != torch.uint8)
        return in_four_bits(linear)

    monkeypatch.setattr(AutoModelForCausalLM, "from_config", lambda *a, **k: made.append(true(*a, **k)) or made[0])
    monkeypatch.setattr(random_models, "in_four_bits", packed)
    model = four_bit_model(shape("meta-llama/Llama-3.1-8B", small=True), CPU, torch.bfloat16)
    matrices = sum(isinstance(module, Linear4bit) for module in model.modules())
    assert matrices == sum(whole) == 14  # each time one


def test_a_packed_layer_computes_what_the_whole_one_does_as_far_as_4_bits_go_and_keeps_its_bias():
    torch.manual_seed(0)
    whole = torch.nn.Linear(256, 64, dtype=torch.float32)
    states = torch.randn(8, 256)
    expected = whole(states)
    packed = in_four_bits(whole)
    error = (packed(states) - expected).abs().mean() / expected.abs().mean()
    assert 0 < error < 0.2 and packed.weight.quant_state.quant_type == "nf4" and packed.weight.quant_state.nested
    assert packed.bias is whole.bias
