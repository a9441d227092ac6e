"""The card of a trained adapter: what was trained, on what, with which parameters, and what came out.

It says what the log says and no more: a loss on training data is no score.
"""

from collections.abc import Sequence
from dataclasses import asdict
from statistics import fmean

CARD = """---
library_name: peft
base_model: {base}
tags: [code, counterfactual, procure-kit]
---

# {base}, tuned with the concept-sensitive loss

Trained by procure-kit, which re-implements ProCURE (arXiv 2508.12620) from its prose: the paper's formulas could not be
read, and the loss is our reconstruction, L = NLL + λ · (w_mask · mask + w_att · attention).

## Data

{examples} examples: {concept} with altered tokens in the response, {plain} without (originals, and counterfactuals
whose change lies outside the response or was cut off by the length limit).

## Result

{steps} optimizer steps; the last process took {seconds:.0f} s. In {without} steps a concept term had no token and was
zero. Means over the first and the last tenth of the logged rows, on training data:

| term | first | last |
| --- | ---: | ---: |
{terms}

Nothing here was measured on held-out problems. Pass@k and consistency on pairs: `pk.evaluate`.

## Parameters

| parameter | value |
| --- | --- |
{parameters}
"""


def model_card(base: str, config, examples: Sequence[dict], log: Sequence[dict], seconds: float) -> str:
    """The card in Markdown. config: the run's TrainConfig; log: the rows of its TrainResult."""
    concept = sum(any(example["changed"]) for example in examples)
    tenth = max(1, len(log) // 10)
    lines = []
    for name in ("nll", "mask", "attention", "mean_mass"):
        rows = [row[name] for row in log if name == "nll" or row["n_query"]]
        ends = [f"{fmean(part):.4f}" if part else "no token" for part in (rows[:tenth], rows[-tenth:])]
        lines.append(f"| {name} | {ends[0]} | {ends[1]} |")
    settings = {name: value for name, value in asdict(config).items() if name not in ("loss", "output_dir")}
    settings |= {f"loss.{name}": value for name, value in asdict(config.loss).items()}
    return CARD.format(
        base=base,
        examples=len(examples),
        concept=concept,
        plain=len(examples) - concept,
        steps=log[-1]["step"] if log else 0,
        seconds=seconds,
        without=sum(row["steps_without_concept"] for row in log),
        terms="\n".join(lines),
        parameters="\n".join(f"| {name} | {value} |" for name, value in settings.items()),
    )
