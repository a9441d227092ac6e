"""Pretraining in miniature: the schedule, the packing, a run that is killed and goes on, and the log."""

import csv
import json
from dataclasses import asdict
from itertools import pairwise

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from procure_kit.training.pretraining import pretraining as script
from procure_kit.training.pretraining.loss_curve import loss_curve
from procure_kit.training.pretraining.pretraining import pretrain
from procure_kit.training.pretraining.settings import Settings, learning_rate
from procure_kit.world.corpus import library_functions, packed, texts, train_tokenizer
from procure_kit.world.habits import Habits

SMALL = Settings(steps=4, batch=2, length=64, warm_up=2, vocabulary=300, width=32, layers=2, heads=4, feed_forward=48)


@pytest.fixture(scope="module")
def tokenizer():
    return train_tokenizer(texts(0, 200, Habits()), 400)


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(script, "TOKENIZER_TEXTS", 100)
    monkeypatch.setattr(script, "LOG_EVERY", 1)


def log_of(folder) -> list[dict]:
    return list(csv.DictReader((folder / "log.csv").read_text().splitlines()))


def test_the_rate_warms_up_to_its_peak_and_falls_to_a_twentieth():
    settings = Settings(steps=200, warm_up=20, lr=1.0)
    rates = [learning_rate(step, settings) for step in range(200)]
    assert rates[0] == pytest.approx(1 / 20) and rates[19] == 1.0 == max(rates)
    assert all(after < before for before, after in pairwise(rates[20:]))
    assert rates[-1] == pytest.approx(0.05, abs=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("text", ["def f(x):\n    return x\n", "x = 'é ≠ \\t'\n\n\n        deep\n", "if a>=10:\n\tb"])
def test_the_tokenizer_gives_every_text_back(tokenizer, text):
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text


@pytest.mark.slow
def test_the_tokenizer_has_the_size_asked_for_and_reads_digits_one_by_one(tokenizer):
    assert len(tokenizer) == 400
    assert tokenizer.tokenize("1234") == list("1234")
    assert tokenizer.eos_token_id != tokenizer.pad_token_id


@pytest.mark.slow
def test_every_row_begins_with_a_program_and_is_full(tokenizer):
    programs = list(texts(0, 40, Habits()))
    rows = packed(tokenizer, iter(programs), 128)
    assert rows.shape[1] == 128 and rows.dtype == np.uint16
    starts = {tuple(tokenizer(text)["input_ids"][:8]) for text in programs}
    assert all(tuple(map(int, row[:8])) in starts for row in rows)
    assert any(tokenizer.eos_token_id in row for row in rows)


def test_library_functions_stand_between_the_programs():
    library = set(library_functions())
    assert len(library) > 200
    drawn = list(texts(0, 100, Habits()))
    assert [number for number, text in enumerate(drawn) if text in library] == [33, 67, 101]


def test_a_run_leaves_a_model_a_log_and_its_settings(tmp_path, quick):
    pretrain(tmp_path, SMALL, threads=1)
    model, tokenizer = AutoModelForCausalLM.from_pretrained(tmp_path), AutoTokenizer.from_pretrained(tmp_path)
    assert model.config.num_key_value_heads == 2 and model.config.tie_word_embeddings
    assert model.config.vocab_size == len(tokenizer) == 300
    rows = log_of(tmp_path)
    assert [int(row["step"]) for row in rows] == [1, 2, 3, 4]
    assert [int(row["tokens"]) for row in rows] == [128, 256, 384, 512]
    assert list((tmp_path / "tensorboard").glob("events*"))


def test_a_killed_run_goes_on_to_the_same_weights(tmp_path, quick, monkeypatch):
    whole = pretrain(tmp_path / "whole", SMALL, threads=1)

    def killed(step: int, settings: Settings) -> float:
        if step == 3:
            raise KeyboardInterrupt
        return learning_rate(step, settings)

    with monkeypatch.context() as patched:
        patched.setattr(script, "learning_rate", killed)
        with pytest.raises(KeyboardInterrupt):
            pretrain(tmp_path / "killed", SMALL, every=2, threads=1)
    resumed = pretrain(tmp_path / "killed", SMALL, every=2, threads=1)
    for before, after in zip(whole.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(before, after)
    assert [int(row["step"]) for row in log_of(tmp_path / "killed")] == [1, 2, 3, 4]


def test_a_folder_with_another_run_is_refused(tmp_path):
    (tmp_path / "settings.json").write_text(json.dumps(asdict(SMALL)))
    with pytest.raises(ValueError, match="holds a run with other settings"):
        pretrain(tmp_path, Settings(steps=5), threads=1)


def test_the_loss_curve_is_a_picture_of_the_log():
    svg = loss_curve([(0, 6.0), (500_000, 3.0), (1_000_000, 2.0)])
    assert svg.startswith("<svg") and svg.endswith("</svg>\n")
    points = svg.split('points="')[1].split('"')[0].split()
    across, down = zip(*(map(float, point.split(",")) for point in points), strict=True)
    assert across == tuple(sorted(across)) and down == tuple(sorted(down))


@pytest.mark.slow
def test_a_share_of_the_programs_is_rewritten_and_the_seed_says_which():
    programs = list(texts(0, 200, Habits()))
    assert list(script.rewritten(programs, 0.0, seed=0)) == programs
    rewritten = list(script.rewritten(programs, 0.3, seed=0))
    assert rewritten == list(script.rewritten(programs, 0.3, seed=0)) != list(script.rewritten(programs, 0.3, seed=1))
    changed = sum(a != b for a, b in zip(programs, rewritten, strict=True))
    assert 0.2 < changed / len(programs) < 0.4
    assert all(compile(text, "text", "exec") for text in rewritten)


def test_an_inner_function_that_does_not_compile_by_itself_stays_as_it_is():
    alone = "def info():\n    nonlocal hits\n    hits += 1\n    return hits\n"
    assert list(script.rewritten([alone], 1.0, seed=0)) == [alone]
