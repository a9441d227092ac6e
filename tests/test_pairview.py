"""The pair view on maps written by hand: units, masses, figures and the offline file."""

import numpy as np
import pytest
import torch

from procure_kit import pairview
from procure_kit.attention import AttentionMaps
from procure_kit.counterfactual import Counterfactual
from procure_kit.pairview import AttentionPair, Side, attention_pair

TEXT = "ab = 1\n<c> = 2\n"  # tokens: a, b, " =", " 1", "\n<", "c", ">", " =", " 2", "\n"
OFFSETS = [(0, 1), (1, 2), (2, 4), (4, 6), (6, 8), (8, 9), (9, 10), (10, 12), (12, 14), (14, 15)]
N = len(OFFSETS)


def maps(seed: int) -> AttentionMaps:
    """Two layers of three heads whose rows look backwards and sum to one."""
    raw = torch.rand(2, 3, N, N, generator=torch.Generator().manual_seed(seed)).tril()
    return AttentionMaps(list(raw / raw.sum(-1, keepdim=True)), [TEXT[a:b] for a, b in OFFSETS], OFFSETS)


@pytest.fixture
def pair() -> AttentionPair:
    cf = Counterfactual(
        "t/0", "variable_name_random", "strict", 0, 0, "rules", TEXT, TEXT, ((0, 2),), ((0, 2),), "syntactic"
    )
    return AttentionPair(cf, maps(0), maps(1))


def test_units_merge_sub_words_and_know_their_line(pair):
    labels, members = pair.sides[0].units("token")
    assert labels == ["ab", "=", "1", "<", "c", ">", "=", "2"]
    assert members[0].tolist() == [1, 1, 0, 0, 0, 0, 0, 0, 0, 0]  # a, b
    assert members[3].tolist() == [0, 0, 0, 0, 1, 0, 0, 0, 0, 0]  # the newline goes with the "<" behind it
    lines, members = pair.sides[0].units("line")
    assert lines == ["ab = 1", "<c> = 2"]
    assert members.sum(0).tolist() == [1] * N


@pytest.mark.parametrize("view", ["line", "token"])
@pytest.mark.parametrize("head", [None, 2])
def test_rows_of_merged_maps_still_sum_to_one(pair, view, head):
    side = pair.sides[1]
    _, members = side.units(view)
    covered = members.sum(0) > 0
    _, values = side.unit_map(-1, head, view)
    kept = side.maps[-1].mean(0) if head is None else side.maps[-1][head]
    expected = (members / members.sum(1, keepdims=True)) @ kept[:, covered].sum(1)
    assert values.sum(1) == pytest.approx(expected)


def test_merging_averages_queries_and_adds_keys():
    rows = torch.tensor([[[1.0, 0, 0], [0.6, 0.4, 0], [0.2, 0.3, 0.5]]])
    side = Side("original", "ab c", ((0, 2),), AttentionMaps([rows], ["a", "b", " c"], [(0, 1), (1, 2), (2, 4)]))
    labels, values = side.unit_map(0, 0, "token")
    assert values == pytest.approx(np.array([[1, 0], [0.5, 0.5]]))
    assert labels == ["ab▶ 1", "c 2"]


def test_mass_is_the_mean_over_tokens_after_the_first_change(pair):
    side = pair.sides[0]
    expected = np.mean([side.maps[1, 2, t, 0] + side.maps[1, 2, t, 1] for t in range(1, N)])
    assert side.mass[1, 2] == pytest.approx(expected)


def test_labels_cannot_become_markup(pair):
    figure = pair.figure(view="line")
    assert any("&lt;c&gt;" in text for text in figure.layout.yaxis.ticktext)


def test_the_difference_is_counterfactual_minus_original(pair):
    figure = pair.mass_figure()
    assert figure.data[2].z == pytest.approx(pair.sides[1].mass - pair.sides[0].mass)


def test_save_html_needs_no_network(pair, tmp_path):
    page = pair.save_html(tmp_path / "pair.html").read_text()
    assert page.count("<details>") == 2
    assert 'src="http' not in page and "<script src" not in page


def test_an_unknown_view_is_named(pair):
    with pytest.raises(ValueError, match="no view 'word'; there are line, token"):
        pair.figure(view="word")


def test_a_pair_without_change_is_refused(monkeypatch):
    monkeypatch.setattr(pairview, "attention_maps", lambda *_: pytest.fail("must refuse before running the model"))
    cf = Counterfactual("t/1", "if_else_flip", "strict", 0, 0, "rules", TEXT, TEXT, (), (), "tested")
    with pytest.raises(ValueError, match="t/1: no changed spans"):
        attention_pair(None, None, cf)
