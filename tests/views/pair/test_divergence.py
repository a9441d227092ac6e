"""How differently a head looks in two programs, against the definition written out."""

import numpy as np
import pytest

from procure_kit.views.pair.divergence import divergence
from procure_kit.views.pair.merging import eight_bits


def packed(maps: np.ndarray) -> np.ndarray:
    """(L, H, U, U) → (L, H, T)"""
    return eight_bits(maps[..., np.tri(maps.shape[-1], dtype=bool)])


def random_maps(seed: int, size: int) -> np.ndarray:
    maps = np.random.default_rng(seed).random((2, 3, size, size)) * np.tri(size)
    return maps / maps.sum(-1, keepdims=True)


def test_it_is_the_mean_total_variation_of_rows_that_correspond():
    old, new, aligned = random_maps(0, 6), random_maps(1, 5), [0, 2, -1, 3, 5]
    pairs = [(other, unit) for unit, other in enumerate(aligned) if other >= 0]
    expected = np.zeros((2, 3))
    for layer in range(2):
        for head in range(3):
            rows = []
            for a, b in pairs:
                before = np.array([old[layer, head, a, c] for c, _ in pairs])
                after = np.array([new[layer, head, b, d] for _, d in pairs])
                rest = abs((1 - before.sum()) - (1 - after.sum()))
                rows.append((abs(before - after).sum() + rest) / 2)
            expected[layer, head] = np.mean(rows)
    assert divergence(packed(old), packed(new), aligned) == pytest.approx(expected, abs=0.01)


def test_the_same_map_has_none_and_opposite_ones_all():
    maps = random_maps(2, 4)
    assert divergence(packed(maps), packed(maps), [0, 1, 2, 3]).max() == 0
    itself, first = np.broadcast_to(np.eye(3), (1, 1, 3, 3)), np.zeros((1, 1, 3, 3))
    first[..., 0] = 1
    found = divergence(packed(itself), packed(first), [0, 1, 2])
    assert found == pytest.approx(2 / 3)  # the first row can look at nothing else


def test_where_nothing_corresponds_there_is_nothing_to_say():
    maps = packed(random_maps(3, 3))
    assert divergence(maps, maps, [-1, -1, -1]).tolist() == [[0, 0, 0]] * 2
