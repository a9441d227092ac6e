"""Small random models of each architecture, and batches for them, which the tests of the loss and others share."""

from copy import deepcopy

import torch
from transformers import (
    AutoModelForCausalLM,
    Gemma3TextConfig,
    GemmaConfig,
    GPT2Config,
    GPTBigCodeConfig,
    LlamaConfig,
    MistralConfig,
    Phi3Config,
    PhiConfig,
    Qwen2Config,
    Qwen3Config,
    Starcoder2Config,
)

from procure_kit.training.examples import collate
from procure_kit.training.loss.loss import concept_loss

torch.set_num_threads(1)  # two threads on busy cores wait for each other a hundred times longer than these models run
VOCABULARY = 61
SIZES = {
    "vocab_size": VOCABULARY,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 3,
    "pad_token_id": 0,
}
GROUPED = SIZES | {"num_attention_heads": 4, "num_key_value_heads": 2}
GPT = {
    "vocab_size": VOCABULARY,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "n_embd": 32,
    "n_layer": 3,
    "n_head": 4,
    "n_positions": 32,
}
GPT |= {"attn_pdrop": 0.0, "embd_pdrop": 0.0, "resid_pdrop": 0.0}
CONFIGS = {
    "llama": LlamaConfig(**GROUPED),
    "llama, tied": LlamaConfig(**GROUPED, tie_word_embeddings=True),
    "starcoder": GPTBigCodeConfig(**GPT, multi_query=True),
    "starcoder2": Starcoder2Config(**GROUPED, sliding_window=5, residual_dropout=0.0, embedding_dropout=0.0),
    "qwen2": Qwen2Config(**GROUPED, use_sliding_window=True, sliding_window=5, max_window_layers=1),
    "qwen3": Qwen3Config(**GROUPED, head_dim=16),
    "gemma": GemmaConfig(**SIZES, num_attention_heads=4, num_key_value_heads=1, head_dim=16),
    "gpt2": GPT2Config(**GPT),
    "phi": PhiConfig(**GROUPED),  # its projection has a bias
    "mistral": MistralConfig(**GROUPED, sliding_window=5),
    "phi3": Phi3Config(**GROUPED, sliding_window=5),
    "gemma3": Gemma3TextConfig(**GROUPED, head_dim=8, sliding_window=5),
}


def model_of(config, **options):
    torch.manual_seed(0)
    config = deepcopy(config)  # a model notes its attention there
    model = AutoModelForCausalLM.from_config(config, **options).train()
    for parameter in model.parameters():  # larger than a fresh model's: attention far from uniform
        parameter.data.mul_(4) if parameter.dim() > 1 else None
    return model


def example(length, prompt, changed):
    ids = torch.randint(1, VOCABULARY, (length,)).tolist()
    flags = [int(t in changed) for t in range(length)]
    return {
        "input_ids": ids,
        "attention_mask": [1] * length,
        "labels": [-100] * prompt + ids[prompt:],
        "changed": flags,
    }


def batch_of(side="right"):
    torch.manual_seed(1)
    examples = [example(14, 4, {6, 7, 11}), example(10, 2, {2}), example(7, 3, set()), example(12, 1, {11})]
    return collate(examples, pad_token_id=0, side=side)


def measured(model, batch, config=None, implementation="fused", **options):
    """The parts, and the gradient of the total by parameter name."""
    model.zero_grad()
    parts = concept_loss(model, batch, config, implementation, **options)
    parts.total.backward()
    return parts, {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}


def assert_same(one, other, tolerance=2e-5):
    """Parts and gradients agree as far as float32 goes."""
    for name in ("total", "nll", "mask", "attention", "mean_mass"):
        torch.testing.assert_close(getattr(one[0], name), getattr(other[0], name), rtol=tolerance, atol=tolerance)
    assert one[1].keys() == other[1].keys()
    for name, gradient in one[1].items():
        scale = other[1][name].abs().max()
        assert (gradient - other[1][name]).abs().max() <= tolerance * max(1, scale), name
