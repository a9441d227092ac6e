import pytest

from procure_kit.experiments.smollm2 import choice
from procure_kit.training.models import load_model
from tests.experiments.smollm2.made_up import PROBLEMS


@pytest.fixture(scope="package")
def tokenizer():
    return load_model("tiny")[1]


@pytest.fixture
def sets(monkeypatch):
    monkeypatch.setattr(choice, "load_problems", lambda name: PROBLEMS)
