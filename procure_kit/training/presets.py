"""The paper's three models and the smallest worthwhile real one: how to tune each, and what one GPU must hold.

Shapes are those of the published configurations. `shape_of` builds them without a network, for random weights.
"""

from dataclasses import dataclass

LLAMA_TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
NF4_BYTES = 0.5 + 1 / 64 + 4 / (64 * 256)  # four bits; a byte for each 64; four bytes for each 256 of those
ADAPTER_BYTES = 4 + 4 + 8  # a 32-bit weight, its gradient, AdamW's two moments


@dataclass(frozen=True)
class Preset:
    """template: of `build_example`. shape: fields of transformers' configuration of that `model_type`."""

    model_type: str
    shape: dict
    lora_targets: tuple[str, ...]
    template: str = "instruct"


PRESETS = {
    "meta-llama/Llama-3.1-8B": Preset(
        "llama",
        {
            "vocab_size": 128256, "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32,
            "num_attention_heads": 32, "num_key_value_heads": 8, "max_position_embeddings": 131072,
            "rope_parameters": {
                "rope_type": "llama3", "rope_theta": 500000.0, "factor": 8.0, "low_freq_factor": 1.0,
                "high_freq_factor": 4.0, "original_max_position_embeddings": 8192,
            },
            "rms_norm_eps": 1e-5, "bos_token_id": 128000, "eos_token_id": 128001,
        },
        LLAMA_TARGETS,
    ),
    "codellama/CodeLlama-13b-hf": Preset(
        "llama",
        {
            "vocab_size": 32016, "hidden_size": 5120, "intermediate_size": 13824, "num_hidden_layers": 40,
            "num_attention_heads": 40, "num_key_value_heads": 40, "max_position_embeddings": 16384,
            "rms_norm_eps": 1e-5, "rope_parameters": {"rope_type": "default", "rope_theta": 1000000.0},
        },
        LLAMA_TARGETS,
    ),
    "bigcode/starcoderbase-7b": Preset(
        "gpt_bigcode",
        {
            "vocab_size": 49152, "n_embd": 4096, "n_inner": 16384, "n_layer": 42, "n_head": 32, "n_positions": 8192,
            "multi_query": True, "bos_token_id": 0, "eos_token_id": 0,
        },
        ("c_attn", "c_proj", "c_fc"),
    ),
    "Qwen/Qwen2.5-Coder-0.5B": Preset(
        "qwen2",
        {
            "vocab_size": 151936, "hidden_size": 896, "intermediate_size": 4864, "num_hidden_layers": 24,
            "num_attention_heads": 14, "num_key_value_heads": 2, "max_position_embeddings": 32768,
            "tie_word_embeddings": True, "rope_parameters": {"rope_type": "default", "rope_theta": 1000000.0},
            "bos_token_id": 151643, "eos_token_id": 151643,
        },
        LLAMA_TARGETS,
    ),
}  # fmt: skip


def shape_of(name: str, **changes):
    """The transformers configuration of a preset; `changes` replace fields, such as num_hidden_layers=2 for a CPU.

    Raises: ValueError for a model without a preset, or a field that its configuration lacks.
    """
    from transformers import AutoConfig  # heavy, and a table needs none of it

    if name not in PRESETS:
        raise ValueError(f"no preset for {name!r}; there are {', '.join(PRESETS)}")
    preset = PRESETS[name]
    plain = AutoConfig.for_model(preset.model_type)
    if unknown := [field for field in changes if not hasattr(plain, field)]:
        raise ValueError(f"the configuration of {name} has no field {unknown[0]!r}")
    changes = {plain.attribute_map.get(field, field): value for field, value in changes.items()}
    return AutoConfig.for_model(preset.model_type, **preset.shape | changes)  # what follows from a field follows it


def memory_needed(
    name: str, *, tokens: int = 1024, batch: int = 1, lora_r: int = 16, checkpointing: bool = True, **changes
) -> dict[str, float]:
    """Bytes that QLoRA with the fused loss needs on one GPU, component by component and in `total`.

    weights: NF4 linear layers, and embeddings and projection in 16 bits; adapter: LoRA on the preset's targets with its
    gradient and AdamW's moments; activations: what autograd keeps of the layers, an estimate in 16-bit arithmetic (our
    reconstruction); logits: one chunk of them. CUDA's own context and fragmentation, a few per cent, come on top.
    """
    import torch
    from transformers import AutoModelForCausalLM

    from procure_kit.training.loss.projection import CHUNK

    config = shape_of(name, **changes)
    with torch.device("meta"):  # shapes without memory
        model = AutoModelForCausalLM.from_config(config)
    head = model.get_output_embeddings()
    linear = [m for m in model.modules() if isinstance(m, torch.nn.Linear) and m is not head]
    in_linear = sum(m.weight.numel() for m in linear)
    targets = [m for n, m in model.named_modules() if n.rpartition(".")[2] in PRESETS[name].lora_targets]
    adapter = sum(lora_r * sum(module.weight.shape) for module in targets)
    layers, n = config.num_hidden_layers, tokens * batch
    layer, kept = n * _kept_by_a_layer(config), n * 2 * config.hidden_size
    parts = {
        "weights": in_linear * NF4_BYTES + 2 * (sum(p.numel() for p in model.parameters()) - in_linear),
        "adapter": adapter * ADAPTER_BYTES,
        "activations": layers * kept + layer if checkpointing else layers * layer,
        "logits": 3 * 4 * min(n, CHUNK) * config.vocab_size,  # in 32 bits, with their softmax and its gradient
    }
    return parts | {"total": sum(parts.values())}


def _kept_by_a_layer(config) -> int:
    """Bytes a token: the tensors that a layer with LoRA on all of its projections keeps for its backward pass."""
    E, gated = config.hidden_size, config.model_type != "gpt_bigcode"
    head_dim = E // config.num_attention_heads
    kv = head_dim * (config.num_key_value_heads if gated else 1)
    inner = config.intermediate_size if gated else config.n_inner
    norms = 2 * (4 if gated else 2) * E  # their inputs; RMSNorm keeps them in 32 bits
    attention = 2 * ((3 if gated else 1) * E + E + 2 * kv + E)  # LoRA's inputs, queries, keys and values, output
    mlp = 2 * ((2 if gated else 1) * E + (4 if gated else 2) * inner)  # LoRA's inputs, both sides of the activation
    return norms + attention + mlp
