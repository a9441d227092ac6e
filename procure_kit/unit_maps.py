"""The attention between the units of a text, for every layer and head, in one pass and in eight bits a value.

A unit's row is the mean over its tokens as queries, its column the sum over its tokens as keys, so that rows still sum
to one (less what special tokens take). Each layer's map is merged and packed as soon as the model has made it, so the
maps of all layers never exist together. Texts over `LONGEST_MAP` tokens go through the fused mass of attention.py, with
a column for each line: no N×N map exists, and the line view is all that is kept.

Shapes: L layers, H query heads, N model tokens, U units, T = U(U+1)/2 entries of a lower triangle, row after row.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch

from procure_kit.attention import SDPA_MASS, attention_implementation, layer_indices
from procure_kit.code_units import CodeUnits, Units
from procure_kit.counterfactual import Span
from procure_kit.examples import tokens_in_spans

LONGEST_MAP = 1280  # tokens
LEVELS = 255


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


@torch.no_grad()
def unit_maps(model, tokenizer, text: str, spans: list[Span]) -> UnitMaps:
    """Run the model over a text of any length that it takes.

    An empty span, where the other version has text, stands for the token that it touches.

    Raises: ValueError for a text without tokens or spans that touch none; NotImplementedError for an architecture
    whose attention cannot be read.
    """
    encoded = tokenizer(text, return_offsets_mapping=True)
    units = CodeUnits(text, [(start, end) for start, end in encoded["offset_mapping"]])
    touched = [span if span[0] < span[1] else _beside(text, span[0]) for span in spans]
    changed = np.array(tokens_in_spans(text, units.offsets, touched), dtype=bool)
    if not changed.any():
        raise ValueError("the changed spans hold no token of the program")
    ids = torch.tensor([encoded["input_ids"]], device=model.device)
    long = ids.shape[1] > LONGEST_MAP
    views, mass = (_fused if long else _mapped)(model, ids, units, torch.from_numpy(changed).to(model.device))
    return UnitMaps(units, changed, mass, views)


def _beside(text: str, place: int) -> Span:
    """The visible character after a place, or else the one before it."""
    after = not text[place : place + 1].isspace() and place < len(text)
    return (place, place + 1) if after else (max(place - 1, 0), place)


def _mapped(model, ids, units: CodeUnits, changed: torch.Tensor) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """From each layer's eager map (H, N, N)."""
    merge = Merger(units, model.device)
    columns, after = changed.nonzero()[:, 0], _after(changed)
    mass, packed = [], {view: [] for view in units.views}

    def take(weights: torch.Tensor) -> None:
        mass.append(weights.index_select(2, columns).sum(2)[:, after].mean(1).float().cpu())
        for view, values in merge(weights).items():
            packed[view].append(values)

    with attention_implementation(model, "eager"):
        _each_layer(model, take, {"input_ids": ids})
    return {view: np.stack(layers) for view, layers in packed.items()}, torch.stack(mass).numpy()


def _fused(model, ids, units: CodeUnits, changed: torch.Tensor) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """From the mass (H, N, G) that the fused kernel gives for the G lines."""
    lines = units.views["line"]
    members = torch.from_numpy(lines.members(ids.shape[1])).to(model.device)  # (U, N)
    rows = members / members.sum(1, keepdim=True)
    after, layers = _after(changed), layer_indices(model, None)
    columns = torch.cat([changed[None].float(), members]).T[None]  # (1, N, 1 + U)
    i, j = np.tril_indices(len(lines))
    mass, packed = [], []

    def take(weights: torch.Tensor) -> None:  # (H, N, 1 + U)
        mass.append(weights[:, after, 0].mean(1).float().cpu())
        packed.append(_eight_bits((rows.to(weights.dtype) @ weights)[:, i, j + 1].float()))

    with attention_implementation(model, SDPA_MASS):
        _each_layer(model, take, {"input_ids": ids, "indicator": columns, "mass_layers": layers})
    return {"line": np.stack(packed)}, torch.stack(mass).numpy()


def _after(changed: torch.Tensor) -> torch.Tensor:
    """The tokens after the first changed one; where nothing follows, that one."""
    first = int(changed.nonzero()[0])
    return torch.arange(min(first + 1, len(changed) - 1), len(changed), device=changed.device)


def _each_layer(model, take: Callable[[torch.Tensor], None], inputs: dict) -> None:
    """Run the model, and hand each layer's second attention output (H, N, N or G) to `take`, which drops it."""
    seen = []
    with _hooked(model, lambda layer, weights: (seen.append(layer), take(weights))):
        model(**inputs, attention_mask=torch.ones_like(inputs["input_ids"]), logits_to_keep=1, use_cache=False)
    if seen != layer_indices(model, None):
        raise NotImplementedError(f"{type(model).__name__} does not hand out its attention layer by layer")


@contextmanager
def _hooked(model, receive: Callable[[int, torch.Tensor], object]) -> Iterator[None]:
    def hook(module, args, output):
        if isinstance(output, tuple) and len(output) > 1 and torch.is_tensor(output[1]) and output[1].dim() == 4:
            receive(module.layer_idx, output[1][0])
            return (output[0], None, *output[2:])
        return None

    handles = [m.register_forward_hook(hook) for m in model.modules() if hasattr(m, "layer_idx")]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


class Merger:
    """Merges a map (H, N, N) to every view of a text and packs it; what depends on the text alone is made once."""

    def __init__(self, units: CodeUnits, device):
        token = units.views["token"]
        size, width = len(token), len(units.offsets)
        i, j = np.tril_indices(size)
        # Of each entry of the token view the places in the flat map that it adds up: the first, and for some entries
        # a stretch of `_added` that holds all of theirs.
        corner, tall, broad = token.first[i] * width + token.first[j], token.count[i], token.count[j]
        self._corner = torch.from_numpy(corner).to(device)
        self._several = np.flatnonzero(tall * broad > 1)
        corner, tall, broad = (values[self._several] for values in (corner, tall, broad))
        number = tall * broad
        self._starts = np.cumsum(number) - number
        owner = np.repeat(np.arange(len(number)), number)
        step = np.arange(len(owner)) - self._starts[owner]
        down, right = np.divmod(step, broad[owner])
        self._added = torch.from_numpy(corner[owner] + down * width + right).to(device)
        self._tall, self._counts = tall.astype(np.float32), token.count[:, None].astype(np.float32)
        # A coarse view adds up pieces: the stretches between the edges of all coarse views.
        coarse = {view: other for view, other in units.views.items() if view != "token"}
        edges = np.unique(np.concatenate([np.searchsorted(token.first, other.first) for other in coarse.values()]))
        piece = np.searchsorted(edges, np.arange(size), "right") - 1  # of each token unit
        self._size, self._edges = (size, len(edges)), edges
        self._runs = np.flatnonzero((j == 0) | (piece[j] != piece[j - 1]))  # where a row's next piece begins
        self._places = i[self._runs] * len(edges) + piece[j[self._runs]]
        firsts = token.first[edges]
        self._coarse = {view: self._joined(firsts, other) for view, other in coarse.items()}

    @staticmethod
    def _joined(firsts: np.ndarray, other: Units) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Which pieces each unit adds up (U, P), how many tokens it has (U, 1), and the entries of its triangle."""
        holds = (firsts >= other.first[:, None]) & (firsts < other.last[:, None])
        i, j = np.tril_indices(len(other))
        flat = torch.from_numpy(i * len(other) + j)
        return torch.from_numpy(holds.astype(np.float32)), torch.from_numpy(other.count)[:, None], flat

    def __call__(self, weights: torch.Tensor) -> dict[str, np.ndarray]:
        """(H, N, N) → each view's (H, T) in eight bits."""
        heads = len(weights)
        flat = weights.float().reshape(heads, -1)
        token = flat.index_select(1, self._corner).cpu().numpy()  # (H, T)
        if len(self._several):
            added = flat.index_select(1, self._added).cpu().numpy()
            token[:, self._several] = np.add.reduceat(added, self._starts, axis=1) / self._tall
        runs = np.add.reduceat(token, self._runs, axis=1)
        size, pieces = self._size
        wide = np.zeros((heads, size * pieces), dtype=np.float32)
        wide[:, self._places] = runs
        wide = wide.reshape(heads, size, pieces) * self._counts
        small = torch.from_numpy(np.add.reduceat(wide, self._edges, axis=1))  # (H, P, P)
        packed = {"token": _eight_bits(torch.from_numpy(token))}
        for view, (holds, counts, flat) in self._coarse.items():
            values = holds @ small @ holds.T / counts
            packed[view] = _eight_bits(values.reshape(heads, -1).index_select(1, flat))
        return packed


def _eight_bits(shares: torch.Tensor) -> np.ndarray:
    return shares.clamp(0, 1).sqrt_().mul_(LEVELS).round_().to(torch.uint8).cpu().numpy()
