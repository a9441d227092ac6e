"""The loss of a step: the kit's own where no arm asks for more, and terms that read the rows they should."""

from itertools import islice

import pytest
import torch
import torch.nn.functional as F

from procure_kit.experiments.curves.arms import Recipe, arm_named
from procure_kit.experiments.curves.stream import batches
from procure_kit.experiments.curves.terms import batch_loss, batch_of, consistency, counts_of, preference
from procure_kit.training.loss.loss import LossConfig, concept_loss
from procure_kit.training.models import load_model


@pytest.fixture(scope="module")
def tiny():
    return load_model("tiny")


def step(tiny, arm: str, count: int = 1):
    drawn = islice(batches(tiny[1], arm_named(arm), Recipe(), 0), count)
    return [batch_of(tiny[1], arm_named(arm), *batch) for batch in drawn]


def loss(tiny, arm: str, tokens: int = 0, count: int = 1) -> float:
    of = step(tiny, arm, count)
    with torch.no_grad():
        return sum(float(batch_loss(tiny[0], b, arm_named(arm), counts_of(of), 1 / count, tokens)) for b in of)


@pytest.mark.slow
def test_plain_is_the_likelihood_alone_and_the_other_terms_come_on_top(tiny):
    batch = step(tiny, "plain")[0].tensors
    with torch.no_grad():
        parts = concept_loss(tiny[0], batch, LossConfig())
    assert loss(tiny, "plain") == pytest.approx(float(parts.nll), rel=1e-5)
    assert loss(tiny, "both") == pytest.approx(float(parts.total), rel=1e-5)
    assert loss(tiny, "mask") == pytest.approx(float(parts.nll + 0.1 * parts.mask), rel=1e-5)


@pytest.mark.slow
def test_kl_and_twins_add_to_the_likelihood_of_the_same_rows(tiny):
    assert loss(tiny, "kl") > loss(tiny, "plain")
    (of_twins,) = step(tiny, "twins")
    batch = {name: values.clone() for name, values in of_twins.tensors.items()}
    batch["labels"][[twin for _, twin in of_twins.twins]] = -100
    with torch.no_grad():
        alone = float(concept_loss(tiny[0], batch, LossConfig(lam=0)).total)
    assert loss(tiny, "twins") > alone


@pytest.mark.slow
def test_the_loss_of_a_step_is_that_of_all_its_rows_at_once(tiny):
    first, second = step(tiny, "both", 2)
    width = max(batch.tensors["labels"].shape[1] for batch in (first, second))
    fills = {"input_ids": 0, "attention_mask": 0, "labels": -100, "changed": False}
    padded = [
        {n: F.pad(v, (0, width - v.shape[1]), value=fills[n]) for n, v in batch.tensors.items()}
        for batch in (first, second)
    ]
    together = {name: torch.cat([batch[name] for batch in padded]) for name in fills}
    with torch.no_grad():
        assert loss(tiny, "both", count=2) == pytest.approx(float(concept_loss(tiny[0], together).total), rel=1e-5)


@pytest.mark.slow
def test_the_weight_of_the_late_attention_falls_to_zero(tiny):
    start, half, end = (loss(tiny, "attention late", tokens) for tokens in (0, 500_000, 1_000_000))
    assert start > half > end == pytest.approx(loss(tiny, "plain"), rel=1e-5)
    assert start - half == pytest.approx(half - end, rel=1e-3)


def test_consistency_is_zero_for_equal_predictions_and_its_teacher_has_no_gradient():
    logits = torch.randn(2, 5, 7, requires_grad=True)
    same = torch.stack([logits[0], logits[0]])
    assert float(consistency(same, [(0, 1, [(1, 1), (3, 3)])])) == pytest.approx(0, abs=1e-6)
    value = consistency(logits, [(0, 1, [(2, 3)])])
    value.backward()
    assert float(value) > 0 and not logits.grad[0].any() and logits.grad[1, 2].any()


def test_preference_falls_as_the_counterfactual_gains_on_its_twin():
    even, ahead = (float(preference(torch.tensor([-5.0, twin]), [(0, 1)])) for twin in (-5.0, -9.0))
    assert even == pytest.approx(0.6931, abs=1e-4) and ahead < even
