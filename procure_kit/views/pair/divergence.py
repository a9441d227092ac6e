"""How differently a head looks in the two programs: one number for each layer and head.

The total variation distance between the rows of units that correspond: half the sum of the absolute differences of
their shares, what goes to units without a counterpart taken together. 0: alike; 1: nothing in common. The mean over
such rows (our choice: bounded, readable as a share, and blind to how many units there are).

Shapes: L layers, H query heads, T packed entries of a lower triangle, P pairs of units that correspond.
"""

import numpy as np

from procure_kit.views.pair.merging import LEVELS

MOST_UNITS = 256  # beyond it the next coarser view is compared: a difference costs the square of them


def divergence(old: np.ndarray, new: np.ndarray, aligned: list[int]) -> np.ndarray:
    """(L, H) from both packed maps (L, H, T) of a view; `aligned[unit of new]` is its counterpart in old, or -1."""
    theirs, ours = _pairs(aligned)
    if not len(ours):
        return np.zeros(new.shape[:2], dtype=np.float32)
    return np.stack([_of_layer(a, b, theirs, ours) for a, b in zip(old, new, strict=True)])


def _pairs(aligned: list[int]) -> tuple[np.ndarray, np.ndarray]:
    found = np.array([(other, unit) for unit, other in enumerate(aligned) if other >= 0], dtype=int).reshape(-1, 2)
    return found[:, 0], found[:, 1]


def _of_layer(old: np.ndarray, new: np.ndarray, theirs: np.ndarray, ours: np.ndarray) -> np.ndarray:
    before, after = _shares(old, theirs), _shares(new, ours)  # (H, P, P)
    elsewhere = np.abs(after.sum(2) - before.sum(2))  # what goes to all others, of rows that sum to one
    return ((np.abs(after - before).sum(2) + elsewhere) / 2).mean(1)


def _shares(packed: np.ndarray, units: np.ndarray) -> np.ndarray:
    """The rows and columns of these units, (H, P, P), out of packed triangles (H, T)."""
    row, column = np.meshgrid(units, units, indexing="ij")
    place = np.where(column <= row, row * (row + 1) // 2 + column, 0)
    return np.where(column <= row, (packed[:, place].astype(np.float32) / LEVELS) ** 2, 0)
