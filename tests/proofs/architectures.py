"""On which architectures the loss is exact: fused and eager, padding on either side, checkpointing, LoRA.

    python -m tests.proofs.architectures       # a minute; writes data/results/architectures.json and .md

Each is tiny and random; the reference runs every row alone, without padding, and reads the definitions off eager maps.
"""

import json
import warnings

import torch
import transformers

from procure_kit.shipped import RESULTS
from tests.training.loss.architectures import ARCHITECTURES, TOLERANCE, WAYS, examined

COLUMNS = [" ".join((how, extra or side)) for how, side, extra in WAYS]


def table(found: dict[str, dict]) -> str:
    """A line for each architecture; what is refused says why below."""
    lines = ["| architecture | " + " | ".join(COLUMNS) + " |", "| --- |" + " --- |" * len(COLUMNS)]
    reasons: dict[str, str] = {}
    for name, ways in found.items():
        cells = [f"{said}" if outcome == "exact" else outcome for outcome, said in (ways[way] for way in COLUMNS)]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
        refused = dict.fromkeys(said for outcome, said in ways.values() if outcome == "refused")
        if refused:
            reasons[name] = "; ".join(" ".join(said.split()) for said in refused)
    return "\n".join(
        [*lines, "", "Refused, in the words that a user reads:", ""] + [f"- {n}: {r}" for n, r in reasons.items()]
    )


def main() -> None:
    warnings.simplefilter("ignore")
    transformers.logging.set_verbosity_error()
    torch.set_num_threads(1)
    found = {}
    for name in ARCHITECTURES:
        found[name] = examined(name)
        print(name, sorted({outcome for outcome, _ in found[name].values()}), flush=True)
    exact = sum(all(outcome == "exact" for outcome, _ in ways.values()) for ways in found.values())
    wrong = sum(outcome == "wrong" for ways in found.values() for outcome, _ in ways.values())
    versions = f"transformers {transformers.__version__}, torch {torch.__version__}"
    head = (
        f"{len(found)} architectures of {versions}: {exact} exact in all of {len(COLUMNS)} ways, {wrong} ways wrong.\n"
        "A number is the largest error of the loss or of any gradient, by the largest entry where that is over 1;\n"
        f"up to {TOLERANCE:.0e} counts as exact."
    )
    (RESULTS / "architectures.json").write_text(json.dumps({"measured": head, "rows": found}, indent=1) + "\n")
    (RESULTS / "architectures.md").write_text(f"{head}\n\n{table(found)}\n")
    print(head)


if __name__ == "__main__":
    main()
