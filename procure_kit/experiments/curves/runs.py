"""Train arms and seeds, and score them on their way: a row a point. What is scored first is the untuned model.

    OMP_NUM_THREADS=1 python -m procure_kit.experiments.curves.runs --arms eight --seeds 5 --until 3000000 --workers 2

The rows go to data/results/curves_MODEL.jsonl, what a run needs to go on to runs/curves/. A killed command, called
again, goes on; called with a larger `--until`, runs go on from their last point. Where there are rows and runs/curves/
is lost, a run is trained anew, and scored at the points that lack a row. Seeds are the outer loop, so that what is
there when it stops can be compared. The positive controls are scored as soon as they are there:

    python -m procure_kit.training.pretraining --out runs/curves/control_neutral --condition-first 0 --fixed-order 0 \\
        --keep-name 0 --role-names 0
    python -m procure_kit.training.pretraining --out runs/curves/control_rewritten_10 --rewritten 0.1   # and 30, 0.3
"""

import argparse
import os
import time
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path

import torch
from tqdm.auto import tqdm

from procure_kit.errors import one_sentence
from procure_kit.experiments.curves.arms import CONTROL, SETS, UNTUNED, Recipe, arm_named
from procure_kit.experiments.curves.given import WRITTEN, given
from procure_kit.experiments.curves.scoring import score
from procure_kit.experiments.curves.tuning import tune
from procure_kit.problems.rows import append_row, read_rows
from procure_kit.shipped import NEW_RESULTS

POINTS = (100_000, 300_000, 1_000_000, 3_000_000, 10_000_000)  # tokens
CONTROLS = ("neutral", "rewritten_10", "rewritten_30")  # pre-trained anew: state/control_NAME


def run_one(name: str, seed: int, recipe: Recipe, until: int, out: Path, state: Path, known: set[int]) -> None:
    """Bring one run to its last point, and append a row for each that is not `known`; of an untuned model one."""
    from procure_kit.training.models import load_model

    torch.set_num_threads(1)
    torch.manual_seed(seed)
    control = name.removeprefix(CONTROL)
    model, tokenizer = load_model(str(state / f"control_{control}") if control in CONTROLS else recipe.model)
    folder, started = state / f"{name.replace(' ', '_')}_{seed}", time.perf_counter()

    def reached(point: int, model, counts: dict) -> None:
        nonlocal started
        trained = time.perf_counter()
        if point not in known:
            row = {"arm": name, "seed": seed, "point": point, **counts, "recipe": asdict(recipe)}
            row |= score(model.eval(), tokenizer, recipe)
            seconds = {"training": round(trained - started), "scoring": round(time.perf_counter() - trained)}
            append_row(out, row | {"seconds": seconds})
        if point >= 1_000_000:
            model.half().save_pretrained(folder / f"{point}")
            model.float()
            tokenizer.save_pretrained(folder / f"{point}")
        started = time.perf_counter()

    if name == UNTUNED or control in CONTROLS:
        reached(0, model, {"steps": 0, "tokens": 0, "response": 0, "altered": 0})
    else:
        points = [point for point in POINTS if point <= until] or [until]
        tune(model, tokenizer, arm_named(name), recipe, seed, points, folder, reached)


def kept_models(arms: Iterable[str], point: int, state: Path) -> list[tuple[str, int, str]]:
    """(arm, seed, where `load_model` finds it) of each run whose weights at a point are kept, and of UNTUNED.

    Raises: ValueError for a name that is no arm's, and for an arm without weights there.
    """
    found = []
    for arm in arms:
        if arm == UNTUNED:
            found.append((arm, 0, Recipe.model))
            continue
        arm_named(arm)
        folders = state.glob(f"{arm.replace(' ', '_')}_[0-9]*/{point}")
        runs = sorted((arm, int(folder.parent.name.rpartition("_")[2]), str(folder)) for folder in folders)
        if not runs:
            raise ValueError(f"no weights of {arm!r} at {point:,} tokens in {state}: `curves.runs` leaves them there")
        found += runs
    return found


def is_ready(folder: Path) -> bool:
    """Whether a pre-training there has come to its end: its picture is drawn last."""
    return (folder / "loss.svg").exists()


def kept_rows(out: Path, recipe: Recipe) -> list[dict]:
    """The rows at hand. Raises: ValueError for those of another recipe."""
    rows = list(read_rows(out, required=("arm",))) if out.exists() else []
    for row in rows:
        if row["recipe"] != asdict(recipe):
            raise ValueError(f"{out} holds runs of another recipe: {row['recipe']}; name a new file")
    return rows


def run_all(
    names: Iterable[str], seeds: Iterable[int], recipe: Recipe, until: int, out: Path, state: Path, workers: int = 1
) -> None:
    """Every run that has not come to `until`; several at a time in processes of their own. UNTUNED among the names is
    the model as it was: one run, whatever the seeds."""
    known = defaultdict(set)
    for row in kept_rows(out, recipe):
        known[row["arm"], row["seed"]].add(row["point"])
    last = max([point for point in POINTS if point <= until], default=until)
    ready = [f"{CONTROL}{name}" for name in CONTROLS if is_ready(state / f"control_{name}")]
    goals = {(name, 0 if name == UNTUNED else seed): 0 if name == UNTUNED else last for seed in seeds for name in names}
    goals |= {(name, 0): 0 for name in ready}
    work = [(*run, recipe, until, out, state, known[run]) for run, goal in goals.items() if goal not in known[run]]
    with tqdm(total=len(work), desc="runs") as bar:
        if workers == 1:
            for each in work:
                run_one(*each)
                bar.update()
            return
        before = os.environ.get("TQDM_DISABLE")
        os.environ["TQDM_DISABLE"] = "1"  # for the processes: one bar, of the runs
        try:
            with ThreadPoolExecutor(workers) as pool:
                try:
                    for future in as_completed([pool.submit(_apart, *each) for each in work]):
                        future.result()
                        bar.update()
                except BaseException:
                    pool.shutdown(cancel_futures=True)  # or all that waits would be run before the error is seen
                    raise
        finally:
            del os.environ["TQDM_DISABLE"]
            if before is not None:
                os.environ["TQDM_DISABLE"] = before


def _apart(*each) -> None:
    """`run_one` in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
        alone.submit(run_one, *each).result()


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--arms", nargs="+", default=["first"], help=f"{', '.join(SETS)}, or single arms")
    parser.add_argument("--seeds", type=int, default=5, help="how many")
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--until", type=int, default=3_000_000, help="tokens")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--out", type=Path, help=f"default: {NEW_RESULTS / 'curves_MODEL.jsonl'}")
    parser.add_argument("--state", type=Path, default=Path("runs/curves"))
    for field, default in asdict(Recipe()).items():
        parser.add_argument(f"--{field.replace('_', '-')}", type=type(default), default=default)
    args = parser.parse_args(argv)
    with one_sentence(parser):
        recipe = Recipe(**{field: getattr(args, field) for field in asdict(Recipe())})
        out = args.out or NEW_RESULTS / f"curves_{Path(recipe.model).name}.jsonl"
        names = [name for given in args.arms for name in SETS.get(given, (given,))]
        for arm in map(arm_named, names):  # before anything is trained
            if arm.writer:
                next(given(WRITTEN, arm.writer, 0))
        seeds = range(args.first_seed, args.first_seed + args.seeds)
        run_all([UNTUNED, *names], seeds, recipe, args.until, out, args.state, args.workers)


if __name__ == "__main__":
    main()
