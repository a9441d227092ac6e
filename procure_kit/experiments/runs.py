"""The paper's experiments: what concept-aware tuning does to a model, arm by arm and seed by seed.

    OMP_NUM_THREADS=1 python -m procure_kit.experiments.runs --seeds 5                       # the main arms
    OMP_NUM_THREADS=1 python -m procure_kit.experiments.runs --seeds 5 --arms lambda mode concepts transfer

All arms of a seed train the same number of steps; those that differ in the loss alone on the same tokens, `originals`
on as many to within a per cent, and those with other programs say how many they took. Every run is one row, appended
when it is done; the same command goes on where it stopped.
"""

import argparse
import time
from collections.abc import Iterable
from contextlib import redirect_stdout
from dataclasses import asdict
from io import StringIO
from pathlib import Path

from tqdm.auto import tqdm

from procure_kit.errors import one_sentence
from procure_kit.evaluation.evaluation import evaluate, evaluate_whole
from procure_kit.experiments.arms import SETS, Arm, Recipe, arm_named
from procure_kit.experiments.data import scoring_problems, training_examples
from procure_kit.generation.rules import pairs_of
from procure_kit.problems.rows import append_row, read_rows
from procure_kit.shipped import NEW_RESULTS


def tuned(arm: Arm, recipe: Recipe, seed: int):
    """The model of an arm and a seed, its tokenizer, and what the training says of itself."""
    from procure_kit.training.loss.loss import LossConfig
    from procure_kit.training.models import load_model
    from procure_kit.training.training import TrainConfig, train

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
    from procure_kit.experiments.results import load_runs, table

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, help=f"default: {NEW_RESULTS / 'experiments_MODEL.jsonl'}")
    parser.add_argument("--arms", nargs="+", default=["main"], help=f"{', '.join(SETS)}, or single arms")
    parser.add_argument("--seeds", type=int, default=5, help="how many")
    parser.add_argument("--first-seed", type=int, default=0)
    for field, default in asdict(Recipe()).items():
        parser.add_argument(f"--{field.replace('_', '-')}", type=type(default), default=default)
    args = parser.parse_args(argv)
    with one_sentence(parser):
        recipe = Recipe(**{field: getattr(args, field) for field in asdict(Recipe())})
        out = args.out or NEW_RESULTS / f"experiments_{Path(recipe.model).name}.jsonl"
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
