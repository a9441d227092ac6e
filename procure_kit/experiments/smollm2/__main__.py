"""Tune SmolLM2 on real programs and score it on others, arm by arm and seed by seed.

    python -m procure_kit.experiments.smollm2 --rows codeio_valid.jsonl cruxeval_valid.jsonl
    python -m procure_kit.experiments.smollm2 --dry                    # all of it in seconds, with `tiny`

Rows are what `procure perturb SET` and `procure validate` make of CodeI/O and CRUXEval. Which of them a seed trains on
is noted beside the results; for seeds 0 to 2 it is known (data/results/smollm2_rows.jsonl), and the rows of `procure
perturb` will do. Every run is one row, appended when it is done; the same command goes on where it stopped, within a
run too. --minutes ends it in good order.
"""

import argparse
import signal
import tempfile
import threading
from _thread import interrupt_main
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

from procure_kit.errors import one_sentence
from procure_kit.experiments.smollm2.recipe import DRY, Recipe
from procure_kit.experiments.smollm2.reports import load_runs
from procure_kit.experiments.smollm2.results import page
from procure_kit.experiments.smollm2.runs import run_all, trainable
from procure_kit.generation.rules import pairs_of
from procure_kit.problems.rows import append_row
from procure_kit.shipped import NEW_RESULTS
from procure_kit.validation.problem_names import load_problems

ARMS = ("untuned", "originals", "plain", "both", "mask")


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=Path, nargs="+", help="files of counterfactuals to tune on")
    parser.add_argument("--arms", nargs="+", default=ARMS, help="default: %(default)s; others: curves/arms.py")
    parser.add_argument("--seeds", type=int, default=2, help="how many; 0 writes the page anew")
    parser.add_argument("--device", choices=("cpu", "cuda"), help="default: a GPU if there is one")
    parser.add_argument("--minutes", type=float, help="stop then; the same command goes on")
    parser.add_argument("--whole-weights", action="store_true", help="LoRA on 32 bits (16 on a GPU) in place of NF4")
    parser.add_argument("--model", default=Recipe.model, help="another model: a Hub id or a path; give --out, too")
    parser.add_argument("--pairs", type=int, help=f"programs to tune on with a counterfactual each: {Recipe.pairs}")
    parser.add_argument("--out", type=Path, help=f"default: {NEW_RESULTS / 'smollm2.jsonl'}, or smollm2_whole.jsonl")
    parser.add_argument("--work", type=Path, default=Path("runs"), help="for checkpoints and records")
    parser.add_argument("--dry", action="store_true", help="`tiny` and a few problems, to see that all of it works")
    args = parser.parse_args(argv)
    if args.minutes is not None and not args.minutes > 0:
        parser.error(f"--minutes must be above 0, not {args.minutes}")
    with (
        one_sentence(parser, stopped=0 if args.minutes else 130),
        tempfile.TemporaryDirectory() if args.dry else nullcontext() as scratch,
        until(args.minutes),
    ):
        _run(args, Path(scratch) if scratch else None)


def _run(args: argparse.Namespace, scratch: Path | None) -> None:
    out = args.out or (scratch or NEW_RESULTS) / f"smollm2{'_whole' if args.whole_weights else ''}.jsonl"
    recipe = DRY if args.dry else Recipe(model=args.model, pairs=args.pairs or Recipe.pairs)
    for name in args.arms:
        trainable(name)
    if args.seeds < 0 or recipe.steps < 1:
        raise ValueError(f"--seeds must be a number from 0 up, and --pairs at least {recipe.batch_size}")
    if args.dry == bool(args.rows) and args.seeds:
        raise ValueError("give --rows FILE ..., valid counterfactuals of CodeI/O and CRUXEval; or --dry alone")
    rows = [_dry_rows(scratch / "rows.jsonl")] if args.dry else args.rows
    if args.seeds:
        work = (scratch or args.work) / out.stem
        run_all(
            out, args.arms, range(args.seeds), replace(recipe, four_bit=not args.whole_weights), rows, args.device, work
        )
    text = page(load_runs(out))
    out.with_suffix(".md").write_text(text, encoding="utf-8")
    print(text)


@contextmanager
def until(minutes: float | None):
    """Ctrl-C by itself after some minutes, which lets a training step end and leaves a checkpoint. It is heard in a
    shell's background jobs, too, which ignore the keyboard's."""
    if minutes is None:
        yield
        return
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    timer = threading.Timer(60 * minutes, interrupt_main)
    timer.daemon = True
    try:
        timer.start()
        yield
    finally:
        timer.cancel()
        signal.signal(signal.SIGINT, previous)


def _dry_rows(path: Path) -> Path:
    """Rows as the validator would leave them, which nobody validated: for a dry run alone."""
    for cf, _ in pairs_of(load_problems("world")[:12]):
        append_row(path, replace(cf, status="valid").to_row())
    return path


if __name__ == "__main__":
    main()
