"""The paper's experiments: what concept-aware tuning does to a model, arm by arm and seed by seed.

    OMP_NUM_THREADS=1 python -m procure_kit.experiments --seeds 5                       # the main arms
    OMP_NUM_THREADS=1 python -m procure_kit.experiments --seeds 5 --arms lambda mode concepts

An arm says what is trained on and with which loss. All arms of a seed train the same number of steps, and on the same
number of tokens to within a per cent: where one lacks counterfactuals, other originals of the same length take their
places. Every run is one row, appended when it is done; the same command goes on where it stopped.
"""

import argparse
import time
from collections.abc import Iterable
from contextlib import redirect_stdout, suppress
from dataclasses import asdict, dataclass, replace
from io import StringIO
from pathlib import Path

from tqdm.auto import tqdm

from procure_kit.concepts import PAPER_CONCEPTS
from procure_kit.counterfactual import Counterfactual
from procure_kit.cuts import cut_pair
from procure_kit.evaluation import evaluate, evaluate_whole
from procure_kit.generation import pairs_of
from procure_kit.problems import Problem, load_problems
from procure_kit.rows import append_row, read_rows
from procure_kit.world import generate

Pair = tuple[Counterfactual, Problem]
RENAMINGS = ("variable_name_random", "variable_name_shuffle")


@dataclass(frozen=True)
class Arm:
    """What a model is tuned on, and how the loss weighs it. λ stands for the recipe's `lam` where it is None."""

    data: str = "pairs"  # "none": untuned; "originals"; "pairs": as many originals as counterfactuals
    lam: float | None = 0.0  # 0: the plain NLL
    w_mask: float = 1.0
    w_att: float = 1.0
    mode: str = "strict"
    concepts: tuple[str, ...] = PAPER_CONCEPTS
    file: str = ""  # rows that a generator wrote and the validator accepted, in place of the rules' own


MAIN = {
    "untuned": Arm("none"),
    "originals": Arm("originals"),
    "plain": Arm(),
    "mask": Arm(lam=None, w_att=0.0),
    "attention": Arm(lam=None, w_mask=0.0),
    "both": Arm(lam=None),
}
SETS = {  # what --arms takes
    "main": tuple(MAIN),
    "lambda": ("both 0.03", "both 0.3", "both 1", "both 3"),
    "mode": ("plain procure", "both procure"),
    "concepts": ("plain names", "both names"),
}


def arm_named(name: str) -> Arm:
    """An arm of MAIN, with a variation behind it: a number is λ, `procure` the mode, `names` the renamings alone, and
    `file:PATH` other counterfactuals.

    Raises: ValueError for any other name.
    """
    first, _, variation = name.partition(" ")
    if first in MAIN:
        if variation in ("", "procure"):
            return replace(MAIN[first], mode=variation or "strict")
        if variation == "names":
            return replace(MAIN[first], concepts=RENAMINGS)
        if variation.startswith("file:"):
            return replace(MAIN[first], file=variation.removeprefix("file:"))
        with suppress(ValueError):
            return replace(MAIN[first], lam=float(variation))
    known = f"{', '.join(MAIN)}, alone or with a λ, procure, names or file:PATH behind it"
    raise ValueError(f"no arm {name!r}: use {known}; or one of the sets {', '.join(SETS)}")


@dataclass(frozen=True)
class Recipe:
    """What all arms have in common. The rate was chosen by single runs on problems of their own; the steps
    after a first 60 of 16 examples had moved nearly nothing; the sizes by what two cores do in an hour."""

    model: str = "tiny"
    steps: int = 100
    batch_size: int = 8
    lr: float = 2e-4
    lora_r: int = 0  # 0: all weights are tuned
    lam: float = 0.1  # the paper's
    response: str = "program"
    targets: str = "all"
    max_new_tokens: int = 96
    composition: int = 40  # held-out compositions of families that training knows
    family: int = 30  # held-out families
    kit: int = 10  # the kit's own problems, another set altogether


def training_pairs(seed: int, count: int, arm: Arm) -> list[Pair]:
    """`count` pairs with a cut point out of the world's training families, as many of each of the arm's concepts."""
    found: dict[str, list[Pair]] = {concept: [] for concept in arm.concepts}
    share = -(-count // len(found))
    for pair in pairs_of(generate(seed, 100 * count), arm.concepts, arm.mode, seed):
        if len(found[pair[0].concept]) < share and cut_pair(pair[0]):
            found[pair[0].concept].append(pair)
            if all(len(pairs) == share for pairs in found.values()):
                break
    else:
        short = min(found, key=lambda concept: len(found[concept]))
        raise ValueError(f"only {len(found[short])} pairs of {short} in {100 * count} problems; {share} are needed")
    return [pair for turn in zip(*found.values(), strict=True) for pair in turn][:count]


def pairs_in(file: str, count: int) -> list[Pair]:
    """`count` valid rows of a generator's file, over and over where it has fewer."""
    rows = [row for row in read_rows(file, required=("task_id", "original")) if row.get("status") == "valid"]
    pairs = [pair for pair in map(Counterfactual.from_row, rows) if cut_pair(pair)]
    if not pairs:
        raise ValueError(f"{file}: no valid counterfactual to train on")
    return [(pairs[i % len(pairs)], None) for i in range(count)]


def training_examples(tokenizer, arm: Arm, recipe: Recipe, seed: int) -> list[dict]:
    """Half originals and half their counterfactuals; or originals alone, the others of the same lengths."""
    from procure_kit.examples import build_example

    count = recipe.steps * recipe.batch_size // 2

    def examples(pairs: list[Pair], side: str) -> list[dict]:
        choices = {"response": recipe.response, "targets": recipe.targets}
        return [build_example(tokenizer, *pair, side=side, **choices) for pair in pairs]

    pairs = pairs_in(arm.file, count) if arm.file else training_pairs(1000 + seed, count, arm)
    originals, counterfactuals = examples(pairs, "original"), examples(pairs, "counterfactual")
    if arm.data == "originals":
        spare = examples(training_pairs(500_000 + seed, 2 * count, arm), "original")
        counterfactuals = of_same_lengths(spare, counterfactuals)
    return [example for both in zip(originals, counterfactuals, strict=True) for example in both]


def of_same_lengths(spare: list[dict], models: list[dict]) -> list[dict]:
    """For each model example the spare one nearest to it in tokens, each taken once."""
    left, chosen = list(spare), []
    for model in models:
        nearest = min(range(len(left)), key=lambda i: abs(len(left[i]["input_ids"]) - len(model["input_ids"])))
        chosen.append(left.pop(nearest))
    return chosen


def tuned(arm: Arm, recipe: Recipe, seed: int):
    """The model of an arm and a seed, its tokenizer, and what the training says of itself."""
    from procure_kit.loss import LossConfig
    from procure_kit.models import load_model
    from procure_kit.training import TrainConfig, train

    model, tokenizer = load_model(recipe.model)
    if arm.data == "none":
        return model, tokenizer, {"tokens": 0, "response_tokens": 0, "log": []}
    examples = training_examples(tokenizer, arm, recipe, seed)
    loss = LossConfig(lam=recipe.lam if arm.lam is None else arm.lam, w_mask=arm.w_mask, w_att=arm.w_att)
    shared = {name: getattr(recipe, name) for name in ("steps", "batch_size", "lr", "lora_r")}
    config = TrainConfig(**shared, loss=loss, seed=seed, logging_steps=max(recipe.steps // 5, 1))
    with redirect_stdout(StringIO()):  # the Trainer prints each row of its log
        result = train(model, tokenizer, examples, config)
    notes = {"tokens": sum(len(example["input_ids"]) for example in examples)}
    notes |= {"response_tokens": sum(sum(label != -100 for label in e["labels"]) for e in examples)}
    terms = ("step", "nll", "mask", "attention")
    notes |= {"log": [{name: round(row[name], 4) for name in terms} for row in result.log]}
    model = result.model.merge_and_unload() if recipe.lora_r else result.model
    return model, tokenizer, notes


def scoring_problems(recipe: Recipe) -> list[Problem]:
    """What every arm is scored on; no training problem is among them."""
    world = load_problems("world")
    splits = [[p for p in world if p.task_id.split("/")[1] == split] for split in ("composition", "family")]
    chosen = [*splits[0][: recipe.composition], *splits[1][: recipe.family]]
    return chosen + (load_problems("kit")[: recipe.kit] if recipe.kit else [])


def run_one(name: str, recipe: Recipe, seed: int) -> dict:
    """One row: what was trained, and the greedy verdicts of original and counterfactual, and of whole functions."""
    started = time.perf_counter()
    model, tokenizer, notes = tuned(arm_named(name), recipe, seed)
    trained = time.perf_counter()
    problems, settings = scoring_problems(recipe), {"max_new_tokens": recipe.max_new_tokens, "batch_size": 16}
    pairs = evaluate(model, tokenizer, pairs_of(problems), (1,), 1, **settings)
    whole = evaluate_whole(model, tokenizer, problems, (1,), 1, **settings)
    verdicts = {
        f"{row['task_id']} {row['concept']}": "".join(
            str(int(row[side][0])) for side in ("original", "counterfactual") if side in row
        )
        for row in (*pairs.rows, *whole.rows)
    }
    seconds = {"training": round(trained - started), "scoring": round(time.perf_counter() - trained)}
    row = {"arm": name, "seed": seed, "recipe": asdict(recipe), **notes, "seconds": seconds}
    return row | {"verdicts": verdicts}


def run_all(out: Path, names: Iterable[str], seeds: Iterable[int], recipe: Recipe) -> None:
    """Append each run that `out` lacks. Seeds are the outer loop, so that a stopped run has whole comparisons.

    Raises: ValueError when `out` holds runs of another recipe.
    """
    kept = list(read_rows(out, required=("arm",))) if out.exists() else []
    for row in kept:
        if row["recipe"] != asdict(recipe):
            raise ValueError(f"{out} holds runs of another recipe: {row['recipe']}; name a new file")
    done = {(row["arm"], row["seed"]) for row in kept}
    wanted = [(name, seed if arm_named(name).data != "none" else 0) for seed in seeds for name in names]
    for name, seed in tqdm([run for run in dict.fromkeys(wanted) if run not in done], desc="runs"):
        append_row(out, run_one(name, recipe, seed))


def main(argv: list[str] | None = None) -> None:
    from procure_kit.experiment_results import load_runs, table

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, help="default: tests/benchmarks/experiments_MODEL.jsonl")
    parser.add_argument("--arms", nargs="+", default=["main"], help=f"{', '.join(SETS)}, or single arms")
    parser.add_argument("--seeds", type=int, default=5, help="how many")
    parser.add_argument("--first-seed", type=int, default=0)
    for field, default in asdict(Recipe()).items():
        parser.add_argument(f"--{field.replace('_', '-')}", type=type(default), default=default)
    args = parser.parse_args(argv)
    recipe = Recipe(**{field: getattr(args, field) for field in asdict(Recipe())})
    out = args.out or Path(f"tests/benchmarks/experiments_{Path(recipe.model).name}.jsonl")
    names = [name for given in args.arms for name in SETS.get(given, (given,))]
    for name in names:
        arm_named(name)  # before anything is trained
    if args.seeds:
        run_all(out, names, range(args.first_seed, args.first_seed + args.seeds), recipe)
    text = table(load_runs(out))
    out.with_suffix(".md").write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
