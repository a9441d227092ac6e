"""Trying another adapter leaves the model as it was, whatever happens on the way."""

import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import LlamaConfig

from procure_kit.training.twin import twin, with_other_adapter, without_adapter
from tests.training.small_models import CONFIGS, model_of

IDS = torch.arange(1, 9)[None]


def adapted(seed=0, **options):
    model = get_peft_model(model_of(CONFIGS["llama"]), LoraConfig(r=2, **{"target_modules": ["q_proj"]} | options))
    draws = torch.Generator().manual_seed(seed)
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            parameter.data.normal_(generator=draws)
    return model


def state(model):
    """What of a model must not change."""
    return (
        {name: parameter.detach().clone() for name, parameter in model.state_dict().items()},
        {name: parameter.requires_grad for name, parameter in model.named_parameters()},
        {name: module.training for name, module in model.named_modules()},
        {name: parameter.grad for name, parameter in model.named_parameters()},
        model.config._attn_implementation,
        model.eval()(IDS).logits.detach().clone(),
    )


def same(model, before, mode):
    after = state(model.train(mode))
    assert [after[i] for i in (1, 3, 4)] == [before[i] for i in (1, 3, 4)]
    assert after[0].keys() == before[0].keys() and all(torch.equal(after[0][n], v) for n, v in before[0].items())
    assert torch.equal(after[5], before[5])


@pytest.mark.parametrize("base", [lambda: model_of(CONFIGS["llama"]), adapted], ids=["plain", "with an adapter"])
def test_another_adapter_is_measured_and_the_model_is_as_it_was(base, tmp_path):
    other = adapted(1, target_modules=["q_proj", "up_proj"])
    other.save_pretrained(tmp_path)
    model = base()
    model(IDS).logits.sum().backward()
    before = state(model.train())
    model.train()
    with with_other_adapter(model, tmp_path) as found:
        assert model.training and not found.training
        torch.testing.assert_close(found(IDS).logits, other.eval()(IDS).logits)
        found.set_attn_implementation("eager")
    assert model.training
    model.train()
    after_grads = {name: parameter.grad for name, parameter in model.named_parameters()}
    assert after_grads == before[3] and any(grad is not None for grad in after_grads.values())
    same(model, before, True)


def test_an_adapter_that_does_not_fit_is_refused_and_the_model_is_as_it_was(tmp_path):
    config = LlamaConfig(vocab_size=61, hidden_size=64, num_hidden_layers=1, num_attention_heads=4)
    wide = get_peft_model(model_of(config), LoraConfig(target_modules="all-linear"))
    wide.save_pretrained(tmp_path / "wide")
    adapted(1).save_pretrained(tmp_path / "cut")
    weights = tmp_path / "cut" / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-9])
    for model in (model_of(CONFIGS["llama"]), adapted()):
        before = state(model.train())
        for folder, wrong in (("wide", "does not fit"), ("cut", "does not fit"), ("nowhere", "no adapter there")):
            with pytest.raises(ValueError, match=wrong), with_other_adapter(model, tmp_path / folder):
                raise AssertionError("it was put on")
            same(model, before, True)


def test_the_base_is_the_model_without_its_adapter(tmp_path):
    model = adapted()
    before = state(model.train())
    with without_adapter(model) as base:
        torch.testing.assert_close(base.eval()(IDS).logits, model_of(CONFIGS["llama"]).eval()(IDS).logits)
    same(model, before, True)


def test_a_merged_adapter_is_named():
    model = adapted()
    model.merge_adapter()
    with pytest.raises(ValueError, match=r"call model.unmerge_adapter\(\) first"), without_adapter(model):
        raise AssertionError


def test_an_exception_inside_changes_nothing():
    model = adapted()
    before = state(model.train())
    with pytest.raises(KeyError), twin(model) as other:
        other.requires_grad_(False)
        raise KeyError
    same(model, before, True)
