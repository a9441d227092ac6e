"""Running a model so that each layer hands on its attention as soon as it has made it, and then forgets it.

Two attentions are registered with transformers. `READ_ROWS` is the model's own eager attention, a block of rows at a
time: no map (H, N, N) exists, and what is computed of a block stays in the processor's cache. `READ_MASS` is the fused
mass of attention.py, for texts of any length.

Shapes: B batch (of one), H query heads, N tokens, D head dimension, G groups of tokens.
"""

import sys
from collections.abc import Callable

import torch
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.masking_utils import eager_mask, sdpa_mask

from procure_kit.training.loss.attention import attention_implementation, layer_indices, mass_attention

READ_ROWS, READ_MASS = "read_rows", "read_mass"


def read_rows(module, query, key, value, attention_mask, *, blocks=(), take=None, **kwargs):
    """query (B, H, M, D) of the text's last M tokens, key and value of all N: `take(layer, block, (H, rows, n))`."""
    eager = getattr(sys.modules[type(module).__module__], "eager_attention_forward", None)  # each architecture's own
    if eager is None or take is None:
        raise NotImplementedError(f"{type(module).__name__} does not hand out its attention block by block")
    known = key.shape[2] - query.shape[2]
    outputs = []
    for number, (begin, end) in enumerate(blocks):
        rows = slice(begin - known, end - known)
        states = query[:, :, rows], key[:, :, :end], value[:, :, :end], attention_mask[:, :, rows, :end]
        output, weights = eager(module, *states, **kwargs)
        take(module.layer_idx, number, weights[0])
        outputs.append(output)
    return torch.cat(outputs, dim=1), None


def read_mass(module, *states, take, **kwargs) -> tuple[torch.Tensor, None]:
    """`take(layer, (H, N, G))`."""
    output, mass = mass_attention(module, *states, **kwargs)
    take(module.layer_idx, mass[0])
    return output, None


for name, attention, mask in ((READ_ROWS, read_rows, eager_mask), (READ_MASS, read_mass, sdpa_mask)):
    AttentionInterface.register(name, attention)
    AttentionMaskInterface.register(name, mask)


def read(model, implementation: str, ids: torch.Tensor, take: Callable, cache=None, **options) -> None:
    """Run the model over the tokens (M,) that follow what the cache holds, and let `take` see each layer in turn.

    Raises: NotImplementedError for an architecture whose attention cannot be read.
    """
    seen = []

    def taken(layer, *found):
        seen.append(layer)
        take(*found)

    known = cache.get_seq_length() if cache is not None else 0
    inputs = {"input_ids": ids[None], "attention_mask": ids.new_ones(1, known + len(ids)), "past_key_values": cache}
    with attention_implementation(model, implementation):
        model(**inputs, use_cache=cache is not None, logits_to_keep=1, take=taken, **options)
    if sorted(set(seen)) != layer_indices(model, None):
        raise NotImplementedError(f"{type(model).__name__} does not hand out its attention layer by layer")
