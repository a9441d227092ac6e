"""The card of an adapter says what the run's log says."""

from dataclasses import dataclass, field

from procure_kit.training.card import model_card


@dataclass
class Loss:
    lam: float = 0.1


@dataclass
class Config:
    lr: float = 5e-6
    output_dir: str = "runs/secret"
    loss: Loss = field(default_factory=Loss)


def row(step: int, nll: float, queries: int) -> dict:
    return {"step": step, "nll": nll, "mask": 2.0, "attention": 0.5, "mean_mass": 0.25, "n_query": queries} | {
        "steps_without_concept": int(not queries)
    }


def test_the_card_counts_examples_steps_and_means():
    log = [row(1, 3.0, 0), row(2, 1.0, 4)]
    card = model_card("base/model", Config(), [{"changed": [0, 1]}, {"changed": [0, 0]}, {"changed": [0]}], log, 12.3)
    assert "base_model: base/model" in card and "3 examples: 1 with altered tokens in the response, 2 without" in card
    assert "2 optimizer steps; the last process took 12 s. In 1 steps" in card
    assert "| nll | 3.0000 | 1.0000 |" in card
    assert "| mask | 2.0000 | 2.0000 |" in card  # the step without a token of the term does not count
    assert "| lr | 5e-06 |" in card and "| loss.lam | 0.1 |" in card and "secret" not in card


def test_a_run_without_any_altered_token_says_so():
    card = model_card("base", Config(), [{"changed": [0]}], [row(1, 3.0, 0)], 1.0)
    assert "| attention | no token | no token |" in card
