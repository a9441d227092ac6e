"""Arms differ in what they say and in nothing else; runs resume; results are paired over problems and seeds."""

import json
from dataclasses import asdict, replace

import pytest

from procure_kit import experiments
from procure_kit.cuts import cut_pair
from procure_kit.experiment_results import compared, contrasts, datasets, load_runs, report_of, table
from procure_kit.experiments import (
    MAIN,
    SETS,
    Recipe,
    arm_named,
    main,
    of_same_lengths,
    pairs_in,
    run_all,
    scoring_problems,
    training_examples,
    training_pairs,
)

SMALL = Recipe(steps=2, batch_size=10, composition=1, family=1, kit=0, max_new_tokens=40)


@pytest.fixture(scope="module")
def tokenizer():
    from procure_kit.models import load_model

    return load_model("tiny")[1]


def test_names_say_what_an_arm_varies():
    assert arm_named("both") == MAIN["both"] and arm_named("both 0.3") == replace(MAIN["both"], lam=0.3)
    assert arm_named("plain procure").mode == "procure"
    assert all("name" in concept for concept in arm_named("both names").concepts)
    assert arm_named("plain file:pairs.jsonl").file == "pairs.jsonl"
    assert all(arm_named(name) for names in SETS.values() for name in names)
    with pytest.raises(ValueError, match="no arm 'both twice': use untuned"):
        arm_named("both twice")


def test_training_pairs_are_even_over_concepts_and_never_held_out():
    pairs = training_pairs(1000, 10, MAIN["plain"])
    assert len(pairs) == 10 and all(cut_pair(cf) for cf, _ in pairs)
    assert {cf.concept for cf, _ in pairs} == set(MAIN["plain"].concepts)
    assert all(cf.task_id.startswith("world/train/") for cf, _ in pairs)
    assert not {cf.original for cf, _ in pairs} & {problem.program for problem in scoring_problems(Recipe())}


def test_arms_of_a_seed_train_on_the_same_originals_and_as_many_tokens(tokenizer):
    plain, both, alone = (training_examples(tokenizer, MAIN[n], SMALL, 3) for n in ("plain", "both", "originals"))
    assert plain == both and len(plain) == len(alone) == 20
    assert plain[::2] == alone[::2] and plain[1::2] != alone[1::2]
    assert not any(any(example["changed"]) for example in alone)
    tokens = [sum(len(example["input_ids"]) for example in examples) for examples in (plain, alone)]
    assert tokens[1] == pytest.approx(tokens[0], rel=0.03)
    assert training_examples(tokenizer, MAIN["plain"], SMALL, 4) != plain


def test_nearest_lengths_are_each_taken_once():
    spare = [{"input_ids": [0] * n} for n in (3, 5, 9)]
    assert [len(e["input_ids"]) for e in of_same_lengths(spare, [{"input_ids": [0] * 6}] * 2)] == [5, 3]


def test_pairs_of_a_generator_are_read_from_its_file(tmp_path):
    path = tmp_path / "pairs.jsonl"
    rows = [cf.to_row() | {"status": "valid"} for cf, _ in training_pairs(0, 5, MAIN["plain"])]
    path.write_text("".join(json.dumps(row) + "\n" for row in [*rows[:2], rows[2] | {"status": "no_change"}]))
    assert [pair.task_id for pair, _ in pairs_in(str(path), 3)] == [rows[i]["task_id"] for i in (0, 1, 0)]
    path.write_text(json.dumps(rows[0] | {"status": "no_change"}) + "\n")
    with pytest.raises(ValueError, match="no valid counterfactual"):
        pairs_in(str(path), 3)


def test_a_stopped_grid_goes_on_seed_by_seed(tmp_path, monkeypatch):
    ran = []

    def run_one(name, recipe, seed):
        if len(ran) == 3:
            raise KeyboardInterrupt
        ran.append((name, seed))
        return {"arm": name, "seed": seed, "recipe": asdict(recipe)}

    monkeypatch.setattr(experiments, "run_one", run_one)
    out = tmp_path / "runs.jsonl"
    with pytest.raises(KeyboardInterrupt):
        run_all(out, ["untuned", "plain"], range(3), SMALL)
    assert ran == [("untuned", 0), ("plain", 0), ("plain", 1)]
    ran.clear()
    run_all(out, ["untuned", "plain"], range(3), SMALL)
    assert ran == [("plain", 2)]
    with pytest.raises(ValueError, match="another recipe"):
        run_all(out, ["plain"], range(1), replace(SMALL, lr=1.0))


def run(arm, seed, **verdicts):
    found = {f"world/composition/f/{i} if_else_flip": v for i, v in enumerate(verdicts["pairs"])}
    found |= {f"world/composition/f/{i} whole": v for i, v in enumerate(verdicts["whole"])}
    return {"arm": arm, "seed": seed, "tokens": 7, "verdicts": found}


@pytest.fixture
def runs(tmp_path):
    rows = [
        run("untuned", 0, pairs=["10", "10", "00", "11"], whole="1110"),
        run("plain", 0, pairs=["11", "10", "00", "11"], whole="1100"),
        run("plain", 1, pairs=["11", "11", "00", "11"], whole="1110"),
        run("both", 1, pairs=["11", "11", "01", "11"], whole="0000"),
    ]
    path = tmp_path / "runs.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return load_runs(path)


def test_differences_pair_the_seeds_that_both_arms_have(runs):
    found = compared(runs, "plain", "untuned")
    assert found["pass@1 counterfactual"][0] == pytest.approx((1 / 4 + 2 / 4) / 2)
    assert found["pass@1 original"] == (0, 0, 0) and found["whole function"][0] == pytest.approx(-1 / 8)
    assert compared(runs, "both", "plain")["pass@1 counterfactual"][0] == pytest.approx(1 / 4)
    assert contrasts(runs) == [("plain", "untuned"), ("both", "untuned"), ("both", "plain")]
    assert datasets(runs) == [] and len(report_of(runs["both"][1]).rows) == 4
    with pytest.raises(ValueError, match="no seed in common"):
        compared({"a": {0: {}}, "b": {1: {}}}, "a", "b")


def test_the_table_has_levels_and_differences(runs):
    lines = table(runs).splitlines()
    assert "| plain | 2 | 7 | 75.0 | 62.5 | 87.5 | 83.3 | 62.5 |" in lines
    assert any(line.startswith("| both − plain | all | +0.0 (+0.0 to +0.0) | +25.0 (+0.0 to +75.0)") for line in lines)


@pytest.mark.slow
def test_the_command_trains_scores_and_prints(tmp_path, capsys):
    out = tmp_path / "runs.jsonl"
    options = {"steps": 1, "batch-size": 10, "composition": 1, "family": 1, "kit": 0, "max-new-tokens": 24}
    line = ["--out", str(out), "--arms", "both", "--seeds", "1"]
    main([*line, *(str(part) for name, value in options.items() for part in (f"--{name}", value))])
    (row,) = [json.loads(line) for line in out.read_text().splitlines()]
    assert row["tokens"] > 0 and row["log"][0]["nll"] > 0 and set("".join(row["verdicts"].values())) <= {"0", "1"}
    assert "| both | 1 |" in capsys.readouterr().out and out.with_suffix(".md").exists()
