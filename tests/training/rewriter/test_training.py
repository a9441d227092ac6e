"""The rewriter's examples have their loss on the answer alone; a run of the command ends in an adapter that ships."""

import json
import re
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file

from procure_kit.training.adapters import put_on
from procure_kit.training.models import load_model
from procure_kit.training.rewriter import __main__ as command
from procure_kit.training.rewriter import training
from procure_kit.training.rewriter.adapter import BASE_ID
from procure_kit.training.rewriter.training import LONGEST, RECIPE, about_rows, to_examples

ROWS = [
    {"set": "kit", "concept": "if_else_flip", "mode": "strict", "question": f"x = {n}\n" * 3, "answer": f"{n}: y"}
    for n in range(9)
]


@pytest.fixture
def tiny(monkeypatch):
    model, tokenizer = load_model("tiny")
    monkeypatch.setattr(training, "STOP", tokenizer.eos_token)
    return model, tokenizer


def test_the_loss_is_on_the_answer_and_the_stop_mark(tiny):
    _, tokenizer = tiny
    (example,) = to_examples(ROWS[3:4], tokenizer)
    learnt = [label for label in example["labels"] if label != -100]
    assert example["input_ids"][-len(learnt) :] == learnt
    assert tokenizer.decode(learnt) == "3: y" + tokenizer.eos_token
    assert len({len(values) for values in example.values()}) == 1 and not any(example["changed"])


def test_long_rows_are_left_out(tiny):
    _, tokenizer = tiny
    long = ROWS[0] | {"question": "x = 1\n" * LONGEST}
    assert len(to_examples([*ROWS, long], tokenizer)) == len(ROWS)


def test_the_lowest_layers_have_no_adapter():
    places = [f"model.layers.{n}.mlp.up_proj" for n in range(30)]
    assert [n for n, place in enumerate(places) if re.fullmatch(training.TARGETS, place)] == list(range(8, 30))


def test_the_card_counts_the_rows():
    told = about_rows(ROWS)
    assert told["sets"] == "kit 9" and told["concepts"] == "if_else_flip 9"


@pytest.mark.slow
def test_the_command_leaves_an_adapter_in_16_bits_with_a_card_and_no_path(tiny, tmp_path, monkeypatch, capsys):
    asked = []

    def load(name, **options):
        asked.append((name, options))
        return load_model("tiny")  # a fresh one: what was trained is not trained again

    monkeypatch.setattr(command, "load_model", load)
    monkeypatch.setattr(command, "RECIPE", replace(RECIPE, lora_targets="all-linear", lora_r=2))
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    line = ["--out", str(tmp_path / "run"), "--to", str(tmp_path / "to"), "--steps"]
    command.main([*line, "2"])
    assert asked == [("smollm2", {"four_bit": True, "device": "cpu"})]
    assert {tensor.dtype for tensor in load_file(tmp_path / "to" / "adapter_model.safetensors").values()} == {
        torch.float16
    }
    texts = {path.name: path.read_text() for path in (tmp_path / "to").iterdir() if path.suffix in (".md", ".json")}
    assert sorted(texts) == ["README.md", "adapter_config.json", "base.json"]
    assert not any(str(tmp_path) in text or str(command.DATA) in text for text in texts.values())
    assert f"base_model: {BASE_ID}\nlicense: apache-2.0" in texts["README.md"]
    assert "data/results/generators.md" in texts["README.md"] and "if_else_flip 9" in texts["README.md"]
    put_on(load_model("tiny")[0], tmp_path / "to")  # refuses one that does not fit
    with pytest.raises(SystemExit):
        command.main([*line, "3"])
    (*_, said) = capsys.readouterr().err.splitlines()
    assert "error: " in said and "holds a run with other settings (steps is 2 there, 3 here" in said
