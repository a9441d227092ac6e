"""Tune SmolLM2 to rewrite programs by edits, on what the rules make of others' programs.

    OMP_NUM_THREADS=1 python -m procure_kit.training.rewriter --out runs/rewriter

The same command goes on where it stopped. At the end the adapter and its card are written to data/rewriter.
"""

import argparse
import json
from pathlib import Path

import torch

from procure_kit.problems.rows import read_rows
from procure_kit.shipped import DATA
from procure_kit.training.folder import write_whole
from procure_kit.training.rewriter.adapter import write_adapter, write_card
from procure_kit.training.rewriter.rows import make_rows
from procure_kit.training.rewriter.training import Plan, train


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("runs/rewriter"), help="for rows, checkpoint and log")
    parser.add_argument("--steps", type=int, default=Plan.steps, help="default: %(default)s")
    parser.add_argument("--rows", type=int, default=3000, help="rows to make, of all lengths; default: %(default)s")
    parser.add_argument("--minutes", type=float, help="stop then; the same command goes on")
    parser.add_argument("--to", type=Path, default=DATA / "rewriter", help="default: %(default)s")
    args = parser.parse_args()
    torch.set_num_threads(1)
    args.out.mkdir(parents=True, exist_ok=True)
    file = args.out / "rows.jsonl"
    if not file.is_file():
        write_whole(file, "".join(json.dumps(row) + "\n" for row in make_rows(args.rows)))
    rows, plan = list(read_rows(file)), Plan(steps=args.steps)
    model, log = train(rows, plan, args.out, minutes=args.minutes)
    if len(log) < plan.steps:
        print("stopped: the same command goes on from here")
        return
    write_adapter(model, args.to)
    write_card(args.to, plan, rows, log)  # in place of peft's
    print(args.to)


if __name__ == "__main__":
    main()
