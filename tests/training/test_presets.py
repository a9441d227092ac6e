"""The presets' shapes against what is published of the models, and the memory formula against counts."""

import pytest
import torch
from transformers import AutoModelForCausalLM

from procure_kit.shipped import DATA
from procure_kit.training.presets import PRESETS, memory_needed, shape_of
from procure_kit.training.training import TrainConfig, with_adapter

torch.set_num_threads(1)
# Parameters in thousand millions, as the models' pages state them.
PUBLISHED = {
    "meta-llama/Llama-3.1-8B": 8.03,
    "codellama/CodeLlama-13b-hf": 13.0,
    "bigcode/starcoderbase-7b": 7.3,
    "Qwen/Qwen2.5-Coder-0.5B": 0.49,
}
SMALL = {"num_hidden_layers": 2, "vocab_size": 512}


@pytest.mark.parametrize("name", PRESETS)
def test_the_shape_has_the_published_number_of_parameters(name):
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(shape_of(name))
    assert sum(p.numel() for p in model.parameters()) / 1e9 == pytest.approx(PUBLISHED[name], rel=0.02)


@pytest.mark.parametrize("name", PRESETS)
def test_the_adapter_is_counted_as_peft_makes_it(name):
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(shape_of(name, **SMALL))
        model = with_adapter(model, TrainConfig(lora_targets=PRESETS[name].lora_targets))
    trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
    assert memory_needed(name, **SMALL)["adapter"] == trained * 16


def kept_bytes(model, tokens):
    """Bytes of the distinct tensors that autograd keeps, weights left out."""
    kept = {}
    weights = {p.untyped_storage().data_ptr() for p in model.parameters()}

    def note(tensor):
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            kept[storage.data_ptr()] = (storage.nbytes(), tensor)  # the tensor stays, and so its address
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        model.base_model.model.get_decoder()(torch.zeros(1, tokens, dtype=torch.long), use_cache=False)
    return sum(size for size, _ in kept.values())


@pytest.mark.parametrize("name", ["meta-llama/Llama-3.1-8B", "bigcode/starcoderbase-7b"])
def test_activations_are_estimated_within_a_third(name):
    torch.manual_seed(0)
    sizes = {"hidden_size": 256, "intermediate_size": 896, "num_attention_heads": 4, "num_key_value_heads": 1}
    if "starcoder" in name:
        sizes = {"n_embd": 256, "n_inner": 1024, "n_head": 4, "resid_pdrop": 0.0, "attn_pdrop": 0.0, "embd_pdrop": 0.0}
    else:
        sizes["head_dim"] = 64
    kept = []
    for layers in (1, 3):
        config = shape_of(name, **SMALL | sizes | {"num_hidden_layers": layers, "use_cache": False})
        model = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
        model = with_adapter(model, TrainConfig(lora_r=4, lora_targets=PRESETS[name].lora_targets)).train()
        kept.append(kept_bytes(model.bfloat16(), 128))
    found = memory_needed(name, tokens=128, checkpointing=False, **SMALL | sizes)["activations"] / 2
    assert found == pytest.approx((kept[1] - kept[0]) / 2, rel=0.33)


def test_checkpointing_needs_less_and_a_missing_preset_is_named():
    name = "meta-llama/Llama-3.1-8B"
    with_it, without = (memory_needed(name, tokens=8192, checkpointing=on) for on in (True, False))
    assert with_it["activations"] < without["activations"] / 5
    assert with_it["total"] == pytest.approx(sum(v for k, v in with_it.items() if k != "total"))
    with pytest.raises(ValueError, match="no preset for 'nobody'; there are meta-llama"):
        shape_of("nobody")


@pytest.mark.parametrize("name, kind", [("ddp", "MULTI_GPU"), ("fsdp", "FSDP")])
def test_accelerate_reads_the_configurations(name, kind):
    from accelerate.commands.config.config_args import load_config_from_file

    config = load_config_from_file(str(DATA / "configs" / "accelerate" / f"{name}.yaml"))
    assert config.distributed_type == kind and config.num_processes == 2


def test_a_misspelt_field_is_refused():
    for wrong in (shape_of, memory_needed):
        with pytest.raises(ValueError, match="has no field 'num_layer'"):
            wrong("meta-llama/Llama-3.1-8B", num_layer=2)


def test_what_follows_from_a_field_follows_it():
    small = shape_of("meta-llama/Llama-3.1-8B", hidden_size=64, num_attention_heads=4, num_key_value_heads=2)
    assert small.head_dim == 16
    assert len(shape_of("Qwen/Qwen2.5-Coder-0.5B", num_hidden_layers=30).layer_types) == 30
    assert shape_of("bigcode/starcoderbase-7b", num_hidden_layers=2).n_layer == 2
    for name in ("meta-llama/Llama-3.1-8B", "codellama/CodeLlama-13b-hf"):
        assert shape_of(name).rms_norm_eps == 1e-5  # as published
