"""Runs resume; results are paired over problems and seeds."""

import json
from dataclasses import asdict, replace

import pytest

from procure_kit.experiments import runs as experiments
from procure_kit.experiments.arms import Recipe
from procure_kit.experiments.results import compared, contrasts, datasets, load_runs, report_of, table
from procure_kit.experiments.runs import main, run_all

SMALL = Recipe(steps=2, batch_size=10, composition=1, family=1, kit=0, max_new_tokens=40)


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
    assert found["pass@1 original"][0] == 0 and found["whole function"][0] == pytest.approx(-1 / 8)
    assert compared(runs, "both", "plain")["pass@1 counterfactual"][0] == pytest.approx(1 / 4)
    assert contrasts(runs) == [("plain", "untuned"), ("both", "untuned"), ("both", "plain")]
    assert datasets(runs) == [] and len(report_of(runs["both"][1]).rows) == 4
    with pytest.raises(ValueError, match="no seed in common"):
        compared({"a": {0: {}}, "b": {1: {}}}, "a", "b")


def test_the_table_has_levels_and_differences(runs):
    lines = table(runs).splitlines()
    assert "| plain | 2 | 7 | 75.0 | 62.5 | 87.5 | 83.3 | 62.5 |" in lines
    assert any(line.startswith("| both − plain | all | +0.0 (–) | +25.0 (–)") for line in lines)


@pytest.mark.slow
def test_the_command_trains_scores_and_prints(tmp_path, capsys):
    out = tmp_path / "runs.jsonl"
    options = {"steps": 1, "batch-size": 10, "composition": 1, "family": 1, "kit": 0, "max-new-tokens": 24}
    line = ["--out", str(out), "--arms", "both", "--seeds", "1"]
    main([*line, *(str(part) for name, value in options.items() for part in (f"--{name}", value))])
    (row,) = [json.loads(line) for line in out.read_text().splitlines()]
    assert row["tokens"] > 0 and row["log"][0]["nll"] > 0 and set("".join(row["verdicts"].values())) <= {"0", "1"}
    assert "| both | 1 |" in capsys.readouterr().out and out.with_suffix(".md").exists()
