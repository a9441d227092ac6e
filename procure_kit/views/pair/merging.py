"""A layer's attention map merged to the units of a text and packed into eight bits a value, block of rows after block.

A unit's row is the mean over its tokens as queries, its column the sum over its tokens as keys, so that rows still sum
to one (less what special tokens take). A map is causal: of the U×U entries the lower triangle is kept, row after row.

Shapes: H query heads, B rows of a block, n its columns (the tokens up to its end), U units, T packed entries.
"""

from itertools import pairwise

import numpy as np
import torch

from procure_kit.views.pair.units import CodeUnits, Units

LEVELS = 255
BLOCK = 80  # token units: so many rows of all heads stay in a processor's cache


class Merger:
    """Merges the rows of the tokens from `begin` to `end`: the ends of the text, or where units of every view begin.

    The rows come in the stretches `blocks`. What depends on the text alone is made once for all layers.
    """

    def __init__(self, units: CodeUnits, begin: int, end: int, device="cpu"):
        self._views = units.views
        self._range = {view: np.searchsorted(each.first, (begin, end)).tolist() for view, each in units.views.items()}
        token, (start, stop) = units.views["token"], self._range["token"]
        self.blocks = list(pairwise([begin, *token.first[start:stop:BLOCK][1:].tolist(), end]))
        # Special tokens at the ends of a text belong to no unit.
        self._seen = [(max(a, int(token.first[0])), min(b, int(token.last[-1]))) for a, b in self.blocks]
        self._rows = {view: [_rows(each, *seen, device) for seen in self._seen] for view, each in units.views.items()}
        self._places = [
            _places(token, a, b, end) for (a, b, _), (_, end) in zip(self._rows["token"], self.blocks, strict=True)
        ]

    def start(self, heads: int) -> None:
        """A new layer."""
        self._packed = []
        self._sums = {
            view: np.zeros((heads, stop - start, stop), dtype=np.float32)
            for view, (start, stop) in self._range.items()
            if view != "token"
        }

    def add(self, block: int, weights: torch.Tensor) -> None:
        """The next block's (H, B, n)."""
        begin, (first, last) = self.blocks[block][0], self._seen[block]
        weights = weights[:, first - begin : last - begin].float()
        for view, units in self._views.items():
            a, b, owner = self._rows[view][block]
            sums = weights.new_zeros(len(weights), b - a, weights.shape[-1]).index_add_(1, owner, weights)
            sums = sums.cpu().numpy()  # (H, b - a, n)
            if view == "token":  # nearly every unit is one token: pick the columns, then add the few others
                corner, further = self._places[block]
                flat = (sums / units.count[a:b, None].astype(np.float32)).reshape(len(sums), -1)
                shares = flat.take(corner, axis=1)
                for entries, places in further:
                    shares[:, entries] += flat.take(places, axis=1)
                self._packed.append(eight_bits(shares))
            else:
                start = self._range[view][0]
                self._sums[view][:, a - start : b - start, :b] += np.add.reduceat(
                    sums[..., :last], units.first[:b], axis=2
                )

    def finish(self) -> dict[str, np.ndarray]:
        """Each view's (H, T) of the layer."""
        packed = {"token": np.concatenate(self._packed, axis=1)}
        for view, sums in self._sums.items():
            start, stop = self._range[view]
            means = sums / self._views[view].count[start:stop, None].astype(np.float32)
            packed[view] = eight_bits(means[:, np.tri(stop - start, stop, start, dtype=bool)])
        return packed


def _rows(units: Units, first: int, last: int, device) -> tuple[int, int, torch.Tensor]:
    """The units a to b that the tokens from first to last belong to, and which of them each token belongs to."""
    owner = np.searchsorted(units.first, np.arange(first, last), "right") - 1
    return int(owner[0]), int(owner[-1]) + 1, torch.from_numpy(owner - owner[0]).to(device)


def _places(units: Units, a: int, b: int, width: int) -> tuple[np.ndarray, list[tuple[np.ndarray, np.ndarray]]]:
    """Where rows a to b, of `width` tokens each, hold the first token of each entry of the triangle; then, for the
    second, third, ... token, which entries have one and where."""
    i, j = np.tril_indices(b - a, a, b)
    corner, count = i * width + units.first[j], units.count[j]
    several = [np.flatnonzero(count > k) for k in range(1, int(count.max()))]
    return corner, [(entries, corner[entries] + k) for k, entries in enumerate(several, 1)]


def eight_bits(shares: np.ndarray) -> np.ndarray:
    """round(255·√p)."""
    return (np.sqrt(np.minimum(shares, 1)) * np.float32(LEVELS) + np.float32(0.5)).astype(np.uint8)
