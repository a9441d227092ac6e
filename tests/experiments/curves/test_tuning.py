"""The loop: an average of weights, points on the way, and a killed run that goes on as if nothing had been."""

from dataclasses import replace

import pytest
import torch

from procure_kit.experiments.curves import tuning
from procure_kit.experiments.curves.arms import Arm, Recipe
from procure_kit.experiments.curves.tuning import Run, tune
from procure_kit.training.models import load_model

SMALL = replace(Recipe(), batches=2, rows=4, replay=0, warm_up=2)
POINTS = [600, 1500]


@pytest.fixture
def tiny(monkeypatch):
    monkeypatch.setattr(tuning, "fast_bf16", lambda device: False)  # to the last digit, on any processor
    return load_model("tiny")


def weights_at(tiny, folder, points=POINTS, fails_at: int = 0):
    """{point: (tokens, norm of the averaged weights)}; at the point `fails_at` the run is killed."""
    seen = {}

    def reached(point, model, counts):
        if point == fails_at:
            raise KeyboardInterrupt
        assert not model.training
        seen[point] = counts["tokens"], float(sum(weight.double().norm() for weight in model.parameters()))

    tune(*tiny, Arm(), SMALL, 0, points, folder, reached)
    return seen


@pytest.mark.slow
def test_a_killed_run_goes_on_to_the_same_weights_and_a_longer_one_from_its_last_point(tmp_path, tiny):
    whole = weights_at(tiny, tmp_path / "whole")
    assert list(whole) == POINTS and all(tokens >= point for point, (tokens, _) in whole.items())
    with pytest.raises(KeyboardInterrupt):
        weights_at(load_model("tiny"), tmp_path / "killed", fails_at=POINTS[1])
    assert weights_at(load_model("tiny"), tmp_path / "killed") == {POINTS[1]: whole[POINTS[1]]}
    assert weights_at(load_model("tiny"), tmp_path / "killed") == {}
    assert list(weights_at(load_model("tiny"), tmp_path / "killed", [*POINTS, 4000])) == [4000]


def test_the_average_lags_behind_the_weights_and_is_gone_after_the_look(tiny):
    model, _ = tiny
    run = Run(model, replace(SMALL, lr=0.1, average=0.5))
    start = [weight.detach().clone() for weight in run.weights]
    for _ in range(4):
        sum(weight.sum() for weight in run.weights).backward()
        run.step()
    moved = run.weights[0].detach().clone()

    def look(model):
        between = next(model.parameters()).detach()
        assert (between > moved).all() and (between < start[0]).all()

    run.averaged(look)
    assert torch.equal(run.weights[0], moved)


def test_the_rate_warms_up_and_stays(tiny):
    run = Run(tiny[0], replace(SMALL, warm_up=4, lr=1.0))
    rates = []
    for _ in range(6):
        (run.weights[0].sum() * 0).backward()
        run.step()
        rates.append(run.optimizer.param_groups[0]["lr"])
    assert rates == [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]
