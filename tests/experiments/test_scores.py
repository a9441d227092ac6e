"""Scores of the world: their arithmetic, and the shipped model held to them on a few problems."""

import json
from collections import Counter

import pytest

from procure_kit.concepts.table import PAPER_CONCEPTS
from procure_kit.evaluation.metrics import interval
from procure_kit.experiments.scores import HELD_OUT, SPLITS, score, table
from procure_kit.generation.rules import pairs_of
from procure_kit.shipped import DATA, RESULTS
from procure_kit.training.cuts import cut_pair
from procure_kit.validation.problem_names import load_problems

STORED = RESULTS / "tiny_scores.json"


def test_an_interval_narrows_with_more_problems():
    _, low, high = interval([[0], [1]] * 10)
    _, lower, higher = interval([[0], [1]] * 1000)
    assert higher - lower < (high - low) / 5


@pytest.mark.slow
def test_the_data_card_counts_the_pairs():
    card, problems = (DATA / "world.md").read_text(), load_problems(HELD_OUT)
    count: Counter = Counter()
    for split in SPLITS:
        chosen = [problem for problem in problems if problem.task_id.split("/")[1] == split]
        count.update((split, cf.concept) for cf, _ in pairs_of(chosen) if cut_pair(cf))
    for concept in PAPER_CONCEPTS:
        assert f"| pairs `{concept}` | {count['composition', concept]} | {count['family', concept]} |" in card


def test_the_table_is_in_per_cent_with_intervals():
    cell = {"pairs": 4, "original": (0.75, 0.5, 1.0), "counterfactual": (0.5, 0.25, 0.75), "drop": (0.25, 0.0, 0.5)}
    part = {"problems": 4, "whole_function": (0.5, 0.0, 1.0), "all": cell} | dict.fromkeys(PAPER_CONCEPTS, cell)
    lines = table({"family": part}).splitlines()
    assert len(lines) == 2 + 2 + len(PAPER_CONCEPTS)
    assert lines[2] == "| family | whole function | 4 | 50 (0 to 100) | | |"
    assert lines[3] == "| family | `all` | 4 | 75 (50 to 100) | 50 (25 to 75) | 25 (0 to 50) |"


@pytest.mark.parametrize("card", ["world.md", "tiny/README.md"])
def test_the_cards_hold_the_stored_scores(card):
    assert table(json.loads(STORED.read_text())) in (DATA / card).read_text()


def test_the_stored_scores_reach_the_aims():
    scores = json.loads(STORED.read_text())
    assert scores["composition"]["all"]["original"][0] >= 0.85
    assert scores["family"]["all"]["original"][0] >= 0.6
    assert sum(scores["composition"][concept]["drop"][1] > 0 for concept in PAPER_CONCEPTS) >= 3


@pytest.mark.slow
def test_the_shipped_model_is_the_scored_one():
    from procure_kit.training.models import load_model

    model, tokenizer = load_model("tiny")
    problems = load_problems(HELD_OUT)[:10]
    scores = score(model, tokenizer, problems)
    assert scores["all"]["original"][0] >= 0.6
    assert scores["all"]["drop"][0] > 0


def test_model_and_tokenizer_stay_under_twenty_megabytes():
    files = list((DATA / "tiny").iterdir())
    assert {"model.safetensors", "tokenizer.json", "config.json", "README.md"} <= {path.name for path in files}
    assert sum(path.stat().st_size for path in files) < 20e6
