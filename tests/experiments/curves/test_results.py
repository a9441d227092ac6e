"""From rows to levels and differences, on rows made up so that the answer is known."""

from dataclasses import asdict

import pytest

from procure_kit.experiments.curves import report, results
from procure_kit.experiments.curves.arms import Recipe
from procure_kit.experiments.curves.problems import scored_pairs, scored_problems
from procure_kit.problems.rows import append_row

RECIPE = Recipe(composition=24, family=20)
PART = RECIPE.part, RECIPE.composition, RECIPE.family


def row(arm: str, seed: int, point: int, original, counterfactual, whole: str = "1") -> dict:
    """A run in which pair i passes as the two functions of its number say."""
    pairs, problems = scored_pairs(*PART), scored_problems(*PART)
    sides = {"original": original, "counterfactual": counterfactual}
    verdicts = {side: "".join(str(int(passes(i))) for i in range(len(pairs))) for side, passes in sides.items()}
    measures = {"composition/sum_if": {"mass": [1.5, 3]}, "family/last_if": {"mass": [2, 4]}}
    verdicts["whole"] = whole * len(problems)
    return {"arm": arm, "seed": seed, "point": point, "recipe": asdict(RECIPE), "verdicts": verdicts} | {
        "measures": measures
    }


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "runs.jsonl"
    append_row(path, row("untuned", 0, 0, lambda i: True, lambda i: i % 2))
    for seed in range(3):
        for point in (100, 300):
            append_row(path, row("originals", seed, point, lambda i: True, lambda i: i % 2))
            if (seed, point) != (2, 300):
                append_row(path, row("plain", seed, point, lambda i: i % 10 > 0, lambda i: True, "0"))
    return path


@pytest.fixture(scope="module")
def runs(path):
    return results.load_runs(path)


def test_levels_are_shares_of_pairs_and_of_problems(runs):
    assert results.level(runs, "originals", 100, "original", "composition").value == 1
    counterfactual = results.level(runs, "originals", 100, "counterfactual", "composition")
    assert counterfactual.value == pytest.approx(0.5, abs=0.1) and counterfactual.low < 0.5 < counterfactual.high
    assert results.level(runs, "plain", 100, "whole", "family").value == 0
    assert results.level(runs, "plain", 100, "ccs_valid", "composition").value == pytest.approx(0.9, abs=0.05)
    assert results.level(runs, "plain", 100, "mass", "composition").value == 0.5


def test_differences_are_of_the_seeds_that_both_have_and_the_untuned_model_is_one_for_all(runs):
    gained = results.compared(runs, "plain", "originals", 300, "counterfactual", "composition")
    assert gained.value == pytest.approx(0.5, abs=0.1) and gained.low > 0 and gained.p < 0.01
    assert results.compared(runs, "originals", "untuned", 100, "original", "family").value == 0
    with pytest.raises(KeyError):
        results.compared(runs, "kl", "plain", 100, "original", "family")
    alone = {("a", 1): {0: {}}, ("b", 1): {1: {}}}
    with pytest.raises(ValueError, match="'a' and 'b' have no seed in common at 1 tokens"):
        results.compared(alone, "a", "b", 1, "original", "family")


def test_a_concept_by_itself_and_the_concepts_together(runs):
    one = results.array(runs["plain", 100].values(), "original", "composition", "if_else_flip")
    everything = results.array(runs["plain", 100].values(), "original", "composition")
    assert 0 < one[..., 1].sum() < everything[..., 1].sum() and one.shape[1] == 3


def test_what_was_planned_is_compared_where_both_have_come(runs):
    assert results.planned(runs) == [("plain", "originals")]
    assert results.last_common(runs, "plain", "originals") == 300
    assert results.curve(runs, "plain", "whole", "family")[1][:2] == (300, 0)


def test_the_plan_compares_at_its_point_however_far_a_run_has_come(runs):
    longer = runs | {(arm, point): runs[arm, 300] for arm in ("plain", "originals") for point in (results.AT, 10**7)}
    assert results.last_common(longer, "plain", "originals") == results.AT
    assert results.common_points(longer, "plain", "originals") == [100, 300, results.AT, 10**7]
    with pytest.raises(ValueError, match="plain and kl have no point"):
        results.last_common(longer, "plain", "kl")


def test_a_gap_is_known_at_the_points_that_both_have(runs):
    (first, *_), (last, value, low, high) = results.gap(runs, "plain", "originals", "counterfactual", "composition")
    assert (first, last) == (100, 300) and 0 < low < value < high
    assert value == results.compared(runs, "plain", "originals", 300, "counterfactual", "composition").value
    assert results.gap(runs, "plain", "mask", "original", "family") == []


def test_the_page_names_points_seeds_and_says_everything_once(runs, path):
    table = report.planned_table(runs)
    assert table.count("| plain − originals |") == 2 and "| 0.0003 | 2 |" in table
    alone = {key: {0: of_seed[0]} for key, of_seed in runs.items()}
    assert " p " in table and " p " not in report.planned_table(alone)  # one seed knows nothing of others
    assert "| untuned | 0 | 1 | composition |" in report.levels_table(runs)
    page = report.page(path)
    assert "`originals` 3, `plain` 3 (arm, and its seeds)" in page and page.count("### ") == 8
    assert "+0.0 (" in report.measures_table(runs)
