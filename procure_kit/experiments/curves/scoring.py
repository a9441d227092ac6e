"""How a model does at a point of its curve: verdicts, likelihoods and attention, in an order that the part decides."""

from collections import defaultdict

import torch

from procure_kit.evaluation.evaluation import evaluate, evaluate_whole
from procure_kit.evaluation.likelihood import likelihoods
from procure_kit.experiments.curves.arms import Recipe
from procure_kit.experiments.curves.problems import scored_pairs, scored_problems
from procure_kit.training.loss.attention import attention_mass

MEASURES = (
    *("behind_original", "behind_counterfactual", "behind_kl", "uses_original", "uses_counterfactual"),
    *("original_over_twin", "counterfactual_over_twin"),
)
EVERY = 3  # of many pairs one of so many is measured beyond its verdicts: that takes longer than they do
MANY = 300
PREFERENCES = ("original_over_twin", "counterfactual_over_twin")


def score(model, tokenizer, recipe: Recipe, thorough: bool = True) -> dict:
    """`verdicts`: "original", "counterfactual" (a digit a pair of `scored_pairs`) and "whole" (a digit a problem).

    With `thorough` also `measures`, the sums and numbers of the likelihood measures and of the attention mass on
    altered tokens for each split and family, of one pair in `EVERY` where they are many.
    """
    part = recipe.part, recipe.composition, recipe.family
    pairs, problems = scored_pairs(*part), scored_problems(*part)
    settings = {"batch_size": 64, "workers": 1}
    report = evaluate(model, tokenizer, pairs, (1,), 1, max_new_tokens=96, **settings)
    whole = evaluate_whole(model, tokenizer, problems, (1,), 1, max_new_tokens=128, **settings)
    if len(report.rows) != len(pairs) or len(whole.rows) != len(problems):
        raise RuntimeError(f"{len(report.rows)} of {len(pairs)} pairs, {len(whole.rows)} of {len(problems)} problems")
    sides = {side: "".join(str(int(row[side][0])) for row in report.rows) for side in ("original", "counterfactual")}
    row = {"verdicts": sides | {"whole": "".join(str(int(row["original"][0])) for row in whole.rows)}}
    chosen = pairs[:: EVERY if len(pairs) > MANY else 1]
    return row | ({"measures": measured(model, tokenizer, chosen)} if thorough else {})


def measured(model, tokenizer, pairs) -> dict:
    """{"composition/sum_if": {measure: [sum, number]}}; a preference counts 1, whatever its size."""
    found: dict = defaultdict(lambda: defaultdict(lambda: [0.0, 0]))
    for (cf, _), row in zip(pairs, likelihoods(model, tokenizer, pairs), strict=True):
        values = {name: row[name] for name in MEASURES if row[name] is not None}
        values |= {name: float(values[name] > 0) for name in PREFERENCES if name in values}
        values["mass"] = mass_on_altered(model, tokenizer, cf)
        for name, value in values.items():
            cell = found["/".join(cf.task_id.split("/")[1:3])][name]
            cell[0], cell[1] = round(cell[0] + value, 3), cell[1] + 1
    return {key: dict(cells) for key, cells in found.items()}


@torch.no_grad()
def mass_on_altered(model, tokenizer, cf) -> float:
    """The last layer's attention on altered tokens, mean over heads and over the tokens from the first of them on."""
    mass = attention_mass(model, tokenizer, cf.counterfactual, cf.changed)[-1].mean(0)  # (N,)
    return float(mass[int(mass.nonzero()[0]) :].mean())
