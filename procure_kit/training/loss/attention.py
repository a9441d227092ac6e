"""Where a model looks: attention maps of short texts, and the attention mass on chosen tokens at any length.

The mass that token t gives to a set of tokens M is the sum of row t of the attention over M. That is an attention
output: with the indicator of M appended to the values as one more column, the fused kernel returns the mass beside its
usual result, exactly and differentiably, and no N×N map exists. `sdpa_mass` is that kernel, registered with
transformers; a model that is not asked for mass runs plain SDPA under it.

Shapes: B batch, N tokens, L layers, H query heads, K key/value heads, D head dimension, G groups of tokens.
"""

import inspect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import eager_mask, sdpa_mask

from procure_kit.problems.counterfactual import Span
from procure_kit.training.examples import tokens_in_spans
from procure_kit.training.loss.modes import in_eval_mode
from procure_kit.training.loss.wrappers import name_of, unwrapped

SDPA_MASS = "sdpa_mass"
EAGER_MAPS = "eager_maps"
MAP_BYTES = 2**31  # the most that `attention_maps` will hold
KERNEL_WIDTH = 256  # the widest heads that fused kernels take on a GPU
SHORT = 512  # tokens up to which a CPU's kernel is faster in 32 bits: in bfloat16 it takes 20 µs a token at the least


def mass_attention(
    module, query, key, value, attention_mask, *, scaling=None, indicator=None, mass_layers=(), **kwargs
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """SDPA; on the `mass_layers` also the mass (B, H, N, G) that each query gives to the G sets of tokens.

    query (B, H, N, D), key and value (B, K, N, D), indicator (B, N, G).
    Raises: NotImplementedError for soft-capped scores and attention sinks.
    """
    kwargs.pop("output_attentions", None)
    if kwargs.get("softcap") is not None or kwargs.get("s_aux") is not None:
        raise NotImplementedError(f"{_without_fused(module)}: it caps the attention scores or has attention sinks")
    if indicator is None or module.layer_idx not in mass_layers:
        return _sdpa(module, query, key, value, attention_mask, scaling=scaling, **kwargs)
    columns = indicator.to(value)[:, None].expand(-1, value.shape[1], -1, -1)  # (B, K, N, G)
    scaling = query.shape[-1] ** -0.5 if scaling is None else scaling

    def attend(values):  # (B, K, N, W) to (B, N, H, W)
        # Fused kernels want one width for query, key and value, and a multiple of 8. Zeros add nothing to the scores.
        width = -(-max(query.shape[-1], values.shape[-1]) // 8) * 8
        states = (F.pad(each, (0, width - each.shape[-1])) for each in (query, key, values))
        output, _ = _sdpa(module, *states, attention_mask, scaling=scaling, **kwargs)
        return output[..., : values.shape[-1]]

    # Mostly one call. What would make the heads too wide goes into further ones: wide heads, many groups.
    value_dim, values = value.shape[-1], torch.cat([value, columns], dim=-1)
    parts = [attend(part) for part in values.split(max(KERNEL_WIDTH, value_dim), dim=-1)]
    output = torch.cat(parts, dim=-1) if len(parts) > 1 else parts[0]
    return output[..., :value_dim].contiguous(), output[..., value_dim:].transpose(1, 2)  # the mass: (B, H, N, G)


def _sdpa(module, query, key, value, attention_mask, **options) -> tuple[torch.Tensor, None]:
    """SDPA as transformers calls it; of short texts in 32 bits on a CPU, whatever the model's or autocast's width."""
    if query.device.type != "cpu" or key.shape[2] > SHORT:
        return sdpa_attention_forward(module, query, key, value, attention_mask, **options)
    states = (states.float() for states in (query, key, value))
    mask = (
        attention_mask.float() if attention_mask is not None and attention_mask.is_floating_point() else attention_mask
    )
    with torch.autocast("cpu", enabled=False):
        output, _ = sdpa_attention_forward(module, *states, mask, **options)
    return output.to(value.dtype), None


def eager_maps(module, query, key, value, attention_mask, *, keep=None, **kwargs) -> tuple[torch.Tensor, torch.Tensor]:
    """The architecture's own eager attention, which hands its map (B, H, N, N) to `keep`, after its layer's number."""
    own = inspect.unwrap(type(module).forward).__globals__.get("eager_attention_forward")
    if own is None:
        raise NotImplementedError(f"{type(module).__name__} does not say which layer a map is of")
    output, weights = own(module, query, key, value, attention_mask, **kwargs)
    if keep is not None:
        keep(module.layer_idx, weights)
    return output, weights


for name, attention, mask in ((SDPA_MASS, mass_attention, sdpa_mask), (EAGER_MAPS, eager_maps, eager_mask)):
    AttentionInterface.register(name, attention)
    AttentionMaskInterface.register(name, mask)


def _without_fused(module) -> str:
    return f'{name_of(module)} cannot give its attention mass from the fused kernel, use implementation="eager"'


@contextmanager
def attention_implementation(model, name: str) -> Iterator[None]:
    """Run a model with another attention, then set its own again.

    While gradient checkpointing is active the new one stays: the backward pass runs the layers again.

    Raises: NotImplementedError for an architecture whose attention cannot be exchanged.
    """
    previous = model.config._attn_implementation
    if previous == name:  # a whole training run has set it: not again for each step
        yield
        return
    try:
        model.set_attn_implementation(name)
    except ValueError as error:
        raise NotImplementedError(f"{_without_fused(model)}: {error}") from error
    if model.config._attn_implementation != name:
        raise NotImplementedError(
            f"{name_of(model)} does not go through transformers' AttentionInterface: "
            'load it with attn_implementation="eager" and use implementation="eager"'
        )
    try:
        yield
    finally:
        if not (model.training and any(getattr(m, "gradient_checkpointing", False) for m in model.modules())):
            model.set_attn_implementation(previous)


def layers_and_heads(model) -> tuple[int, int]:
    """How many layers and query heads the part that writes text has: of a multimodal model, or an encoder–decoder.

    Raises: NotImplementedError for a model without attention.
    """
    config = model.config.get_text_config()
    layers = getattr(config, "decoder_layers", None) or config.num_hidden_layers
    heads = getattr(config, "decoder_attention_heads", None) or getattr(config, "num_attention_heads", None)
    if heads is None:
        raise NotImplementedError(f"{name_of(model)} has no attention heads, so that no attention can be trained")
    return layers, heads


def layer_indices(model, layers: Sequence[int] | None) -> list[int]:
    """The chosen layers counted from 0, in ascending order; None chooses all. Of an encoder–decoder the decoder's.

    Raises: ValueError for one beyond; NotImplementedError for a model without attention.
    """
    count, _ = layers_and_heads(model)
    if wrong := [layer for layer in layers or () if not -count <= layer < count]:
        raise ValueError(f"layer {wrong[0]} does not exist: the model has {count} layers, 0 to {count - 1}")
    return list(range(count)) if layers is None else sorted({layer % count for layer in layers})


def forward_with_mass(model, inputs: dict, indicator: torch.Tensor, layers: list[int]) -> tuple:
    """Call the model; return its outputs and the mass (L, B, H, N, G) of the chosen layers, with gradient.

    inputs: what the model takes, `input_ids` and `attention_mask` (B, N); indicator (B, N, G).

    Raises: NotImplementedError, naming eager as the way, for an architecture that does not deliver the mass.
    """
    inner = unwrapped(model)
    with attention_implementation(inner, SDPA_MASS):
        outputs = model(
            **inputs,
            indicator=indicator,
            mass_layers=layers,
            output_attentions=True,
            use_cache=False,
        )
    mass = [layer.to(indicator.device) for layer in outputs.attentions or () if layer is not None]
    if len(mass) != len(layers) or mass[0].shape[-1] != indicator.shape[-1]:
        attending_layers(model, inputs["input_ids"], layers)
        raise NotImplementedError(f"{_without_fused(inner)}: the attention does not receive the indicator")
    return outputs, torch.stack(mass)


def forward_with_maps(model, inputs: dict, layers: list[int]) -> tuple:
    """Call the model with eager attention; return its outputs and the maps (B, H, N, N) of the chosen layers, in order.

    Raises: NotImplementedError for a layer without attention, naming those that have it, and for an architecture that
    returns maps for some layers without saying for which.
    """
    inner, maps, running = unwrapped(model), {}, True

    def keep(layer, weights):
        if running and layer in maps:
            raise NotImplementedError(f"{name_of(inner)} attends twice in layer {layer}")
        if running:  # and not while a checkpoint is computed again
            maps[layer] = weights

    inputs = inputs | {"output_attentions": True, "use_cache": False}
    try:
        with attention_implementation(inner, EAGER_MAPS):
            outputs = model(**inputs, keep=keep)
    except NotImplementedError:  # an attention of its own, or one that does not say which layer it is
        maps = {}
        with attention_implementation(inner, "eager"):
            outputs = model(**inputs)
    running = False
    if not maps:
        maps, count = dict(enumerate(outputs.attentions or ())), layers_and_heads(inner)[0]
        if len(maps) != count:
            name = name_of(inner)
            raise NotImplementedError(f"{name} returns {len(maps)} maps for {count} layers, and does not say of which")
    _refuse_layers(inner, layers, maps)
    return outputs, [maps[layer] for layer in layers]


def attending_layers(model, ids: torch.Tensor, layers: Sequence[int] | None = None) -> None:
    """Make sure that the chosen layers attend, by running two tokens of `ids` (B, N); None: all layers.

    Raises: NotImplementedError naming the layers that do.
    """
    heard, inner = set(), unwrapped(model)
    inputs = {"input_ids": ids[:1, :2], "keep": lambda layer, weights: heard.add(layer), "use_cache": False}
    with torch.no_grad(), in_eval_mode(inner), attention_implementation(inner, EAGER_MAPS):
        model(**inputs)
    _refuse_layers(inner, layer_indices(inner, None) if layers is None else layers, heard)


def _refuse_layers(model, layers: Sequence[int], attending) -> None:
    if attending and (without := [layer for layer in layers if layer not in attending]):
        having = ", ".join(map(str, sorted(attending)))
        raise NotImplementedError(
            f"layer {without[0]} of {name_of(model)} has no attention; the layers with attention: {having}"
        )


def attention_mass(model, tokenizer, text: str, spans: Sequence[Span]) -> torch.Tensor:
    """The attention (L, H, N) that each token of `text` gives to the tokens of the character spans."""
    return attention_groups(model, tokenizer, text, [spans])[..., 0]


@torch.no_grad()
def attention_groups(model, tokenizer, text: str, groups: Sequence[Sequence[Span]]) -> torch.Tensor:
    """The attention (L, H, N, G) that each token gives to G groups of tokens, each a list of [start, end) characters.

    Memory grows with N, not with N×N. A token belongs to every group whose spans it overlaps.
    """
    encoded = tokenizer(text, return_offsets_mapping=True)
    flags = [tokens_in_spans(text, encoded["offset_mapping"], spans) for spans in groups]  # G lists of N
    indicator = torch.tensor(flags, device=model.device).T[None]  # (1, N, G)
    ids = torch.tensor([encoded["input_ids"]], device=model.device)
    inputs = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "logits_to_keep": 1}
    with in_eval_mode(model):
        return forward_with_mass(model, inputs, indicator, layer_indices(model, None))[1][:, 0].float()


@dataclass(frozen=True)
class AttentionMaps:
    """Every map of a text: `maps` holds, for each layer, (H, N, N) with queries first; rows sum to 1."""

    maps: list[torch.Tensor]
    tokens: list[str]  # the characters of each token; empty for a special token
    offsets: list[Span]  # their [start, end) in the text


@torch.no_grad()
def attention_maps(model, tokenizer, text: str) -> AttentionMaps:
    """All attention maps of a short text, computed with eager attention and without dropout.

    Raises: NotImplementedError for a model in which not every layer has attention; ValueError when the maps would need
    more than 2 GiB; `attention_mass` has no such limit.
    """
    encoded = tokenizer(text, return_offsets_mapping=True)
    ids = torch.tensor([encoded["input_ids"]], device=model.device)
    layers, heads = layers_and_heads(model)
    needed = layers * heads * ids.shape[1] ** 2 * 4
    if needed > MAP_BYTES:
        raise ValueError(
            f"the attention maps of {ids.shape[1]} tokens need {needed / 2**30:.1f} GiB: "
            "take a shorter text, or attention_mass for the attention to chosen tokens"
        )
    inputs = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    with in_eval_mode(model):
        maps = forward_with_maps(model, inputs, layer_indices(model, None))[1]
    offsets = [(start, end) for start, end in encoded["offset_mapping"]]
    return AttentionMaps([m[0].float() for m in maps], [text[s:e] for s, e in offsets], offsets)
