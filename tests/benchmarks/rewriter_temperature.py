"""At which temperature the tuned model's repairs help most, on held-out problems of the world, none of the kit's:

python -m tests.benchmarks.rewriter_temperature
"""

import argparse
import json
from pathlib import Path

from tqdm import tqdm

from procure_kit.generation.llm.client import Client
from procure_kit.generation.llm.edits import CONCEPTS, GENERATOR, SETTINGS
from procure_kit.generation.llm.form import EDITS
from procure_kit.generation.llm.generation import llm_generate
from procure_kit.problems import markdown
from procure_kit.problems.counterfactual import VALID
from procure_kit.shipped import DATA, RESULTS
from procure_kit.training.rewriter.serving import ADAPTER, load_rewriter
from procure_kit.validation.problem_names import load_problems

TEMPERATURES = (0.2, 0.5, 0.8)
COLUMNS = ("temperature", "attempts", "valid at once", "valid after repairs", "turns")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", type=int, default=12, help="of those held out, evenly spread")
    parser.add_argument("--adapter", type=Path, default=ADAPTER)
    parser.add_argument("--record", type=Path, help="of replies, so that a stopped run goes on")
    parser.add_argument("--out", type=Path, default=RESULTS / "rewriter_temperature.json")
    args = parser.parse_args()
    held_out = list(load_problems(DATA / "world_heldout.jsonl"))
    some, lines = held_out[:: max(1, len(held_out) // args.problems)][: args.problems], []
    rewriter = load_rewriter(args.adapter)
    for temperature in TEMPERATURES:
        settings = SETTINGS | {"temperature": temperature}
        client = Client(GENERATOR, record=args.record, parameters=settings, server=rewriter)
        made = llm_generate(some, client, CONCEPTS, turns=4, concurrency=1, form=EDITS)
        rows = [row for row in tqdm(made, desc=f"temperature {temperature}") if row["status"] != "not_applicable"]
        valid = [row["turns"] for row in rows if row["status"] in VALID]
        values = (temperature, len(rows), valid.count(1), len(valid), sum(row["turns"] for row in rows))
        lines.append(dict(zip(COLUMNS, values, strict=True)))
    command = f"python -m tests.benchmarks.rewriter_temperature --problems {args.problems}"
    args.out.write_text(json.dumps({"command": command, "lines": lines}, indent=1) + "\n")
    table = markdown.table(COLUMNS, (line.values() for line in lines), right=set(COLUMNS))
    args.out.with_suffix(".md").write_text(f"Made by `{command}`.\n\n{table}\n")
    print(table)


if __name__ == "__main__":
    main()
