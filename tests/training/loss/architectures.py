"""Some fifty architectures, tiny and random, and a loss written out in plain loops to hold the kit's against.

The reference runs every row alone, without padding, on a model loaded with eager attention; it uses nothing of the kit.
"""

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoConfig, AutoModelForCausalLM

from procure_kit.training.loss.loss import LossConfig, concept_loss
from tests.training.small_models import GPT, GROUPED, SIZES, VOCABULARY, batch_of

TOLERANCE = 1e-4  # of values and of gradients, by the largest entry where that is over 1: what 32 bits allow
LAM = 1.0
HEADS = SIZES | {"num_attention_heads": 4}
WIDE = GROUPED | {"head_dim": 8}
EXPERTS = {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 16}
LOCAL = {"num_local_experts": 4, "num_experts_per_tok": 2}
MAMBA = {"mamba_n_heads": 4, "mamba_d_head": 16, "mamba_d_state": 8, "mamba_n_groups": 1, "mamba_chunk_size": 8}
FOUR = GROUPED | {"num_hidden_layers": 4}
LATENT = {
    "q_lora_rank": 16, "kv_lora_rank": 16, "qk_nope_head_dim": 8, "qk_rope_head_dim": 8, "v_head_dim": 8,
    "n_routed_experts": 4, "n_group": 1, "topk_group": 1, "num_experts_per_tok": 2, "moe_intermediate_size": 16,
    "first_k_dense_replace": 1, "n_shared_experts": 1,
}  # fmt: skip
ENDS = {"bos_token_id": 1, "eos_token_id": 2}
VISION = {
    "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "image_size": 28,
    "patch_size": 14,
}  # fmt: skip
# name: (model_type, fields). The layers with attention, where not all of them have it, stand in ATTENDING.
ARCHITECTURES = {
    "Llama": ("llama", GROUPED),
    "Llama, tied": ("llama", GROUPED | {"tie_word_embeddings": True}),
    "Mistral, window": ("mistral", GROUPED | {"sliding_window": 5}),
    "Ministral": ("ministral", WIDE | {"sliding_window": 5}),
    "Mixtral": ("mixtral", GROUPED | LOCAL),
    "Qwen2": ("qwen2", GROUPED | {"use_sliding_window": True, "sliding_window": 5, "max_window_layers": 1}),
    "Qwen2-MoE": ("qwen2_moe", GROUPED | EXPERTS | {"shared_expert_intermediate_size": 16}),
    "Qwen3": ("qwen3", WIDE),
    "Qwen3-MoE": ("qwen3_moe", WIDE | EXPERTS),
    "Gemma": ("gemma", HEADS | {"num_key_value_heads": 1, "head_dim": 16}),
    "Gemma 2": ("gemma2", WIDE | {"sliding_window": 5}),
    "Gemma 3, text": ("gemma3_text", WIDE | {"sliding_window": 5}),
    "Gemma 3, multimodal": ("gemma3", {"text_config": WIDE | {"sliding_window": 5}, "vision_config": VISION}),
    "GPT-2": ("gpt2", GPT),
    "GPT-BigCode (StarCoder)": ("gpt_bigcode", GPT | {"multi_query": True}),
    "Starcoder2": ("starcoder2", GROUPED | {"sliding_window": 5}),
    "Phi": ("phi", GROUPED),
    "Phi-3": ("phi3", GROUPED | {"sliding_window": 5}),
    "PhiMoE": ("phimoe", GROUPED | LOCAL),
    "GPT-NeoX": ("gpt_neox", HEADS),
    "GPT-NeoX-Japanese": ("gpt_neox_japanese", HEADS | {"intermediate_multiple_size": 2}),
    "GPT-Neo": (
        "gpt_neo",
        {"vocab_size": VOCABULARY, "hidden_size": 32, "num_layers": 2, "num_heads": 4, "window_size": 5,
         "attention_types": [[["global", "local"], 1]], **ENDS},
    ),
    "GPT-J": ("gptj", GPT | {"rotary_dim": 4}),
    "CodeGen": ("codegen", GPT | {"rotary_dim": 4}),
    "OPT": ("opt", HEADS | {"ffn_dim": 48, "word_embed_proj_dim": 32, "max_position_embeddings": 64}),
    "BLOOM": ("bloom", {"vocab_size": VOCABULARY, "hidden_size": 32, "n_layer": 3, "n_head": 4}),
    "MPT": ("mpt", {"vocab_size": VOCABULARY, "d_model": 32, "n_layers": 3, "n_heads": 4}),
    "Falcon": ("falcon", HEADS),
    "BART's decoder": (
        "bart",
        {"vocab_size": VOCABULARY, "d_model": 32, "encoder_layers": 2, "decoder_layers": 3, "decoder_ffn_dim": 48,
         "encoder_attention_heads": 2, "decoder_attention_heads": 4, "pad_token_id": 0},
    ),
    "BERT as decoder": ("bert", HEADS | {"is_decoder": True}),
    "RoBERTa as decoder": ("roberta", HEADS | {"is_decoder": True}),
    "Cohere": ("cohere", GROUPED | ENDS),
    "Cohere 2": ("cohere2", GROUPED | ENDS | {"sliding_window": 5, "logit_scale": 1.0}),
    "Granite": ("granite", GROUPED),
    "GraniteMoE": ("granitemoe", GROUPED | LOCAL),
    "OLMo": ("olmo", GROUPED),
    "OLMo 2": ("olmo2", GROUPED),
    "OLMo 3": ("olmo3", GROUPED | {"sliding_window": 5}),
    "OLMoE": ("olmoe", GROUPED | EXPERTS),
    "StableLM": ("stablelm", GROUPED),
    "Persimmon": ("persimmon", HEADS),
    "Nemotron": ("nemotron", WIDE),
    "Helium": ("helium", WIDE),
    "GLM": ("glm", WIDE),
    "GLM-4": ("glm4", WIDE),
    "SmolLM3": ("smollm3", GROUPED),
    "Arcee": ("arcee", WIDE),
    "Exaone 4": ("exaone4", GROUPED | {"sliding_window": 5}),
    "ERNIE 4.5": ("ernie4_5", WIDE),
    "Seed-OSS": ("seed_oss", WIDE),
    "Apertus": ("apertus", GROUPED),
    "BitNet": ("bitnet", GROUPED),
    "Doge": ("doge", GROUPED),
    "DeepSeek V2": ("deepseek_v2", HEADS | {"num_key_value_heads": 4} | LATENT),
    "DeepSeek V3": ("deepseek_v3", HEADS | {"num_key_value_heads": 4} | LATENT),
    "gpt-oss": ("gpt_oss", WIDE | LOCAL | {"sliding_window": 5}),
    "Jamba": (
        "jamba",
        FOUR | {"attn_layer_period": 2, "attn_layer_offset": 1, "expert_layer_period": 9, "expert_layer_offset": 8,
                "mamba_d_state": 4, "use_mamba_kernels": False},
    ),
    "Bamba": ("bamba", FOUR | MAMBA | {"attn_layer_indices": [1, 3]}),
    "LFM2": ("lfm2", FOUR | {"layer_types": ["conv", "full_attention"] * 2}),
    "Qwen3-Next": (
        "qwen3_next",
        FOUR | EXPERTS | {"head_dim": 8, "layer_types": ["linear_attention", "full_attention"] * 2,
         "shared_expert_intermediate_size": 16, "linear_num_value_heads": 2, "linear_num_key_heads": 2,
         "linear_key_head_dim": 8, "linear_value_head_dim": 8},
    ),
    "GraniteMoeHybrid": ("granitemoehybrid", FOUR | MAMBA | {"layer_types": ["mamba", "attention"] * 2}),
    "Falcon-H1": ("falcon_h1", GROUPED | MAMBA | {"mamba_d_ssm": 64}),
    "RoFormer (looks ahead)": ("roformer", HEADS),
    "ELECTRA (looks ahead)": ("electra", HEADS),
    "Mamba (no attention)": ("mamba", SIZES),
}  # fmt: skip
ATTENDING = dict.fromkeys(("Jamba", "Bamba", "LFM2", "Qwen3-Next", "GraniteMoeHybrid"), (1, 3))
LORA_TARGETS = {"PhiMoE": ["q_proj", "v_proj"]}  # peft cannot wrap its router, which returns two tensors
SAMPLED = ("PhiMoE",)  # draws its experts while it trains, so that no two runs are alike: measured in evaluation mode
WAYS = [
    (how, side, extra)
    for how in ("fused", "eager")
    for side, extra in (("right", ""), ("left", ""), ("right", "checkpointing"), ("right", "LoRA"))
]


def model_named(name: str, extra: str = "", **options):
    """The random model, the same at every call, in training mode without dropout."""
    kind, fields = ARCHITECTURES[name]
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model(kind, **fields), **options).train()
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
        for key, value in vars(module).items():
            if "dropout" in key and isinstance(value, float):
                setattr(module, key, 0.0)
    for parameter in model.parameters():  # larger than a fresh model's: attention far from uniform
        parameter.data.mul_(3) if parameter.dim() > 1 else None
    if name in SAMPLED:
        model.eval()
    if extra == "checkpointing":
        model.gradient_checkpointing_enable({"use_reentrant": False})
    if extra == "LoRA":
        model = get_peft_model(model, LoraConfig(r=2, target_modules=LORA_TARGETS.get(name, "all-linear")))
        for key, parameter in model.named_parameters():
            if "lora_B" in key:
                torch.nn.init.normal_(parameter, std=0.1)
    return model


def gradients(model, total) -> dict[str, torch.Tensor]:
    total.backward()
    return {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}


def reference(name: str, extra: str, layers: tuple[int, ...]) -> tuple[float, dict]:
    """The total and its gradient: every row alone, its probabilities and maps read off, the definitions in loops."""
    model = model_named(name, extra if extra == "LoRA" else "", attn_implementation="eager")
    more = {}
    nll, mask, attention = [], [], []
    batch = batch_of("right")
    for row, length in enumerate(batch["attention_mask"].sum(1).tolist()):
        ids = batch["input_ids"][row : row + 1, :length]
        if name == "Gemma 3, multimodal":
            more = {"token_type_ids": torch.zeros_like(ids)}
        outputs = model(input_ids=ids, output_attentions=True, use_cache=False, **more)
        log_p = outputs.logits[0].float().log_softmax(-1)
        maps = dict(zip(ATTENDING.get(name, range(len(outputs.attentions))), outputs.attentions, strict=True))
        maps[-1] = outputs.attentions[-1]
        labels, flags = batch["labels"][row].tolist(), batch["changed"][row].tolist()
        altered = [t for t in range(1, length) if flags[t] and labels[t] != -100]
        for t in range(1, length):
            if labels[t] == -100:
                continue
            nll.append(-log_p[t - 1, labels[t]])
            mask += nll[-1:] if t in altered else []
            if altered and t > altered[0]:
                mass = [maps[layer][0, head, t, m] for layer in layers for head in range(4) for m in altered if m <= t]
                attention.append(1 - sum(mass) / (4 * len(layers)))
    terms = [sum(values) / len(values) for values in (nll, mask, attention)]
    total = terms[0] + LAM * (terms[1] + terms[2])
    return total.item(), gradients(model, total)


def outcome(name: str, how: str, side: str, extra: str, layers, expected) -> tuple[str, str]:
    """("exact", the largest error), ("refused", the sentence) or ("wrong", the error)."""
    try:
        model = model_named(name, extra)
        if how == "eager" and not can_exchange(model):
            model = model_named(name, extra, attn_implementation="eager")
        total = concept_loss(model, batch_of(side), LossConfig(lam=LAM, layers=layers), how).total
    except (NotImplementedError, ValueError) as refusal:
        return "refused", str(refusal)
    value, gradient = expected
    found = gradients(model, total)
    error = abs(total.item() - value) / max(1, abs(value))
    if found.keys() != gradient.keys():
        return "wrong", f"gradients of {sorted(found.keys() ^ gradient.keys())[:2]}"
    for key, entry in gradient.items():
        error = max(error, ((found[key] - entry).abs().max() / max(1, entry.abs().max())).item())
    return "exact" if error <= TOLERANCE else "wrong", f"{error:.0e}"


def can_exchange(model) -> bool:
    """Whether a loaded model can be set to eager attention; the others have to be loaded with it."""
    before = model.config._attn_implementation
    if before == "eager":
        return True
    try:
        model.set_attn_implementation("eager")
    except ValueError:
        return False
    exchanged = model.config._attn_implementation == "eager"
    model.set_attn_implementation(before)
    return exchanged


def examined(name: str) -> dict[str, tuple[str, str]]:
    """The outcome of each way, against a reference for the plain model and one with LoRA."""
    last = max(ATTENDING.get(name, (0,)))
    layers = (1, last) if last else (0, -1)
    expected, found = {}, {}
    for how, side, extra in WAYS:
        kind = extra if extra == "LoRA" else ""
        if kind not in expected:
            try:
                expected[kind] = reference(name, kind, layers)
            except (AttributeError, TypeError, ValueError) as error:  # no attention, or none to be read
                expected[kind] = (float("nan"), {str(error): torch.tensor(float("nan"))})
        found[" ".join((how, extra or side))] = outcome(name, how, side, extra, layers, expected[kind])
    return found
