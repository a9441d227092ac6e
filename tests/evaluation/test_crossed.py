"""Intervals over families and seeds: they hold the truth about as often as they say, and never have no width."""

import numpy as np
import pytest

from procure_kit.evaluation.crossed import difference, holm, share, stacked, tally


def drawn(rng, families: int, seeds: int, gain: float = 0.0) -> np.ndarray:
    """Shares (F, S, 2) out of 20 that vary by family, by seed and by both."""
    spread = 0.1 * rng.normal(size=(families, 1)) + 0.05 * rng.normal(size=(1, seeds))
    chance = (0.5 + gain + spread + 0.05 * rng.normal(size=(families, seeds))).clip(0.02, 0.98)
    passed = rng.binomial(20, chance)
    return np.stack([passed, np.full_like(passed, 20)], axis=-1).astype(float)


@pytest.mark.parametrize(("families", "seeds"), [(7, 5), (40, 5), (40, 3), (10, 1)])
def test_nineteen_of_twenty_intervals_hold_the_truth(families, seeds):
    rng = np.random.default_rng(0)
    held = []
    for _ in range(400):
        value, low, high, _ = difference(drawn(rng, families, seeds, 0.1), drawn(rng, families, seeds))
        assert low < value < high
        held.append(low <= 0.1 <= high)
    # seeds shift all families alike, which one seed cannot tell
    assert 0.9 < np.mean(held) <= 1 if seeds > 1 else np.mean(held) < 0.93


def test_two_seeds_say_little_about_seeds():
    """Where seeds matter much, about five of six intervals hold the truth, not nineteen of twenty."""
    rng, held = np.random.default_rng(0), []
    for _ in range(400):
        _, low, high, _ = difference(drawn(rng, 120, 2, 0.1), drawn(rng, 120, 2))
        held.append(low <= 0.1 <= high)
    assert 0.75 < np.mean(held) < 0.95


def test_equal_values_leave_a_width_and_few_families_have_no_interval():
    same = np.tile([10.0, 10.0], (8, 3, 1))
    value, low, high, p = difference(same, same)
    assert (value, p) == (0, 1) and low < 0 < high
    assert share(same)[:1] + share(same)[2:3] == (1.0, 1.0) and share(same).low < 0.8
    assert np.isnan(share(same[:4]).low) and share(same[:4]).value == 1
    assert np.isnan(share(np.zeros((8, 3, 2))).value)


def test_a_shift_of_every_cell_alike_is_seen_whatever_the_families_do():
    before = np.stack([np.arange(8.0)[:, None] + np.zeros((8, 3)), np.full((8, 3), 20.0)], axis=-1)
    after = before + [2.0, 0.0]
    found = difference(after, before)
    assert found.value == pytest.approx(0.1)
    assert found.low > -1 and found.high < 1


def test_holm_is_stricter_than_each_alone_and_keeps_their_order():
    corrected = holm({"a": 0.01, "b": 0.04, "c": 0.03, "d": float("nan")})
    assert corrected == pytest.approx({"a": 0.03, "c": 0.06, "b": 0.06})
    assert holm({"a": 0.01, "b": 0.04}, number=8) == pytest.approx({"a": 0.08, "b": 0.28})


def test_values_are_summed_by_family_and_seeds_stand_side_by_side():
    one, other = tally([("b", 1), ("a", 0), ("b", 0)]), tally([("a", True)])
    assert stacked([one, other]).tolist() == [[[0, 1], [1, 1]], [[1, 2], [0, 0]]]
    assert stacked([{}, {}]).shape == (0, 2, 2)
