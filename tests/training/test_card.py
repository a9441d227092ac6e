"""The card of an adapter says what the run's log says, what it was trained on, and the scores that it is given."""

from dataclasses import dataclass, field

import pytest

from procure_kit.training.card import UNSCORED, about_pairs, add_scores, loss_in_words, model_card
from procure_kit.training.loss.loss import LossConfig
from procure_kit.training.training import TrainConfig, train
from tests.training.small_models import CONFIGS, example, model_of
from tests.training.test_examples import byte_tokenizer, pair


@dataclass
class Config:
    lr: float = 5e-6
    output_dir: str = "runs/secret"
    loss: LossConfig = field(default_factory=LossConfig)


def row(step: int, nll: float, queries: int) -> dict:
    return {"step": step, "nll": nll, "mask": 2.0, "attention": 0.5, "mean_mass": 0.25, "n_query": queries} | {
        "steps_without_concept": int(not queries)
    }


def test_the_card_counts_examples_steps_and_means():
    log = [row(1, 3.0, 0), row(2, 1.0, 4)]
    card = model_card(
        "base/model", Config(), [{"changed": [0, 1]}, {"changed": [0, 0]}, {"changed": [0]}], log, 12.3, None
    )
    assert "What the examples were made of was not told." in card and UNSCORED in card
    assert "base_model: base/model" in card and "3 examples: 1 with altered tokens in the response, 2 without" in card
    assert "2 optimizer steps; the last process took 12 s. In 1 steps" in card
    assert "| nll | 3.0000 | 1.0000 |" in card
    assert "| mask | 2.0000 | 2.0000 |" in card  # the step without a token of the term does not count
    assert "| lr | 5e-06 |" in card and "| loss.lam | 0.1 |" in card and "secret" not in card


def test_a_run_without_any_altered_token_says_so():
    card = model_card("base", Config(), [{"changed": [0]}], [row(1, 3.0, 0)], 1.0, None)
    assert "| attention | no token | no token |" in card


def test_a_run_tells_of_its_data_and_arm_and_later_of_its_scores(tmp_path):
    pairs = [(pair([("total", "n")]), None)] * 2 + [(pair([("<", ">")], "if_else_flip"), None)]
    about = about_pairs(pairs, "codeio", "both 0.3")
    config = TrainConfig(steps=1, batch_size=1, lora_r=2, output_dir=tmp_path, loss=LossConfig(lam=0.3, w_att=0))
    train(model_of(CONFIGS["llama"]), byte_tokenizer(), [example(9, 2, {4})], config, about=about)
    cards = [tmp_path / "README.md", tmp_path / "adapter" / "README.md"]
    for said in (
        "- set: codeio", "- arm: both 0.3", "- counterfactuals: variable_name_random 2, if_else_flip 1",
        "- written by: rules 3", "tuned with NLL + 0.3 · mask\n", UNSCORED,
    ):  # fmt: skip
        assert all(said in card.read_text() for card in cards), said
    bare = cards[0].read_text()
    add_scores(tmp_path, {"kit, 9 pairs": {"pass@1 original": (0.1, 0.0, 0.2)}})
    add_scores(tmp_path, {"humaneval, 373 pairs": {"pass@1 original": (0.5, 0.25, 0.75), "ccs_all": (0.9, 0.8, 1.0)}})
    told = cards[1].read_text()
    assert "| humaneval, 373 pairs | pass@1 original | 50.0 (25.0 to 75.0) |" in told and "95 % intervals" in told
    assert told == cards[0].read_text() and "kit, 9 pairs" not in told and UNSCORED not in told
    assert told.partition("## Scores")[0] == bare.partition("## Scores")[0]
    assert told.partition("## Parameters")[2] == bare.partition("## Parameters")[2]


def test_scores_without_a_card_are_refused(tmp_path):
    for text in (None, "# another card\n"):
        if text:
            (tmp_path / "README.md").write_text(text)
        with pytest.raises(ValueError, match="no card of procure-kit there"):
            add_scores(tmp_path, {})


@pytest.mark.parametrize(
    "loss, words",
    [
        (LossConfig(), "NLL + 0.1 · mask + 0.1 · attention"),
        (LossConfig(lam=0.5, w_mask=2, w_att=0), "NLL + 1 · mask"),
        (LossConfig(lam=0), "the plain NLL"),
        (LossConfig(w_mask=0, w_att=0), "the plain NLL"),
    ],
)
def test_the_loss_is_named_by_what_is_left_of_it(loss, words):
    assert loss_in_words(loss) == words
