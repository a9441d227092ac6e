"""Runs go on where they stopped, the untuned model first; and the whole of it, small."""

import json
import signal
import time
from dataclasses import asdict

import pytest
import torch

from procure_kit.experiments.smollm2 import runs
from procure_kit.experiments.smollm2.__main__ import main, until
from procure_kit.experiments.smollm2.recipe import DRY, Recipe
from procure_kit.experiments.smollm2.runs import card_scores, run_all, unpacked
from procure_kit.training.card import add_scores
from procure_kit.training.config import fast_bf16
from procure_kit.training.models import load_model


@pytest.fixture
def ran(monkeypatch):
    """The runs that were made, of which the fourth is stopped."""
    made = []

    def run_one(name, seed, recipe, rows, device, folder):
        if len(made) == 3:
            raise KeyboardInterrupt
        made.append((name, seed))
        (folder / "training" / "checkpoint-25").mkdir(parents=True, exist_ok=True)
        return {"rows": "" if name == "untuned" else "chosen", "verdicts": {}}

    monkeypatch.setattr(runs, "run_one", run_one)
    return made


def test_a_stopped_grid_goes_on_with_the_untuned_model_first(ran, tmp_path):
    rows, out = tmp_path / "rows.jsonl", tmp_path / "out.jsonl"
    rows.write_text("{}\n")
    arguments = ["plain", "untuned", "both"], range(2), Recipe(), [rows], "cpu", tmp_path / "work"
    with pytest.raises(KeyboardInterrupt):
        run_all(out, *arguments)
    assert ran == [("untuned", 0), ("plain", 0), ("both", 0)]
    ran.clear()
    (tmp_path / "out_rows.jsonl").write_text('{"digest": "chosen"}\n')  # what a run notes of its rows
    run_all(out, *arguments)
    assert ran == [("plain", 1), ("both", 1)]
    assert not list(tmp_path.rglob("checkpoint-*"))  # a finished run keeps its adapter alone
    first = json.loads(out.read_text().splitlines()[0])
    assert first["arm"] == "untuned" and first["recipe"]["pairs"] == Recipe().pairs


def test_a_card_has_the_scores_of_each_set_by_pairs_and_whole_functions():
    found = card_scores(
        {"kit/0 if_else_flip": "10", "kit/1 if_else_flip": "11", "kit/0 whole": "0", "Human/0 whole": "1"}
    )
    assert found["kit, 2 pairs, greedy"]["ccs_all"][0] == 0.5
    assert found["Human, 1 whole functions, greedy"]["pass@1 original"][0] == 1.0


def test_runs_that_do_not_compare_are_refused(ran, tmp_path):
    rows, out = tmp_path / "rows.jsonl", tmp_path / "out.jsonl"
    rows.write_text("{}\n")
    run_all(out, ["untuned"], range(1), Recipe(), [rows], "cpu", tmp_path)
    with pytest.raises(ValueError, match="holds runs with other recipe"):
        run_all(out, ["untuned"], range(1), Recipe(lr=1.0), [rows], "cpu", tmp_path)
    out.unlink()
    with pytest.raises(ValueError, match="holds a run with other settings .*recipe is"):  # what lies there is no part
        run_all(out, ["untuned"], range(1), Recipe(lr=1.0), [rows], "cpu", tmp_path)


def test_a_run_on_rows_that_nobody_knows_is_refused(ran, tmp_path):
    """Its programs are those of the note beside the results, or what others read in its place does not compare."""
    rows, out = tmp_path / "rows.jsonl", tmp_path / "out.jsonl"
    rows.write_text("{}\n")
    arguments = ["untuned", "plain"], range(1), Recipe(), [rows], "cpu", tmp_path / "work"
    run_all(out, *arguments)
    with pytest.raises(ValueError, match="holds a run .plain, seed 0. with other rows than .*out_rows.jsonl names"):
        run_all(out, *arguments)
    (tmp_path / "out_rows.jsonl").write_text('{"digest": "chosen"}\n')
    run_all(out, *arguments)
    assert ran == [("untuned", 0), ("plain", 0)]


@pytest.mark.parametrize(
    "line, said",
    [
        ([], "give --rows"),
        (["--rows", __file__, "--dry"], "give --rows"),
        (["--dry", "--arms", "nothing"], "no arm 'nothing': use untuned, originals, plain, mask"),
        (["--dry", "--arms", "kl"], "arm 'kl' needs the loop of experiments/curves"),
        (["--rows", "not_there.jsonl"], "not_there.jsonl"),
        (["--rows", __file__, "--minutes", "0"], "--minutes must be above 0"),
        (["--rows", __file__, "--pairs", "3"], "--pairs at least 4"),
        (["--seeds", "0", "--out", "not_there.jsonl"], "not_there.jsonl"),
    ],
)
def test_a_bad_command_line_is_told_before_anything_loads(line, said, capsys):
    with pytest.raises(SystemExit):
        main(line)
    assert said in capsys.readouterr().err


def test_another_model_is_tuned_by_the_same_recipe(tmp_path, monkeypatch):
    given = []
    monkeypatch.setattr("procure_kit.experiments.smollm2.__main__.run_all", lambda *call: given.append(call))
    with pytest.raises(SystemExit):  # where nothing ran there is no page to write
        main(["--rows", __file__, "--model", "some/model", "--out", str(tmp_path / "other.jsonl")])
    assert given[0][3] == Recipe(model="some/model") and Recipe().model == "smollm2"


def test_time_that_is_up_is_a_ctrl_c_even_where_that_is_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with pytest.raises(KeyboardInterrupt), until(0.0):
            while True:
                time.sleep(0.01)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.slow
def test_what_is_scored_is_what_was_trained():
    """Weights unpacked from 4 bits say what the packed ones say, in 16 bits where those are fast."""
    packed, tokenizer = load_model("tiny", four_bit=True, device="cpu")
    model, _ = unpacked(DRY, "cpu", None)
    fast = fast_bf16(model.device)
    ids = tokenizer("def f(xs):\n    total = 0\n", return_tensors="pt")["input_ids"]
    with torch.inference_mode():
        ours, packed_ones = (one(ids).logits.float() for one in (model, packed))
    assert (ours - packed_ones).norm() / packed_ones.norm() < (0.02 if fast else 1e-3)
    assert all(parameter.dtype == (torch.bfloat16 if fast else torch.float32) for parameter in model.parameters())


@pytest.mark.slow
def test_a_dry_run_tunes_scores_and_writes_a_page_and_goes_on(tmp_path, capsys, monkeypatch):
    out, cards = tmp_path / "dry.jsonl", []

    def scored_card(folder, scores):
        add_scores(folder, scores)
        cards.append((folder / "README.md").read_text())

    monkeypatch.setattr(runs, "add_scores", scored_card)
    line = ["--dry", "--device", "cpu", "--seeds", "1", "--out", str(out)]
    main([*line, "--arms", "untuned", "both"])
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert [row["arm"] for row in rows] == ["untuned", "both"] and rows[0]["recipe"] == json.loads(
        json.dumps(asdict(DRY))
    )
    assert rows[1]["tokens"] > 0 and rows[1]["log"][-1]["mask"] > 0 and sum(rows[1]["concepts"].values()) == DRY.pairs
    assert rows[0]["verdicts"].keys() == rows[1]["verdicts"].keys()
    assert all(set(verdict) <= {"0", "1"} for verdict in rows[1]["verdicts"].values())
    assert rows[0]["likelihoods"] != rows[1]["likelihoods"]
    (card,) = cards
    assert "- set: world\n- arm: both\n- counterfactuals: " in card
    assert "| humaneval, " in card.lower() and " whole functions, greedy | pass@1 original | " in card
    assert "## Planned comparisons" in out.with_suffix(".md").read_text()
    with pytest.raises(SystemExit):
        main([*line, "--whole-weights", "--arms", "both"])
    assert "holds runs with other recipe" in capsys.readouterr().err
