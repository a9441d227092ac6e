"""`procure train`: what a run's file may hold, and a whole run from rows to adapter."""

import argparse
import json
import re
from dataclasses import replace
from types import SimpleNamespace

import pytest

from procure_kit.commands.train import add_arguments, read_run, run, training_pairs
from procure_kit.problems.rows import append_row
from procure_kit.views.live import LiveCurves
from tests.training.small_models import CONFIGS, model_of
from tests.training.test_examples import PROBLEM, RENAMED, byte_tokenizer

MINIMAL = 'model = "smollm2"\nrows = "pairs.jsonl"\n'


@pytest.mark.parametrize(
    "name, text",
    [
        ("run.toml", MINIMAL + "[loss]\nlam = 0.5\n"),
        ("run.json", '{"model": "smollm2", "rows": "pairs.jsonl", "loss": {"lam": 0.5}}'),
    ],
)
def test_a_file_is_toml_or_json(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text)
    job = read_run(path)
    assert (job.model, job.rows, job.loss, job.template) == ("smollm2", "pairs.jsonl", {"lam": 0.5}, None)


@pytest.mark.parametrize(
    "text, message",
    [
        ('model = "smollm2"\n', "run.toml: field 'rows' is missing"),
        (MINIMAL + "modle = 1\n", "run.toml: no field 'modle'; known: model, rows, problems, four_bit"),
        (MINIMAL + "[train]\nlearning_rate = 1\n", r"\[train\]: no field 'learning_rate'; known: epochs, lr"),
        (MINIMAL + "[loss]\nlambda = 1\n", r"\[loss\]: no field 'lambda'; known: lam, w_mask"),
        (MINIMAL + 'ablation = "none"\n', "run.toml: no ablation 'none'; known: nll, mask, attention, both"),
        (MINIMAL + 'originals = "false"\n', "run.toml: originals must be true or false, not 'false'"),
        (MINIMAL + '[train]\nlr = "1e-3"\n', r"run.toml \[train\]: lr must be a number, not '1e-3'"),
        (MINIMAL + '[train]\nsteps = "2"\n', r"\[train\]: steps must be a whole number, not '2'"),
        (MINIMAL + "[train]\nsteps = 0\n", r"\[train\]: steps must lie between 1 and 1e\+09, not 0"),
        (MINIMAL + "[train]\nsteps = 2.5\n", "steps must be a whole number"),
        (MINIMAL + "[train]\nbatch_size = true\n", "batch_size must be a whole number, not True"),
        (MINIMAL + "[train]\ngradient_accumulation = 0\n", "gradient_accumulation must lie between 1"),
        (MINIMAL + "[train]\nlr = nan\n", "lr must be a number"),
        (MINIMAL + "[train]\nlr = -1\n", "lr must lie between"),
        (MINIMAL + "[train]\nlora_dropout = 1.0\n", "lora_dropout must lie between 0 and"),
        (MINIMAL + "[train]\nlora_targets = []\n", "lora_targets names no module"),
        (MINIMAL + "[train]\nlora_targets = [1]\n", r"lora_targets must be text or a list, not \(1,\)"),
        (MINIMAL + '[train]\noptimizer = "adam"\n', "optimizer must be one of adamw_torch,"),
        (MINIMAL + '[train]\nimplementation = "flash"\n', "implementation must be one of fused, eager, not 'flash'"),
        (MINIMAL + '[loss]\nlam = "0.1"\n', r"\[loss\]: lam must be a number, not '0.1'"),
        (MINIMAL + "[loss]\nlayers = 1\n", r"\[loss\]: layers must be a list of whole numbers, not 1"),
        (MINIMAL + "[loss]\nform = 1\n", "form must be text"),
        ('model = 5\nrows = "x"\n', "run.toml: model must be text, not 5"),
        (MINIMAL + "train = 5\n", "run.toml: train must be a table, not 5"),
        (MINIMAL + "max_length = 0\n", "max_length must be at least 1"),
        (MINIMAL + 'targets = "some"\n', "targets must be one of all, uses, not 'some'"),
        (MINIMAL + 'template = "letter"\n', "no template 'letter'"),
        (MINIMAL + "[loss]\nlam = -1\n", "lam must be a number from 0 up"),
        ("model = smollm2\n", "run.toml cannot be read: .*line 1"),
    ],
)
def test_a_wrong_file_is_refused_before_anything_is_loaded(tmp_path, text, message):
    path = tmp_path / "run.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        run(arguments(path))


@pytest.mark.parametrize(
    "words, message",
    [
        (["-p", "train", "x"], "train must be a table, not 'x'"),
        (["-p", "model.name", "x"], "field 'model' must be a table, for model.name to lie in it"),
        (["-p", "train.steps", "none", "-p", "train.lr", "fast"], "lr must be a number"),
        (["--each", "ablation"], "--each ablation needs at least one value"),
        (["--each", "loss.lam", "0.1", "high"], "lam must be a number, not 'high'"),
    ],
)
def test_a_wrong_word_on_the_command_line_is_refused_the_same_way(tmp_path, words, message):
    path = tmp_path / "run.toml"
    path.write_text(MINIMAL)
    with pytest.raises(ValueError, match=message):
        run(arguments(path, *words))
    (tmp_path / "list.json").write_text("[1]")
    with pytest.raises(ValueError, match="list.json must hold an object"):
        run(arguments(tmp_path / "list.json"))


def arguments(*words):
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args([str(word) for word in words])


def run_file(tmp_path, statuses):
    model_of(CONFIGS["llama"].__class__(**CONFIGS["llama"].to_dict() | {"vocab_size": 400})).save_pretrained(
        tmp_path / "model"
    )
    byte_tokenizer().save_pretrained(tmp_path / "model")
    for status in statuses:
        append_row(tmp_path / "pairs.jsonl", RENAMED.to_row() | {"status": status})
    append_row(tmp_path / "problems.jsonl", PROBLEM.to_row())
    job = {
        "model": str(tmp_path / "model"),
        "rows": str(tmp_path / "pairs.jsonl"),
        "problems": str(tmp_path / "problems.jsonl"),
        "device": "cpu",
        "template": "instruct",
        "train": {
            "steps": 2,
            "batch_size": 2,
            "output_dir": str(tmp_path / "out"),
            "lora_targets": ["q_proj", "v_proj"],
        },
        "loss": {"layers": [0, -1], "form": "log"},
    }
    (tmp_path / "run.json").write_text(json.dumps(job))
    return arguments(tmp_path / "run.json")


def test_a_run_trains_on_the_valid_rows_and_leaves_an_adapter(tmp_path, capsys):
    assert run(run_file(tmp_path, ["valid", "tests_fail", "valid"])) == 0
    out = capsys.readouterr().out
    assert "2 of 3 rows are valid" in out and "examples 4" in out
    adapter = json.loads((tmp_path / "out" / "adapter" / "adapter_config.json").read_text())
    assert sorted(adapter["target_modules"]) == ["q_proj", "v_proj"]


@pytest.mark.parametrize("name, value", [("max_length", 512), ("originals", False), ("template", "plain")])
def test_another_run_in_its_folder_is_refused_before_a_model_is_loaded(tmp_path, name, value, monkeypatch):
    words = run_file(tmp_path, ["valid"])
    (tmp_path / "out").mkdir()
    monkeypatch.setattr("procure_kit.training.models.load_model", None)
    with pytest.raises(TypeError):  # the run's notes are there; its model cannot be loaded
        run(words)
    job = json.loads((tmp_path / "run.json").read_text())
    (tmp_path / "run.json").write_text(json.dumps(job | {name: value}))
    with pytest.raises(ValueError, match=f"holds a run with other settings \\({name} is "):
        run(words)
    (tmp_path / "run.json").write_text(json.dumps(job))
    append_row(tmp_path / "pairs.jsonl", RENAMED.to_row() | {"status": "valid"})
    with pytest.raises(ValueError, match="other settings .rows' text is"):
        run(words)


def test_rows_of_a_set_with_inputs_are_trained_on(tmp_path, capsys):
    job = read_run(run_file(tmp_path, ["valid_on_inputs", "tests_too_weak", "valid"]).config)
    assert len(training_pairs(job)) == 2 and "2 of 3 rows are valid" in capsys.readouterr().out


def test_a_set_in_place_of_rows_or_without_code_says_what_to_do(tmp_path):
    job = read_run(run_file(tmp_path, ["valid"]).config)
    with pytest.raises(
        ValueError, match="not the problem set 'codeio': `procure perturb codeio -o FILE`, then `procure v"
    ):
        training_pairs(replace(job, rows="codeio"))
    bare = tmp_path / "bare.jsonl"
    append_row(bare, PROBLEM.to_row() | {"canonical_solution": ""})
    with pytest.raises(ValueError, match="bare.jsonl has no reference code that rows could be made of"):
        training_pairs(replace(job, problems=str(bare)))


def test_problems_of_other_rows_are_refused_and_of_some_counted(tmp_path, capsys):
    job = read_run(run_file(tmp_path, ["valid"]).config)
    other = tmp_path / "other.jsonl"
    append_row(other, PROBLEM.to_row() | {"task_id": "other/0"})
    with pytest.raises(ValueError, match="1 of 1 valid rows have no problem in .*other.jsonl, .* the first: name"):
        training_pairs(replace(job, problems=str(other)))
    append_row(tmp_path / "pairs.jsonl", RENAMED.to_row() | {"status": "valid", "task_id": "other/0"})
    capsys.readouterr()
    assert [problem and problem.task_id for _, problem in training_pairs(job)] == [PROBLEM.task_id, None]
    assert "1 of 2 valid rows have no problem in" in capsys.readouterr().out


def test_a_file_with_a_byte_order_mark_is_read_and_of_another_encoding_named(tmp_path):
    path = tmp_path / "run.toml"
    path.write_text(MINIMAL, encoding="utf-8-sig")
    assert read_run(path).model == "smollm2"
    path.write_text(MINIMAL, encoding="utf-16")
    with pytest.raises(ValueError, match="run.toml cannot be read: .*utf-8"):
        read_run(path)


def test_rows_that_nobody_validated_are_refused(tmp_path):
    with pytest.raises(ValueError, match='none of the 2 rows has status "valid": run `procure validate` first'):
        run(run_file(tmp_path, ["", "tests_fail"]))


@pytest.mark.slow
def test_a_sweep_is_one_file_and_a_folder_for_each_mix(tmp_path, capsys):
    run_file(tmp_path, ["valid"])
    words = ["-p", "train.steps", "1", "--each", "ablation", "nll", "both", "--each", "loss.lam", "0.1", "1"]
    assert run(arguments(tmp_path / "run.json", *words)) == 0
    folders = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert folders == [f"ablation={name},loss.lam={lam}" for name in ("both", "nll") for lam in ("0.1", "1")]
    weights = {}
    for folder in folders:
        settings = json.loads((tmp_path / "out" / folder / "train_config.json").read_text())
        assert settings["steps"] == 1
        weights[folder] = (settings["loss"]["lam"], settings["loss"]["w_mask"], settings["loss"]["w_att"])
    assert weights["ablation=nll,loss.lam=1"] == (1, 0, 0) and weights["ablation=both,loss.lam=0.1"] == (0.1, 1, 1)


def test_a_kept_run_leaves_its_card_and_events_for_tensorboard(tmp_path):
    run(run_file(tmp_path, ["valid", "valid"]))
    card = (tmp_path / "out" / "README.md").read_text()
    assert "2 optimizer steps" in card and "| loss.form | log |" in card and "| lora_targets | (" in card
    assert str(tmp_path) not in card and re.search(r"^- set: .*jsonl$", card, re.M) and "- written by: " in card
    assert list((tmp_path / "out" / "tensorboard").glob("events.out.tfevents.*"))


def test_curves_grow_with_the_log():
    curves = LiveCurves()
    state = SimpleNamespace(global_step=3)
    terms = {"nll": 2.0, "mask": 1.0, "attention": 0.9, "mean_mass": 0.1, "n_query": 4}
    curves.on_log(None, state, None, logs=terms)
    curves.on_log(None, state, None, logs={"train_runtime": 1.0})
    assert {trace.name: (list(trace.x), list(trace.y)) for trace in curves.figure.data} == {
        name: ([3], [terms[name]]) for name in ("nll", "mask", "attention", "mean_mass")
    }
