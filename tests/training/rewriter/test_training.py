"""LoRA on edits: rate, batches, the loss on the answer alone, and a run that goes on where it stopped."""

from dataclasses import replace

import pytest
import torch
from torch.nn.functional import cross_entropy

from procure_kit.training.rewriter import training
from procure_kit.training.rewriter.training import Plan, answer_loss, batches, encode, train
from tests.training.small_models import CONFIGS, model_of

PLAN = Plan(steps=6, batch_size=2, rank=2, first_layer=1, warmup=2, longest=20)
ROWS = [{"question": "abc" * (1 + n % 3), "answer": "de" * (1 + n % 2)} for n in range(9)]


class Letters:
    """A tokenizer whose tokens are letters."""

    def __call__(self, text, add_special_tokens):
        return type("Encoded", (), {"input_ids": [3 + ord(letter) % 50 for letter in text]})

    def convert_tokens_to_ids(self, token):
        return 2


@pytest.fixture
def small(monkeypatch):
    """A random Llama of three layers in place of SmolLM2."""

    def from_pretrained(folder, dtype):
        return model_of(CONFIGS["llama"])

    monkeypatch.setattr(training, "smollm2_folder", lambda: None)
    monkeypatch.setattr(training.AutoTokenizer, "from_pretrained", lambda folder: Letters())
    monkeypatch.setattr(training.AutoModelForCausalLM, "from_pretrained", from_pretrained)


def test_the_rate_rises_stays_and_falls_to_nothing():
    plan = Plan(steps=100, warmup=10, falling=0.4, lr=1.0)
    assert [plan.rate(step) for step in (0, 9, 59, 80)] == pytest.approx([0.1, 1, 1, 0.5])
    assert 0 < plan.rate(99) <= 0.025


def test_batches_hold_each_example_once_an_epoch_and_a_longer_run_begins_alike():
    examples = encode(ROWS, Letters(), 20)
    made = batches(examples, PLAN)
    assert len(made) == 6 and sorted(sum(made[:4], [])) == sorted(set(sum(made[:4], [])))
    assert batches(examples, Plan(steps=9, batch_size=2))[:6] == batches(examples, Plan(steps=6, batch_size=2))


def test_long_rows_are_left_out():
    assert len(encode(ROWS, Letters(), 8)) < len(ROWS) == len(encode(ROWS, Letters(), 20))


def test_the_loss_is_on_the_answers_alone_and_padding_changes_nothing(small):
    model = training.fresh_model(PLAN).eval()
    batch = [([5, 6, 7, 8, 2], 2), ([9, 10, 2], 1)]
    terms = []
    for ids, asked in batch:
        logits = model(input_ids=torch.tensor([ids])).logits[0]
        terms += cross_entropy(logits[asked - 1 : -1], torch.tensor(ids[asked:]), reduction="none").tolist()
    assert answer_loss(model, batch).item() == pytest.approx(sum(terms) / len(terms), rel=1e-4)
    assert all("layers.0." not in name for name, p in model.named_parameters() if p.requires_grad)


def test_a_stopped_run_goes_on_to_the_same_weights(small, tmp_path):
    parts = tmp_path / "parts"
    parts.mkdir()
    whole, log = train(ROWS, PLAN, tmp_path, every=2)
    assert train(ROWS, PLAN, parts, every=2, minutes=0)[1] == []
    calls = iter([0.0, *[0.0] * 3, 1e9])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training.time, "monotonic", lambda: next(calls, 1e9))
        _, part = train(ROWS, PLAN, parts, every=2, minutes=1)
    assert 0 < len(part) < 6
    again, second = train(ROWS, PLAN, parts, every=2)
    assert [row["loss"] for row in second] == pytest.approx([row["loss"] for row in log])
    for (name, one), (_, other) in zip(whole.named_parameters(), again.named_parameters(), strict=True):
        assert torch.allclose(one, other, atol=1e-6), name


def test_a_checkpoint_of_another_plan_is_refused(small, tmp_path):
    train(ROWS, PLAN, tmp_path, every=2)
    with pytest.raises(ValueError, match=r"checkpoint.pt is of a run with another rank: choose another --out"):
        train(ROWS, replace(PLAN, rank=4), tmp_path)
