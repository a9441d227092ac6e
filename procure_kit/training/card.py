"""The card of a trained adapter: what was trained, on what, with which parameters, and what came out.

It says what the log says and no more: a loss on training data is no score. Scores are added when they were measured.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import fmean

from procure_kit.problems import markdown
from procure_kit.problems.counterfactual import Counterfactual
from procure_kit.training.folder import write_whole

CARD = """---
library_name: peft
base_model: {base}
tags: [code, counterfactual, procure-kit]
---

# {base}, tuned with {loss}

Trained by procure-kit, which re-implements ProCURE (arXiv 2508.12620) from its prose: the paper's formulas could not be
read, and the loss is our reconstruction, L = NLL + λ · (w_mask · mask + w_att · attention).

## Data

{about}

{examples} examples: {concept} with altered tokens in the response, {plain} without (originals, and counterfactuals
whose change lies outside the response or was cut off by the length limit).

## Result

{steps} optimizer steps; the last process took {seconds:.0f} s. In {without} steps a concept term had no token and was
zero. Means over the first and the last tenth of the logged rows, on training data:

{terms}

## Scores

{scores}

## Parameters

{parameters}
"""
UNTOLD = "What the examples were made of was not told."
UNSCORED = "Nothing was measured on held-out problems. Pass@k and consistency on pairs: `pk.evaluate`."
SCORES, AFTER_SCORES = "\n## Scores\n\n", "\n\n## Parameters\n"


def about_pairs(pairs: Iterable[tuple[Counterfactual, object]], dataset: str, arm: str = "") -> dict[str, str]:
    """What a card says of the pairs that the examples were made of: where they come from, how many of each concept, and
    who wrote them. dataset: a problem set, or a file of rows; arm: of an experiment."""
    counterfactuals = [cf for cf, _ in pairs]
    told = {"set": dataset} | ({"arm": arm} if arm else {})
    for title, field in (("counterfactuals", "concept"), ("written by", "generator")):
        counts = Counter(getattr(cf, field) for cf in counterfactuals)
        told[title] = ", ".join(f"{name} {count:,}" for name, count in counts.most_common())
    return told


def model_card(
    base: str, config, examples: Sequence[dict], log: Sequence[dict], seconds: float, about: Mapping[str, str] | None
) -> str:
    """The card in Markdown. config: the TrainConfig; log: the rows of the TrainResult; about: by `about_pairs`."""
    concept = sum(any(example["changed"]) for example in examples)
    tenth = max(1, len(log) // 10)
    terms = []
    for name in ("nll", "mask", "attention", "mean_mass"):
        rows = [row[name] for row in log if name == "nll" or row["n_query"]]
        terms.append([name, *(f"{fmean(part):.4f}" if part else "no token" for part in (rows[:tenth], rows[-tenth:]))])
    settings = {name: value for name, value in asdict(config).items() if name not in ("loss", "output_dir")}
    settings |= {f"loss.{name}": value for name, value in asdict(config.loss).items()}
    return CARD.format(
        base=base,
        loss=loss_in_words(config.loss),
        about="\n".join(f"- {name}: {value}" for name, value in (about or {}).items()) or UNTOLD,
        examples=len(examples),
        concept=concept,
        plain=len(examples) - concept,
        steps=log[-1]["step"] if log else 0,
        seconds=seconds,
        without=sum(row["steps_without_concept"] for row in log),
        terms=markdown.table(["term", "first", "last"], terms, right=["first", "last"]),
        scores=UNSCORED,
        parameters=markdown.table(["parameter", "value"], settings.items()),
    )


def loss_in_words(loss) -> str:
    """Which terms of a LossConfig are there, and how much they weigh."""
    weights = {"mask": loss.lam * loss.w_mask, "attention": loss.lam * loss.w_att}
    there = [f"{weight:g} · {term}" for term, weight in weights.items() if weight]
    return " + ".join(["NLL", *there]) if there else "the plain NLL"


def add_scores(folder: str | Path, scores: Mapping[str, Mapping[str, tuple[float, float, float]]]) -> None:
    """Write scores into the cards of a run's folder, in place of those that were there.

    scores: by what was scored ("HumanEval, 373 pairs, greedy"), as `Report.scores()` has them: by metric a share with
    its interval. Raises: ValueError where there is no such card.
    """
    cards = [path for path in (Path(folder, "README.md"), Path(folder, "adapter", "README.md")) if path.is_file()]
    texts = [path.read_text(encoding="utf-8") for path in cards]
    if not texts or any(text.count(SCORES) != 1 or text.count(AFTER_SCORES) != 1 for text in texts):
        raise ValueError(f"{folder}: no card of procure-kit there to add scores to (README.md with ## Scores)")
    measured = [(on, metric, triple) for on, found in scores.items() for metric, triple in found.items()]
    rows = [[on, metric, markdown.hundredths(*triple)] for on, metric, triple in measured]
    table = "In per cent, with 95 % intervals over problems.\n\n" + markdown.table(["on", "metric", "score"], rows)
    for path, text in zip(cards, texts, strict=True):
        before, _, rest = text.partition(SCORES)
        write_whole(path, before + SCORES + table + AFTER_SCORES + rest.partition(AFTER_SCORES)[2])
