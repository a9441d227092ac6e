"""The attention between the units of a text, for every layer and head, in one pass and in eight bits a value.

Each layer's map is merged and packed a block of rows at a time, as the model makes them: no whole map exists. What two
texts begin with alike is run once for both. Texts over `LONGEST_MAP` tokens go through the fused mass of attention.py,
with a column for each line: the line view is all that is kept of them.

Shapes: L layers, H query heads, N model tokens, U units, T = U(U+1)/2 entries of a lower triangle, row after row.
"""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import torch
from transformers import DynamicCache

from procure_kit.problems.counterfactual import Span
from procure_kit.training.examples import tokens_in_spans
from procure_kit.training.loss.attention import attending_layers, layer_indices
from procure_kit.training.loss.modes import in_eval_mode
from procure_kit.views.pair.layer_reading import READ_MASS, READ_ROWS, read
from procure_kit.views.pair.merging import LEVELS, Merger, eight_bits
from procure_kit.views.pair.units import CodeUnits

LONGEST_MAP = 1280  # tokens


@dataclass(frozen=True)
class UnitMaps:
    """One model's attention on one text: `packed[view]` (L, H, T) uint8, and the mass (L, H) on the changed tokens.

    A value p is kept as round(255·√p): fine for small shares, and off by at most 0.004 for large ones.
    """

    units: CodeUnits
    changed: np.ndarray  # (N,) bool
    mass: np.ndarray  # mean over the tokens after the first changed one
    packed: dict[str, np.ndarray]

    def map(self, layer: int, head: int | None, view: str) -> np.ndarray:
        """(U, U) shares; head None: the mean over heads."""
        values = (self.packed[view][layer].astype(np.float32) / LEVELS) ** 2
        rows = values.mean(0) if head is None else values[head]
        size = len(self.units.views[view])
        square = np.zeros((size, size), dtype=np.float32)
        square[np.tril_indices(size)] = rows
        return square


class _Text:
    """A text's tokens, units and changed tokens.

    An empty span, where the other version has text, stands for the token that it touches.
    """

    def __init__(self, tokenizer, text: str, spans: Sequence[Span], device):
        encoded = tokenizer(text, return_offsets_mapping=True)
        self.units = CodeUnits(text, [(start, end) for start, end in encoded["offset_mapping"]])
        touched = [span if span[0] < span[1] else _beside(text, span[0]) for span in spans]
        self.changed = np.array(tokens_in_spans(text, self.units.offsets, touched), dtype=bool)
        if not self.changed.any():
            raise ValueError("the changed spans hold no token of the program")
        self.ids = torch.tensor(encoded["input_ids"], device=device)
        self.columns = torch.from_numpy(np.flatnonzero(self.changed)).to(device)
        self.first = int(self.columns[0])
        # The mass is that of the tokens after the first changed one; where nothing follows, of that one.
        self.after = min(self.first + 1, len(self.ids) - 1)


def _beside(text: str, place: int) -> Span:
    """The visible character after a place, or else the one before it."""
    after = not text[place : place + 1].isspace() and place < len(text)
    return (place, place + 1) if after else (max(place - 1, 0), place)


def unit_maps(model, tokenizer, text: str, spans: Sequence[Span]) -> UnitMaps:
    """Run the model over a text of any length that it takes, of which the spans are changed.

    Raises: ValueError for a text without tokens or spans that touch none; NotImplementedError for an architecture
    whose attention cannot be read.
    """
    return pair_maps(model, tokenizer, [(text, spans)])[0]


@torch.no_grad()
def pair_maps(model, tokenizer, programs: Sequence[tuple[str, Sequence[Span]]]) -> list[UnitMaps]:
    """`unit_maps` of two texts, which runs once what they begin with alike; without dropout."""
    with in_eval_mode(model):
        try:
            return _pair_maps(model, tokenizer, programs)
        except IndexError:  # a hybrid, whose cache or maps are of fewer layers
            attending_layers(model, _Text(tokenizer, *programs[0], model.device).ids[None])
            raise


def _pair_maps(model, tokenizer, programs: Sequence[tuple[str, Sequence[Span]]]) -> list[UnitMaps]:
    texts = [_Text(tokenizer, text, spans, model.device) for text, spans in programs]
    if any(len(text.ids) > LONGEST_MAP for text in texts):
        return [(_fused if len(text.ids) > LONGEST_MAP else _mapped)(model, text) for text in texts]
    if not (shared := _shared(*texts) if len(texts) == 2 else 0):
        return [_mapped(model, text) for text in texts]
    cache = DynamicCache()
    packed, _ = _rows(model, texts[0], 0, shared, cache, {})
    return [_mapped(model, text, shared, deepcopy(cache), packed) for text in texts]


def _shared(one: _Text, other: _Text) -> int:
    """The last token, a unit of every view begins there, before which the texts are alike and unchanged; or 0."""
    if one.units.views.keys() != other.units.views.keys():
        return 0
    most = min(one.first, other.first)
    different = (one.ids[:most] != other.ids[:most]).nonzero()
    most = int(different[0]) if len(different) else most
    alike = [_alike(units.first, other.units.views[view].first) for view, units in one.units.views.items()]
    begins = [token for token in set.intersection(*alike) if one.units.views["token"].first[0] < token <= most]
    return max(begins, default=0)


def _alike(one: np.ndarray, other: np.ndarray) -> set[int]:
    """Where units begin, as long as both have the same."""
    size = min(len(one), len(other))
    return set(one[:size][np.logical_and.accumulate(one[:size] == other[:size])].tolist())


def _mapped(model, text: _Text, begin: int = 0, cache=None, before: dict | None = None) -> UnitMaps:
    """From blocks of rows of each layer's map; of the tokens to `begin` the states and packed maps are known."""
    packed, mass = _rows(model, text, begin, len(text.ids), cache, before or {})
    return UnitMaps(text.units, text.changed, mass, packed)


def _rows(model, text: _Text, begin: int, end: int, cache, before: dict) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Each view's (L, H, T) of the rows to `end`, of which those to `begin` are known; and the mass (L, H)."""
    merge = Merger(text.units, begin, end, model.device)
    mass, packed = [], {}
    layers = len(layer_indices(model, None))

    def take(block: int, weights: torch.Tensor) -> None:
        first, last = merge.blocks[block]
        if first == begin:
            merge.start(len(weights))
            mass.append(np.zeros(len(weights), dtype=np.float32))
        merge.add(block, weights)
        if last > text.after:
            columns = weights.index_select(2, text.columns[text.columns < last])
            mass[-1] += columns[:, max(text.after - first, 0) :].sum((1, 2), dtype=torch.float32).cpu().numpy()
        if last == end:
            for view, values in merge.finish().items():
                known = before[view].shape[2] if before else 0
                if view not in packed:  # all layers in one array, for they are most of the memory
                    packed[view] = np.empty((layers, len(values), known + values.shape[1]), dtype=np.uint8)
                packed[view][len(mass) - 1, :, known:] = values
                if before:
                    packed[view][len(mass) - 1, :, :known] = before[view][len(mass) - 1]

    read(model, READ_ROWS, text.ids[begin:end], take, cache, blocks=merge.blocks)
    return packed, np.stack(mass) / (len(text.ids) - text.after)


def _fused(model, text: _Text) -> UnitMaps:
    """From the mass (H, N, G) that the fused kernel gives for the G lines."""
    lines, size = text.units.views["line"], len(text.ids)
    members = torch.from_numpy(lines.members(size)).to(model.device)  # (U, N)
    rows = members / members.sum(1, keepdim=True)
    columns = torch.cat([torch.from_numpy(text.changed)[None].to(members), members]).T[None]  # (1, N, 1 + U)
    i, j = np.tril_indices(len(lines))
    mass, packed = [], []

    def take(weights: torch.Tensor) -> None:  # (H, N, 1 + U)
        mass.append(weights[:, text.after :, 0].mean(1).float().cpu())
        packed.append(eight_bits((rows.to(weights.dtype) @ weights)[:, i, j + 1].float().cpu().numpy()))

    read(model, READ_MASS, text.ids, take, indicator=columns, mass_layers=layer_indices(model, None))
    return UnitMaps(text.units, text.changed, torch.stack(mass).numpy(), {"line": np.stack(packed)})
