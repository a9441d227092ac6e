"""Parts of tests.benchmarks.gpu, one after the other in this process; a row is written as soon as it is known.

    python -m tests.benchmarks.gpu_parts card exact --device cuda --rows rows.jsonl

`--dry` takes tiny shapes and few steps, and all else is the same: 16 bits, NF4 and autocast on a CPU too.
"""

import argparse
import time
import traceback
from functools import partial
from pathlib import Path

import torch

from procure_kit.problems.rows import append_row
from procure_kit.training.presets import PRESETS
from tests.benchmarks.gpu_checks import card, exact, tiny
from tests.benchmarks.gpu_costs import loss, step
from tests.benchmarks.loss_table import FAILS, NO_ROOM

PARTS = {"card": card, "exact": exact, "tiny": tiny, "loss": loss} | {name: partial(step, name) for name in PRESETS}


def run(name: str, device: torch.device, dry: bool, rows: Path) -> None:
    """Append the part's rows, and one that says how it ended."""
    started = time.perf_counter()
    note = ""
    try:
        for row in PARTS[name](device, dry):
            append_row(rows, {"part": name} | row)
            print(name, row, flush=True)
        ending = "done"
    except torch.OutOfMemoryError as error:
        ending, note = NO_ROOM, str(error).splitlines()[0]
    except Exception as error:
        traceback.print_exc()
        ending, note = FAILS, f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error) else ''}"
    append_row(rows, {"part": name, "ending": ending, "note": note, "seconds": round(time.perf_counter() - started)})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="+", choices=PARTS)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cuda")
    parser.add_argument("--dry", action="store_true")
    parser.add_argument("--rows", type=Path, required=True)
    args = parser.parse_args()
    torch.set_num_threads(1)  # a GPU needs no more, and on a CPU the dry run shall leave room
    device = torch.device("cuda", 0) if args.device == "cuda" else torch.device("cpu")
    for name in args.parts:
        run(name, device, args.dry, args.rows)


if __name__ == "__main__":
    main()
