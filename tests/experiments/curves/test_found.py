"""What stands beside the plan, on rows made up so that the answer is known."""

from collections import Counter

import pytest

from procure_kit.experiments.curves import found
from procure_kit.experiments.curves.problems import scored_pairs
from procure_kit.experiments.curves.results import load_runs
from procure_kit.problems.rows import append_row
from tests.experiments.curves.test_results import PART, row

FLIP = "if_else_flip"


def solved(i: int) -> bool:
    """Every counterfactual but the flips."""
    return scored_pairs(*PART)[i][0].concept != FLIP


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    path = tmp_path_factory.mktemp("found") / "runs.jsonl"
    for seed in range(2):
        append_row(path, row("originals", seed, 100, lambda i: True, solved))
        append_row(path, row("plain", seed, 100, lambda i: True, lambda i: True))
        append_row(path, row(f"plain without {FLIP}", seed, 100, lambda i: True, solved))
        append_row(path, row("mask uses λ 3", seed, 100, lambda i: True, lambda i: False))
        append_row(path, row("plain given rules", seed, 100, lambda i: True, solved))
        append_row(path, row("plain given model", seed, 100, lambda i: True, lambda i: False))
    return load_runs(path)


def cells(table: str, *first: str) -> list[str]:
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
    return next(line for line in lines if line[: len(first)] == list(first))


def test_what_the_data_does_is_told_at_every_point(runs):
    again = runs | {(arm, 300): runs[arm, 100] for arm in ("plain", "originals")}
    lines = [line for line in found.on_the_way(again).splitlines() if line.startswith("| plain − originals | family")]
    assert [line.split("|")[3].strip() for line in lines] == ["0.0001", "0.0003"]
    untuned = found.on_the_way(again | {("untuned", 0): {0: runs["plain", 100][0]}})
    assert "originals − untuned" not in found.on_the_way(again) and "both − plain" not in untuned
    assert cells(untuned, "originals − untuned", "composition")[2:4] == ["0.0001", "2"]


def test_a_control_is_told_against_the_untuned_model(runs):
    made = {("untuned", 0): {0: runs["originals", 100][0]}, ("control neutral", 0): {0: runs["plain", 100][0]}}
    line = cells(found.controls(made), "control neutral − untuned", "composition")
    assert line[2:4] == ["0", "1"] and line[4].startswith("+") and line[5].startswith("+0.0 (")


def test_a_gain_is_told_by_concept(runs):
    flips, swaps = cells(found.by_concept(runs), "plain − originals", "composition")[3:5]
    assert flips.startswith("+100 (") and swaps.startswith("+0 (")


def test_a_weight_of_its_own_is_told_against_plain(runs):
    line = cells(found.variants(runs), "mask uses λ 3 − plain", "composition")
    assert line[2:4] == ["0.0001", "2"] and line[4].startswith("-100.0 (") and line[5].startswith("+0.0 (")


def test_a_family_is_told_by_itself_with_the_seeds_that_gain_least_and_most(runs):
    head = [cell.strip() for cell in found.by_family(runs).splitlines()[0].strip("|").split("|")]
    counts = Counter(cf.task_id.split("/")[2] for cf, _ in scored_pairs(*PART) if "/family/" in cf.task_id)
    assert head[4:] == [f"{family} ({of})" for family, of in sorted(counts.items())]
    flips = Counter(
        cf.task_id.split("/")[2] for cf, _ in scored_pairs(*PART) if "/family/" in cf.task_id and cf.concept == FLIP
    )
    shares = [100 * flips[family] / of for family, of in sorted(counts.items())]
    line = cells(found.by_family(runs), "plain − originals", "counterfactual")
    assert line[2:] == ["0.0001", "2", *(f"{round(share):+}" for share in shares)]
    failing = row("plain", 1, 100, lambda i: False, solved)
    mixed = runs | {("plain", 100): {0: runs["plain", 100][0], 1: failing}}
    line = cells(found.by_family(mixed), "plain − originals", "original")
    assert set(line[4:]) == {"-50 [-100 … +0]"}


def test_weights_rise_with_the_plans_own_among_them_where_the_last_of_a_term_is(runs):
    points = {"plain": 300, "both λ 3": 300, "both λ 0.03": 100, "both": 300, "kl λ 2": 100}
    more = runs | {(arm, point): runs["plain", 100] for arm, point in points.items()}
    expected = [("mask uses λ 3", 100), ("both λ 0.03", 100), ("both", 300), ("both λ 3", 300), ("kl λ 2", 100)]
    assert list(found.weighed(more).items()) == expected
    assert cells(found.variants(more), "both − plain", "family")[2] == "0.0003"


def test_a_concept_left_out_is_scored_on_its_own_counterfactuals(runs):
    table = found.left_out(runs)
    against = {
        before: cells(table, f"`{FLIP}`", f"plain without {FLIP} − {before}", "composition")[-2:]
        for before in ("originals", "plain")
    }
    assert [line[0] for line in against.values()] == ["2", "2"]
    assert against["originals"][1].startswith("+0.0 (") and against["plain"][1].startswith("-100.0 (")


def test_a_models_pairs_are_told_against_the_rules_of_the_same_sites(runs):
    table = found.writers(runs)
    pairs = "plain given model − plain given rules", "plain given rules − plain"
    model, rules = (cells(table, pair, "family") for pair in pairs)
    assert model[3] == rules[3] == "2" and model[4][0] == rules[4][0] == "-"
    gained = {line[0]: float(line[4].split()[0]) for line in (model, rules)}
    assert sum(gained.values()) == pytest.approx(-100, abs=0.2)


def test_the_arm_for_smollm2_is_the_one_with_the_best_mean_of_both_splits(tmp_path):
    for arm, passes in {"both": lambda i: False, "mask": lambda i: True, "attention": solved}.items():
        append_row(tmp_path / "runs.jsonl", row(arm, 0, found.AT, lambda i: True, passes))
    runs = load_runs(tmp_path / "runs.jsonl")
    lines = found.transferred(runs).splitlines()[2:]
    assert [line.split("|")[1].strip() for line in lines] == ["mask", "attention", "both"]
    assert cells(found.transferred(runs), "mask")[1:] == ["100.00", "100.00", "100.00"]


def test_only_kinds_with_runs_have_a_section(runs):
    assert list(found.sections(runs)) == [
        "Differences on the way",
        "Counterfactuals by concept",
        "New families one by one: mean of the seeds [their range]",
        "Other weights, other rows",
        "A concept left out of tuning",
        "Counterfactuals by a language model",
    ]
    main = {key: of for key, of in runs.items() if key[0] in ("originals", "plain")}
    assert list(found.sections(main)) == [
        "Differences on the way",
        "Counterfactuals by concept",
        "New families one by one: mean of the seeds [their range]",
    ]
