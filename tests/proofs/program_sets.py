"""What CodeI/O and CRUXEval give to train on: problems, those left out, counterfactuals, and how many are valid.

    python -m tests.proofs.program_sets codeio --every 20 [--workers 2]
    python -m tests.proofs.program_sets cruxeval --every 4

All problems are perturbed as by `procure perturb` (one site a concept, strict, seed 0). Every N-th is looked at
further: whether its original has outputs to compare with, and what `procure validate` says of its counterfactuals.
"""

import argparse
import json
import re
import warnings
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path

from procure_kit.concepts.table import DEFAULT_CONCEPTS
from procure_kit.generation.processes import mapped
from procure_kit.generation.rules import generate
from procure_kit.problems import markdown
from procure_kit.problems.problem import Problem
from procure_kit.running.reference import Unsettled
from procure_kit.running.runner import run_tests, with_reference
from procure_kit.shipped import RESULTS
from procure_kit.validation.problem_names import load_problems
from procure_kit.validation.validation import validate_all

SOME = re.compile(r"needs (\w+)")


def made(problem: Problem) -> list:
    return list(generate([problem]))


def settled(problem: Problem) -> str:
    """Whether there is something to compare with: "settled", or the status, with the package where one is missing."""
    try:
        problem = with_reference(problem)
    except Unsettled as why:
        package = SOME.search(why.detail) if why.status == "not_installed" else None
        return f"{why.status}: {package[1]}" if package else why.status
    result = run_tests(problem.program, problem)
    return "settled" if result.passed else result.status


def measure(name: str, every: int, workers: int) -> dict:
    bad: list = []
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        problems = load_problems(name, on_bad=bad.append)
    rows = list(chain.from_iterable(mapped(made, problems, workers, name, "problem")))
    chosen = problems[::every]
    with ThreadPoolExecutor(workers) as threads:
        states = Counter(threads.map(settled, chosen))
    known = {problem.task_id: problem for problem in chosen}
    sample = [cf for cf in rows if cf.task_id in known and not cf.status]
    verdicts = list(validate_all(((cf, known[cf.task_id]) for cf in sample), workers=workers))
    judged = Counter((cf.concept, verdict.status) for cf, verdict in zip(sample, verdicts, strict=True))
    written = Counter((cf.concept, cf.status or "rewritten") for cf in rows)
    return {
        "command": f"python -m tests.proofs.program_sets {name} --every {every}",
        "load": len(problems),
        "bad rows": len(bad),
        "said": [str(warning.message) for warning in said],
        "perturb": {concept: {s: n for (c, s), n in written.items() if c == concept} for concept in DEFAULT_CONCEPTS},
        "looked at": len(chosen),
        "settled": dict(states.most_common()),
        "validate": {
            concept: {s: n for (c, s), n in judged.most_common() if c == concept} for concept in DEFAULT_CONCEPTS
        },
    }


def page(report: dict) -> str:
    parts = []
    for name, part in report.items():
        states = "; ".join(f"{count} {state}" for state, count in part["settled"].items())
        head = ["concept", "problems", "rewritten", "sample", "valid", "why not"]
        rows = []
        for concept, counts in part["perturb"].items():
            statuses = Counter(part["validate"][concept])
            total, valid = statuses.total(), statuses.pop("valid_on_inputs", 0) + statuses.pop("valid", 0)
            why = ", ".join(f"{count} {status}" for status, count in statuses.most_common()) or "–"
            rows.append([f"`{concept}`", sum(counts.values()), counts.get("rewritten", 0), total, valid, why])
        totals = [sum(row[column] for row in rows) for column in range(2, 5)]
        rows.append(["all", part["load"], *totals, ""])
        said = "".join(f" {sentence}." for sentence in part["said"])
        loaded = f"{part['load']:,} problems load; {part['bad rows']} rows cannot be used.{said}"
        looked = f"Looked at further, {part['looked at']} problems: {states}."
        table = markdown.table(head, rows, right=head[1:5])
        parts.append(f"### {name}\n\nMade by `{part['command']}`. {loaded} {looked}\n\n{table}")
    return "\n\n".join(parts) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=("codeio", "cruxeval"))
    parser.add_argument("--every", type=int, default=20, metavar="N", help="problems looked at further: every N-th")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, default=RESULTS / "program_sets.json")
    args = parser.parse_args()
    report = json.loads(args.out.read_text()) if args.out.exists() else {}
    report[args.name] = measure(args.name, args.every, args.workers)
    args.out.write_text(json.dumps(report, indent=1) + "\n")
    args.out.with_suffix(".md").write_text(page(report))
    print(page(report))


if __name__ == "__main__":
    main()
