"""The command: rows a point, runs that go on, controls when they are there, and recipes kept apart."""

import json
import os
from dataclasses import replace

import pytest

from procure_kit.experiments.curves import runs
from procure_kit.experiments.curves.arms import Recipe
from procure_kit.experiments.curves.scoring import MEASURES, score
from procure_kit.training.models import load_model

SMALL = replace(Recipe(), rows=4, replay=0, composition=2, family=2)


@pytest.fixture
def scored_quickly(monkeypatch):
    monkeypatch.setattr(runs, "score", lambda *args: {"verdicts": {}})
    monkeypatch.setattr(runs, "POINTS", (2000, 4000))


def rows_of(path) -> list[tuple]:
    return [(row["arm"], row["seed"], row["point"]) for row in map(json.loads, path.read_text().splitlines())]


@pytest.mark.slow
def test_each_point_is_a_row_once_and_a_longer_call_adds_the_points_that_lack(tmp_path, scored_quickly):
    out = tmp_path / "rows.jsonl"
    runs.run_all(["untuned", "plain"], [0], SMALL, 2000, out, tmp_path)
    assert rows_of(out) == [("untuned", 0, 0), ("plain", 0, 2000)]
    runs.run_all(["untuned", "plain"], [0], SMALL, 2000, out, tmp_path)
    runs.run_all(["untuned", "plain"], [0], SMALL, 5000, out, tmp_path)
    assert rows_of(out) == [("untuned", 0, 0), ("plain", 0, 2000), ("plain", 0, 4000)]
    with pytest.raises(ValueError, match="rows.jsonl holds runs of another recipe: .*name a new file"):
        runs.run_all(["untuned", "plain"], [0], replace(SMALL, lr=1.0), 2000, out, tmp_path)


@pytest.mark.slow
def test_a_run_whose_state_is_lost_is_trained_anew_and_scored_where_no_row_is(tmp_path, scored_quickly):
    out = tmp_path / "rows.jsonl"
    runs.run_all(["untuned", "plain"], [0], SMALL, 2000, out, tmp_path / "lost")
    runs.run_all(["untuned", "plain"], [0], SMALL, 4000, out, tmp_path / "anew")
    assert rows_of(out) == [("untuned", 0, 0), ("plain", 0, 2000), ("plain", 0, 4000)]


def test_the_untuned_model_is_left_out_where_nobody_asks_for_it(tmp_path, scored_quickly):
    runs.run_all(["plain"], [0], SMALL, 2000, tmp_path / "rows.jsonl", tmp_path)
    assert rows_of(tmp_path / "rows.jsonl") == [("plain", 0, 2000)]


def test_a_control_is_scored_once_its_pretraining_is_done(tmp_path, scored_quickly):
    out, folder = tmp_path / "rows.jsonl", tmp_path / "control_neutral"
    model, tokenizer = load_model("tiny")
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    runs.run_all(["untuned"], [0, 1], SMALL, 2000, out, tmp_path)
    assert rows_of(out) == [("untuned", 0, 0)]
    (folder / "loss.svg").touch()
    for _ in range(2):
        runs.run_all(["untuned"], [0, 1], SMALL, 2000, out, tmp_path)
    assert rows_of(out) == [("untuned", 0, 0), ("control neutral", 0, 0)]


@pytest.mark.parametrize("own", [None, "0"])
def test_several_workers_leave_the_callers_bars_as_they_were(tmp_path, monkeypatch, own):
    monkeypatch.delenv("TQDM_DISABLE", raising=False) if own is None else monkeypatch.setenv("TQDM_DISABLE", own)
    runs.run_all([], [0], SMALL, 2000, tmp_path / "rows.jsonl", tmp_path, workers=2)
    assert os.environ.get("TQDM_DISABLE") == own


def test_an_unknown_arm_is_named_before_anything_is_trained(tmp_path, capsys):
    with pytest.raises(SystemExit):
        runs.main(["--arms", "plane", "--out", str(tmp_path / "rows.jsonl")])
    assert "no arm 'plane'" in capsys.readouterr().err and not list(tmp_path.iterdir())


def test_arms_on_what_nobody_has_written_yet_are_refused_before_anything_is_trained(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(runs, "WRITTEN", tmp_path / "written.jsonl")
    with pytest.raises(SystemExit):
        runs.main(["--arms", "writers", "--out", str(tmp_path / "rows.jsonl")])
    assert "curves.written makes it" in capsys.readouterr().err and not list(tmp_path.iterdir())


@pytest.mark.slow
def test_an_error_in_one_run_leaves_the_others_waiting_undone(tmp_path):
    """An arm that nobody can tune is refused by the command; here it stands for whatever breaks a run."""
    out = tmp_path / "rows.jsonl"
    with pytest.raises(ValueError, match="no arm 'broken'"):
        runs.run_all(["broken", "plain"], range(3), SMALL, 2000, out, tmp_path, workers=2)
    assert not (tmp_path / "plain_2").exists()


@pytest.mark.slow
def test_a_score_holds_a_digit_a_pair_and_every_measure():
    row = score(*load_model("tiny"), SMALL)
    assert (
        len(row["verdicts"]["original"]) == len(row["verdicts"]["counterfactual"]) > len(row["verdicts"]["whole"]) == 4
    )
    assert set("".join(row["verdicts"].values())) <= {"0", "1"}
    found = {name for cells in row["measures"].values() for name in cells}
    assert found == {*MEASURES, "mass"}
    for cells in row["measures"].values():
        assert 0 < cells["mass"][0] / cells["mass"][1] < 1


def test_weights_are_found_by_arm_seed_and_point(tmp_path):
    for name in ("mask_uses_0/100", "mask_uses_3/100", "mask_uses_3/300", "mask_0/100"):
        (tmp_path / name).mkdir(parents=True)
    uses = [("mask uses", n, str(tmp_path / f"mask_uses_{n}/100")) for n in (0, 3)]
    assert runs.kept_models(["untuned", "mask uses"], 100, tmp_path) == [("untuned", 0, "tiny"), *uses]
    assert runs.kept_models(["mask"], 100, tmp_path) == [("mask", 0, str(tmp_path / "mask_0/100"))]
    with pytest.raises(ValueError, match="no weights of 'mask' at 300 tokens"):
        runs.kept_models(["mask"], 300, tmp_path)
