"""What `tiny` makes of the pairs of the kit's own sets, for the explorer's 2 × 2.

python -m tests.benchmarks.outcomes     # some ten minutes of two cores; resumes from runs/outcomes.jsonl
"""

import json

import procure_kit as pk
from procure_kit.shipped import RESULTS
from procure_kit.views.outcomes import STORED, pairs_of

SETS, RECORD = ("kit", "world"), "runs/outcomes_{}.jsonl"


def main() -> None:
    model, tokenizer = pk.load_model("tiny")
    sets = {}
    for name in SETS:
        pairs = pairs_of(pk.load_problems(name))
        rows = pk.evaluate(model, tokenizer, pairs, k=(1,), samples=1, record=RECORD.format(name)).rows
        sets[name] = [[r["task_id"], r["concept"], r["site"], r["original"][0], r["counterfactual"][0]] for r in rows]
        print(f"{name}: {len(rows)} pairs with a cut point, of {len(pairs)}")
    told = json.dumps({"command": "python -m tests.benchmarks.outcomes", "sets": sets}, separators=(",", ":"))
    (RESULTS / STORED.format("tiny")).write_text(told.replace("],[", "],\n[") + "\n")


if __name__ == "__main__":
    main()
