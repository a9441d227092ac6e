"""What the rows say, by hand: the choice before tuning, paired differences, and what they could have shown."""

import json
from dataclasses import asdict

import pytest

from procure_kit.evaluation.likelihood import NATS
from procure_kit.experiments.smollm2.recipe import Recipe
from procure_kit.experiments.smollm2.reports import level, load_runs, report_of
from procure_kit.experiments.smollm2.results import (
    NOISE,
    SEEDS,
    chosen,
    compared,
    contrasts,
    datasets,
    detectable,
    page,
    told,
)

TASKS = 10


def run(arm, seed, passing=5, whole=0, gain=0.0):
    """Ten problems of HumanEval with a flip each; of the kit's nothing passes."""
    verdicts, likelihoods = {}, {}
    for name in ("HumanEval", "kit"):
        for n in range(TASKS):
            right = name == "HumanEval" and n < passing
            verdicts[f"{name}/{n} if_else_flip"] = "10" if right else "00"
            verdicts[f"{name}/{n} whole"] = str(int(name == "HumanEval" and n < whole))
            measured = {"behind_original": 1.0, "behind_counterfactual": 2.0 + n - gain, "original_over_twin": 1.0}
            likelihoods[f"{name}/{n} if_else_flip"] = dict.fromkeys(NATS) | measured
    recipe = asdict(Recipe())
    return {"arm": arm, "seed": seed, "recipe": recipe, "tokens": 7, "device": "cpu", "dtype": "float32"} | {
        "verdicts": verdicts,
        "likelihoods": likelihoods,
    }


def test_rows_are_read_by_arm_and_seed_and_scored_as_reports(tmp_path):
    path = tmp_path / "runs.jsonl"
    path.write_text("".join(json.dumps(run("plain", seed, 5 + seed)) + "\n" for seed in (0, 1)))
    of_seed = load_runs(path)["plain"]
    pairs = [report_of(row, "HumanEval/") for row in of_seed.values()]
    assert [len(report.rows) for report in pairs] == [TASKS, TASKS]
    assert level(pairs, "pass@1 original") == pytest.approx(0.55) and level(pairs, "pass@1 counterfactual") == 0
    assert len(report_of(of_seed[0], whole=True).rows) == 2 * TASKS


@pytest.fixture
def runs():
    return {
        "untuned": {0: run("untuned", 0)},
        "originals": {0: run("originals", 0, 4), 1: run("originals", 1, 4)},
        "plain": {0: run("plain", 0, 6, gain=0.59), 1: run("plain", 1, 8, gain=0.61)},
        "attention": {1: run("attention", 1, 8)},
    }


def test_a_score_is_compared_where_the_untuned_model_has_room(runs):
    assert datasets(runs) == ["HumanEval/", "kit/"]
    assert chosen(runs, "HumanEval/") == {"pass@1 original": (0.5, True), "whole function": (0.0, False)}
    assert chosen(runs, "kit/")["pass@1 original"] == (0.0, False)
    runs["untuned"][0] = run("untuned", 0, TASKS, whole=1)
    assert chosen(runs, "HumanEval/") == {"pass@1 original": (1.0, False), "whole function": (0.1, True)}


def test_differences_are_paired_by_problem_and_seed(runs):
    found = compared(runs, "plain", "originals", "HumanEval/")
    assert found["pass@1 original"][0] == pytest.approx((0.2 + 0.4) / 2)
    value, low, high = found["behind_excess"]
    assert value == pytest.approx(-0.6) and (low, high) == pytest.approx((-0.724, -0.476), abs=0.001)  # two seeds
    assert found["prefers_original"][0] == 0 and found["prefers_original"][1] < 0 < found["prefers_original"][2]
    assert compared(runs, "plain", "untuned", "HumanEval/")["pass@1 original"][0] == pytest.approx(0.2)
    assert compared(runs, "attention", "plain", "HumanEval/")["pass@1 original"][0] == 0  # the one seed that both have
    with pytest.raises(ValueError, match="no seed in common"):
        compared({"a": {0: {}}, "b": {1: {}}}, "a", "b", "")


def test_planned_comparisons_come_first(runs):
    assert contrasts(runs) == [
        ("plain", "originals"),
        ("originals", "untuned"),
        ("plain", "untuned"),
        ("attention", "untuned"),
        ("attention", "plain"),
    ]


@pytest.mark.slow
def test_a_run_made_twice_is_compared_with_itself_and_said_beside_the_intervals(runs):
    assert NOISE not in page(runs)
    runs["originals, other order"] = {0: run("originals, other order", 0, 5)}
    assert contrasts(runs)[1] == ("originals, other order", "originals")
    assert ("originals, other order", "plain") not in contrasts(runs)
    masked = {arm: {0: run(arm, 0)} for arm in ("both", "mask")}
    assert [pair for pair in contrasts(runs | masked) if pair[0] == "both"][:2] == [("both", "plain"), ("both", "mask")]
    planned, found = page(runs).split("## Found, not planned")
    assert NOISE in planned and "| originals, other order − originals | HumanEval | original | +10.0 (" in found


def test_what_is_visible_goes_by_the_width():
    """An interval of two standard errors to each side shows 2.8 of them with a power of 80 %."""
    assert detectable(-1.96, 1.96) == pytest.approx(1.96 + 0.84, abs=0.01)


def test_the_page_compares_scores_where_they_are_chosen_and_measures_everywhere(runs):
    text = page(runs)
    assert f"{Recipe().pairs} programs of codeio and cruxeval" in text and "4-bit (NF4)" in text
    assert "| HumanEval | original | 10 | 50.0 | yes |" in text and "| kit | original | 10 | 0.0 | no" in text
    planned, found = text.split("## Planned comparisons")[1].split("## Found, not planned")
    assert "| plain − originals | HumanEval | original | +30.0 (" in planned
    assert "| plain − originals | kit | original |" not in planned
    assert "| plain − originals | kit | behind_excess | -0.600 (-0.724 to -0.476) | 0.177 |" in planned
    assert "- plain − originals, kit, behind_excess: -0.600 (-0.724 to -0.476)" in planned
    assert "| plain | HumanEval | 2 | 7 | 70.0 | 0.0 |" in text
    assert "<summary>plain − untuned</summary>" in found and "untuned" not in planned
    assert SEEDS[2] in text and SEEDS[1] not in text


@pytest.mark.slow
def test_a_page_of_one_seed_says_so(runs):
    assert SEEDS[1] in page(runs | {"plain": {1: runs["plain"][1]}})


def test_what_lies_off_zero_is_counted_among_all(runs):
    count, off = told(runs, ["kit/"], [("plain", "originals")])
    assert count == 3 and len(off) == 2  # loss and excess moved; the twins' share stayed, the original's loss has none


def test_a_page_without_the_untuned_model_chooses_nothing(runs):
    del runs["untuned"]
    text = page(runs)
    assert "has no run yet" in text and "| HumanEval | original |" not in text and "behind_excess | -0.600" in text
