"""Likelihoods of pairs against the full logits, one program at a time."""

from copy import deepcopy
from dataclasses import replace
from functools import lru_cache
from math import log

import pytest
import torch
from transformers import GraniteConfig

from procure_kit.concepts.perturbation import perturb
from procure_kit.concepts.table import CONCEPTS
from procure_kit.concepts.twins.twin import twin as made_anew
from procure_kit.evaluation import likelihood
from procure_kit.evaluation.likelihood import NATS, likelihoods
from procure_kit.generation.rules import pairs_of
from procure_kit.problems.counterfactual import IDENTITY
from procure_kit.problems.problem import Problem
from procure_kit.training.alignment import aligned_tokens
from procure_kit.training.examples import build_example
from procure_kit.training.models import load_model
from procure_kit.validation.problem_names import load_problems
from tests.training.small_models import GROUPED, model_of

twin = lru_cache(made_anew)
PROMPT = "def f(words):\n"
BODY = "    total = 0\n    for x in words:\n        total += x\n    return total\n"
PROBLEM = Problem("t/1", PROMPT, BODY, "", "f")


@pytest.fixture(scope="module")
def tiny():
    return load_model("tiny", device="cpu")


@pytest.fixture(scope="module")
def pairs():
    """One of each concept that the kit's first problems have."""
    found = {}
    for cf, problem in pairs_of(load_problems("kit")[:2], tuple(CONCEPTS)):
        found[cf.concept] = cf, problem
    return list(found.values())


def log_p(model, ids):
    """log p of every token's successors: (N, V), from one unpadded program."""
    with torch.inference_mode():
        return model(input_ids=torch.tensor([ids])).logits[0].float().log_softmax(-1)


def by_hand(model, tokenizer, cf, problem):
    """The same measures from all logits of each program by itself."""
    examples = [build_example(tokenizer, cf, problem, side=side) for side in ("original", "counterfactual")]
    examples.append(build_example(tokenizer, twin(cf), problem))
    tables = [log_p(model, example["input_ids"]) for example in examples]
    losses = [
        [0.0] + [-table[t - 1, example["input_ids"][t]].item() for t in range(1, len(example["input_ids"]))]
        for table, example in zip(tables, examples, strict=True)
    ]
    totals = [
        sum(loss for loss, label in zip(row, example["labels"], strict=True) if label != -100)
        for row, example in zip(losses, examples, strict=True)
    ]
    behind = aligned_tokens(tokenizer, cf, problem)
    p, q = (torch.stack([tables[side][pair[side] - 1] for pair in behind]) for side in (0, 1))
    return {
        "behind_original": sum(losses[0][a] for a, _ in behind) / len(behind),
        "behind_counterfactual": sum(losses[1][b] for _, b in behind) / len(behind),
        "behind_kl": (p.exp() * (p - q)).sum(-1).mean().item(),
        "behind_tokens": len(behind),
        "original_over_twin": totals[2] - totals[0],
        "counterfactual_over_twin": totals[2] - totals[1],
    }


@pytest.mark.slow
def test_batches_of_all_concepts_give_what_each_program_gives_by_itself(tiny, pairs, monkeypatch):
    monkeypatch.setattr(likelihood, "twin", twin)  # each made once
    rows = likelihoods(*tiny, pairs, batch_size=4)
    assert {row["concept"] for row in rows} == {*CONCEPTS} - {"nested_condition", "guard_clause"}
    for row, (cf, problem) in zip(rows, pairs, strict=True):
        assert [row[name] for name in IDENTITY] == [getattr(cf, name) for name in IDENTITY]
        for name, value in by_hand(*tiny, cf, problem).items():
            assert row[name] == pytest.approx(value, rel=1e-4, abs=2e-4), (cf.concept, name)
        assert row["behind_kl"] > 0


def test_a_use_is_a_whole_name_behind_its_first_mention(tiny):
    """`total` is written three times; the first mention is none of the uses, and a name of several tokens is one."""
    model, tokenizer = tiny
    cf = perturb(PROBLEM.program, "variable_name_random")
    (row,) = likelihoods(model, tokenizer, [(cf, PROBLEM)])
    ids = [build_example(tokenizer, cf, PROBLEM, side=s)["input_ids"] for s in ("original", "counterfactual")]
    assert "".join(map(tokenizer.decode, ids[0])).count("total") == 3
    later = [n for n, token in enumerate(ids[0]) if tokenizer.decode(token) in (" total", " x")]
    later = [n for n in later if n not in (later[0], later[1])]  # the first mentions of total and x
    assert row["uses"] == len(later) == 3
    table = log_p(model, ids[0])
    assert row["uses_original"] == pytest.approx(-sum(table[n - 1, ids[0][n]].item() for n in later) / 3, abs=1e-4)
    spelled = [build_example(tokenizer, cf, PROBLEM, targets="uses")["changed"]]
    assert row["uses_tokens"] == sum(spelled[0]) > 3
    table = log_p(model, ids[1])
    summed = -sum(table[n - 1, ids[1][n]].item() for n, flag in enumerate(spelled[0]) if flag)
    assert row["uses_counterfactual"] == pytest.approx(summed / 3, abs=1e-4)


def test_a_shuffled_name_has_its_first_mention_too(tiny):
    body = "    a = 1\n    b = 2\n    for x in words:\n        a += b\n    return a\n"
    problem = replace(PROBLEM, canonical_solution=body)
    (row,) = likelihoods(*tiny, [(perturb(problem.program, "variable_name_shuffle"), problem)])
    assert row["uses"] == 3  # of a two behind the first, of b one, of x none: whatever they are called now


def test_other_concepts_have_no_uses_and_twins_can_be_left_out(tiny, pairs):
    chosen = [pair for pair in pairs if pair[0].concept in ("if_else_flip", "mirrored_comparison")]
    for row in likelihoods(*tiny, chosen, twins=False):
        assert row["uses_original"] is row["original_over_twin"] is None and row["uses"] == 0
        assert row["behind_original"] > 0


def test_a_model_that_knows_nothing(tiny):
    """Equal odds for every token: each costs log V, predictions do not differ, and a twin's price is its length."""
    model, tokenizer = deepcopy(tiny[0]), tiny[1]
    model.get_input_embeddings().weight.data.zero_()  # which are the projection, too
    cf = perturb(PROBLEM.program, "variable_name_random")
    (row,) = likelihoods(model, tokenizer, [(cf, PROBLEM)])
    token = log(model.config.vocab_size)
    assert row["behind_original"] == pytest.approx(token) and row["behind_counterfactual"] == pytest.approx(token)
    assert row["behind_kl"] == pytest.approx(0, abs=1e-6)
    assert row["uses_original"] == pytest.approx(token)
    assert row["uses_counterfactual"] == pytest.approx(token * row["uses_tokens"] / row["uses"])
    lengths = [len(build_example(tokenizer, other, PROBLEM)["input_ids"]) for other in (cf, twin(cf))]
    assert row["counterfactual_over_twin"] == pytest.approx((lengths[1] - lengths[0]) * token, abs=1e-3)


def test_the_model_is_left_as_it_was(tiny):
    model, tokenizer = tiny
    model.train()
    likelihoods(model, tokenizer, [(perturb(PROBLEM.program, "variable_name_random"), PROBLEM)])
    assert model.training and not model.get_output_embeddings()._forward_hooks
    model.eval()


def test_a_pair_without_twin_spans_or_problem_is_measured_as_far_as_it_goes(tiny):
    cf = perturb(PROBLEM.program, "variable_name_random")
    bare = replace(cf, changed=(), changed_original=())
    (row,) = likelihoods(*tiny, [(replace(bare, soundness="breaking"), None)])
    assert all(row[name] is None for name in NATS) and row["behind_tokens"] == row["uses"] == 0


def test_a_pair_longer_than_the_context_is_told(tiny):
    body = "    total = 0\n" + "    total += len(words)\n" * 200 + "    return total\n"
    problem = replace(PROBLEM, canonical_solution=body)
    long, short = (perturb(p.program, "variable_name_random") for p in (problem, PROBLEM))
    with pytest.warns(UserWarning, match=r"t/1|variable_name_random: a program of \d+ tokens is longer .* of 512"):
        rows = likelihoods(*tiny, [(replace(long, task_id="t/2"), problem), (short, PROBLEM)])
    assert rows[0]["behind_kl"] is None and rows[1]["behind_kl"] > 0


def test_a_model_that_scales_its_logits_is_refused(tiny):
    vocabulary = {"vocab_size": 1536, "pad_token_id": 1}
    model = model_of(GraniteConfig(**GROUPED | vocabulary, logits_scaling=2.0))
    with pytest.raises(NotImplementedError, match="GraniteForCausalLM changes its logits"):
        likelihoods(model, tiny[1], [(perturb(PROBLEM.program, "variable_name_random"), PROBLEM)])


@pytest.mark.slow
def test_weights_in_four_bits_are_measured(tiny):
    model, tokenizer = load_model("tiny", four_bit=True, device="cpu")
    pair = perturb(PROBLEM.program, "variable_name_random"), PROBLEM
    (row,), (whole,) = likelihoods(model, tokenizer, [pair]), likelihoods(*tiny, [pair])
    assert row["behind_original"] == pytest.approx(whole["behind_original"], rel=0.3)
    assert row["behind_original"] != whole["behind_original"]
