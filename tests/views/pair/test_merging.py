"""A map merged block after block against a plain double loop over its units."""

import numpy as np
import pytest
import torch

from procure_kit.views.pair import merging
from procure_kit.views.pair.merging import LEVELS, Merger, eight_bits
from procure_kit.views.pair.units import CodeUnits
from tests.views.pair.test_units import every_character

STEP = 0.5 / LEVELS * 2 + 1e-5  # the largest error of a value of eight bits: d(q²) at q = 1
CODE = "alpha = beta(1)\nif alpha:\n    gamma = [alpha,\n             2]\n"


def merged(code: CodeUnits, weights: torch.Tensor, begin: int = 0) -> dict[str, np.ndarray]:
    merge = Merger(code, begin, weights.shape[-1])
    merge.start(len(weights))
    for block, (first, last) in enumerate(merge.blocks):
        merge.add(block, weights[:, first:last, :last])
    return merge.finish()


def random_map(tokens: int) -> torch.Tensor:
    scores = torch.randn(2, tokens, tokens, generator=torch.Generator().manual_seed(0)) * 2
    return scores.masked_fill(torch.ones(tokens, tokens).triu(1) > 0, -torch.inf).softmax(-1)


def test_queries_are_averaged_and_keys_added():
    code = every_character("ab c")  # a, b, blank, c
    rows = torch.tensor([[[1.0, 0, 0, 0], [0.6, 0.4, 0, 0], [0.5, 0.1, 0.4, 0], [0.2, 0.3, 0.1, 0.4]]])
    assert (merged(code, rows)["token"][0] / 255.0) ** 2 == pytest.approx([1, 0.6, 0.4, 0.5, 0.1, 0.4], abs=STEP)


@pytest.mark.parametrize("block", [1, 3, 80])
@pytest.mark.parametrize("special", [0, 1])
def test_every_view_is_the_double_loop(block, special, monkeypatch):
    monkeypatch.setattr(merging, "BLOCK", block)
    ends = [(0, 0)] * special  # tokens that show nothing stand before and after
    code = CodeUnits(CODE, [*ends, *((i, i + 1) for i in range(len(CODE))), *ends])
    weights = random_map(len(code.offsets))
    found = merged(code, weights)
    assert list(found) == ["token", "line", "statement", "expression"]
    for view, units in code.views.items():
        entry = 0
        for i in range(len(units)):
            for j in range(i + 1):
                part = weights[:, units.first[i] : units.last[i], units.first[j] : units.last[j]]
                assert (found[view][:, entry] / LEVELS) ** 2 == pytest.approx(part.sum(2).mean(1).numpy(), abs=STEP)
                entry += 1
        assert found[view].shape == (2, entry)


def test_later_rows_alone_are_the_end_of_all(monkeypatch):
    monkeypatch.setattr(merging, "BLOCK", 3)
    code = every_character(CODE)
    begin = CODE.index("if")
    weights = random_map(len(CODE))
    alone, whole = merged(code, weights, begin), merged(code, weights)
    for view, units in code.views.items():
        before = int((units.first < begin).sum())
        assert (alone[view] == whole[view][:, before * (before + 1) // 2 :]).all()
        assert before and alone[view].size


def test_eight_bits_are_the_nearest_of_the_roots():
    shares = np.array([0, 1e-6, 0.3, 1, 1 + 1e-6], dtype=np.float32)
    assert eight_bits(shares).tolist() == [0, 0, round(255 * 0.3**0.5), 255, 255]
