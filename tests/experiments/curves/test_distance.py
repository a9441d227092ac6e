"""The distance between a change and the cut, and drops by it."""

from dataclasses import asdict

import pytest

from procure_kit.experiments.curves import distance
from procure_kit.experiments.curves.arms import Recipe
from procure_kit.experiments.curves.problems import scored_pairs
from procure_kit.training.cuts import cut_pair
from procure_kit.training.models import load_model

PART = ("report", 12, 12)


def test_a_flip_is_cut_in_the_line_of_its_test_and_nothing_lies_behind_the_cut():
    tokenizer = load_model("tiny")[1]
    for cf, _ in scored_pairs(*PART):
        far, prefix = distance.distance(tokenizer, cf), cut_pair(cf)[1].prefix
        of_line = len(tokenizer(prefix[prefix.rfind("\n") :])["input_ids"])
        assert 0 <= far <= (of_line if cf.concept == "if_else_flip" else len(tokenizer(prefix)["input_ids"]))


def test_the_bins_hold_each_pair_once_and_their_drops_are_the_verdicts():
    recipe = Recipe(composition=12, family=12)
    pairs = scored_pairs(*PART)
    near = [far <= 3 for far in distance.distances(*PART)]
    verdicts = {"original": "1" * len(pairs), "counterfactual": "".join("01"[not one] for one in near), "whole": ""}
    rows = [{"recipe": asdict(recipe), "verdicts": verdicts}]
    found = [[distance.drop(rows, split, *ends) for ends in distance.BINS] for split in ("composition", "family")]
    assert sum(count for of_split in found for count, _ in of_split) == len(pairs)
    assert found[0][0][1].value == pytest.approx(1) and found[0][1][1].value == 0
    assert "| 4 to 15 tokens |" in distance.table({("plain", 100): {0: rows[0]}})
