"""Models of random weights in a preset's shape, in NF4: nothing is downloaded, and never is more than one matrix whole.

`load_model(name, four_bit=True)` makes the same of published weights.
"""

import torch
from bitsandbytes.nn import Linear4bit, Params4bit
from transformers import AutoModelForCausalLM, PretrainedConfig, PreTrainedModel

from procure_kit.training.presets import PRESETS, shape_of

# By model_type, what makes a shape small. Heads of 128 entries stay: with one column more, kernels for them get wide.
GROUPED = {
    "vocab_size": 512, "hidden_size": 256, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 2,
    "num_key_value_heads": 1, "bos_token_id": None, "eos_token_id": 2,
}  # fmt: skip
SMALL = {
    "llama": GROUPED,
    "qwen2": GROUPED,
    "gpt_bigcode": {"vocab_size": 512, "n_embd": 256, "n_inner": 128, "n_layer": 2, "n_head": 2},
}


def shape(name: str, small: bool) -> PretrainedConfig:
    """A preset's configuration as published, or one that two layers on a CPU are enough for."""
    return shape_of(name, **(SMALL[PRESETS[name].model_type] if small else {}))


@torch.no_grad()
def four_bit_model(config: PretrainedConfig, device: torch.device, dtype: torch.dtype) -> PreTrainedModel:
    """The linear layers but the output projection in NF4, drawn and packed one after the other; the rest in `dtype`."""
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config, dtype=dtype)
    head = model.get_output_embeddings()
    for name, module in list(model.named_modules()):
        if not [*module.parameters(recurse=False), *module.buffers(recurse=False)]:
            continue
        module.to_empty(device=device, recurse=False)
        model._init_weights(module)  # buffers too, such as a rotary embedding's frequencies
        if isinstance(module, torch.nn.Linear) and module is not head:
            model.set_submodule(name, in_four_bits(module))
    model.tie_weights()
    model.is_loaded_in_4bit = True
    model.hf_device_map = {"": device}  # as from_pretrained leaves it: the Trainer does not move the model
    return model


def in_four_bits(linear: torch.nn.Linear) -> Linear4bit:
    """The layer with packed weights, as QLoRA has them: NF4 with doubly quantized constants."""
    weight = linear.weight.data
    packed = Linear4bit(
        *reversed(weight.shape), bias=False, compute_dtype=weight.dtype, quant_type="nf4", device="meta"
    )
    packed.bias = linear.bias
    packed.weight = Params4bit(weight, requires_grad=False, quant_type="nf4", module=packed)
    return packed.to(weight.device)  # where it is packed
