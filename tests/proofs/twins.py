"""How many counterfactuals have a twin that breaks, how their tests see it, and how large the two edits are.

    python -m tests.proofs.twins humaneval kit world [--mode strict] [--workers 2] [--out FILE]

Every site that is not refused is rewritten, with seed 0. A counterfactual has a twin when one of at most `MOST` ways of
breaking it fails the tests, which the original passes; sizes are `tokens_changed`, of the pairs that have one.
"""

import argparse
import json
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

from tqdm import tqdm

from procure_kit.concepts.table import MODES
from procure_kit.concepts.twins.size import tokens_changed
from procure_kit.generation.rules import generate
from procure_kit.problems import markdown
from procure_kit.problems.counterfactual import NotApplicable
from procure_kit.shipped import RESULTS
from procure_kit.validation.problem_names import load_problems
from procure_kit.validation.twins import breaking_twin
from procure_kit.validation.validation import SEEN

HEAD = ["set", "mode", "concept", "counterfactuals", "with a twin that breaks", "another result", "in another way"]
HEAD += ["tokens changed: counterfactual, twin (medians)", "twin within a half and one and a half of it"]


def measure(job: tuple) -> dict:
    """One row: task, concept, how the tests see the twin or why there is none, and the two sizes."""
    cf, problem = job
    row = {"task_id": cf.task_id, "concept": cf.concept, "site": cf.site}
    try:
        made, verdict = breaking_twin(cf, problem)
    except NotApplicable as reason:
        return row | {"how": "", "detail": str(reason)}
    how = verdict.detail.split(SEEN)[1].split(":")[0]
    sizes = [tokens_changed(cf.original, program) for program in (cf.counterfactual, made.counterfactual)]
    return row | {"how": how, "detail": made.detail, "sizes": sizes}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+")
    parser.add_argument("--mode", choices=MODES, action="append", help="default: both")
    parser.add_argument("--concepts", help="names with commas between them; default: as everywhere")
    parser.add_argument("--limit", type=int, help="problems of each set; default: all")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, default=RESULTS / "twins.json")
    args = parser.parse_args()
    report = json.loads(args.out.read_text()) if args.out.exists() else {}
    for name in args.sets:
        for mode in args.mode or MODES:
            problems = {problem.task_id: problem for problem in load_problems(name)[: args.limit]}
            concepts = args.concepts.split(",") if args.concepts else None
            made = list(generate(problems.values(), concepts, mode, every_site=True))
            jobs = [(cf, problems[cf.task_id]) for cf in made if not cf.status]
            with ThreadPoolExecutor(args.workers) as threads:
                rows = list(tqdm(threads.map(measure, jobs), total=len(jobs), desc=f"{name}, {mode}", file=sys.stderr))
            options = f" --limit {args.limit}" * bool(args.limit) + f" --concepts {args.concepts}" * bool(concepts)
            command = f"python -m tests.proofs.twins {name}{options}"
            report[f"{name} {mode}"] = {"command": command, "problems": len(problems), "concepts": summary(rows)}
            args.out.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
            args.out.with_suffix(".md").write_text(page(report))


def summary(rows: list[dict]) -> dict:
    """By concept; sites without a twin are listed with the reason."""
    concepts = {}
    for concept in dict.fromkeys(row["concept"] for row in rows):
        here = [row for row in rows if row["concept"] == concept]
        sizes = [row["sizes"] for row in here if row["how"]]
        concepts[concept] = {
            "counterfactuals": len(here),
            "how": dict(Counter(row["how"] for row in here if row["how"]).most_common()),
            "ways": dict(Counter(_way(row["detail"]) for row in here if row["how"]).most_common()),
            "median tokens": [median(side) for side in zip(*sizes, strict=True)] if sizes else [],
            "alike": sum(one / 2 <= other <= one * 3 / 2 for one, other in sizes),
            "none": [{key: row[key] for key in ("task_id", "site", "detail")} for row in here if not row["how"]],
        }
    return concepts


def _way(detail: str) -> str:
    """What is wrong, without the names, lines and numbers of one program."""
    for word in ("keeps the old name", "takes the name of", "are mixed up", "trade places", "instead of", "is missing"):
        if word in detail:
            return f"… {word} …"
    return detail.split(":")[0] if detail.startswith("two statements") else detail


def page(report: dict) -> str:
    lines = []
    for key, part in report.items():
        name, mode = key.rsplit(" ", 1)
        for concept, entry in part["concepts"].items():
            found = sum(entry["how"].values())
            runs = entry["how"].get("another result", 0)
            sizes = " and ".join(f"{size:g}" for size in entry["median tokens"])
            lines.append(
                [name, mode, f"`{concept}`", entry["counterfactuals"], found, runs, found - runs, sizes, entry["alike"]]
            )
    none = [
        f"- {key}, `{concept}`, {row['task_id']}, site {row['site']}: {row['detail']}"
        for key, part in report.items()
        for concept, entry in part["concepts"].items()
        for row in entry["none"]
    ]
    made = "; ".join(dict.fromkeys(f"`{part['command']}`" for part in report.values()))
    told = "Counterfactuals (every site that is not refused, seed 0) that have a twin which their tests reject."
    table = markdown.table(HEAD, lines, right=HEAD[3:])
    return "\n".join([f"{told} Made by {made}.", "", table, "", "Without one:", "", *none]) + "\n"


if __name__ == "__main__":
    main()
