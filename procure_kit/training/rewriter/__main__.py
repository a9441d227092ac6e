"""Tune SmolLM2 to rewrite programs by edits, on what the rules make of others' programs.

    OMP_NUM_THREADS=1 python -m procure_kit.training.rewriter --out runs/rewriter

The same command goes on where it stopped. At the end the adapter and its card are written to data/rewriter.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path

from procure_kit.errors import one_sentence
from procure_kit.problems.rows import read_rows
from procure_kit.shipped import DATA
from procure_kit.training.folder import write_whole
from procure_kit.training.models import load_model
from procure_kit.training.rewriter.adapter import ship
from procure_kit.training.rewriter.rows import make_rows
from procure_kit.training.rewriter.training import RECIPE, about_rows, to_examples
from procure_kit.training.training import train


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("runs/rewriter"), help="for rows, checkpoints and log")
    parser.add_argument("--steps", type=int, default=RECIPE.steps, help="default: %(default)s")
    parser.add_argument("--rows", type=int, default=3000, help="rows to make, of all lengths; default: %(default)s")
    parser.add_argument("--to", type=Path, default=DATA / "rewriter", help="default: %(default)s")
    args = parser.parse_args(argv)
    with one_sentence(parser):
        _run(args)


def _run(args: argparse.Namespace) -> None:
    file = args.out / "rows.jsonl"
    if not file.is_file():
        write_whole(file, "".join(json.dumps(row) + "\n" for row in make_rows(args.rows)))
    rows = list(read_rows(file))
    model, tokenizer = load_model("smollm2", four_bit=True, device="cpu")
    config = replace(RECIPE, steps=args.steps, output_dir=args.out / "run")
    ship(train(model, tokenizer, to_examples(rows, tokenizer), config, about=about_rows(rows)).adapter, args.to)
    print(args.to)


if __name__ == "__main__":
    main()
