"""`procure perturb IN -o OUT.jsonl`: counterfactuals of a problem set as rows, by rules or by a language model.

`procure perturb PACKAGE_DIR -o NEW_DIR` copies a source tree with every sound site rewritten.
"""

import argparse
from collections import Counter, defaultdict
from dataclasses import replace
from functools import partial
from pathlib import Path

from procure_kit.commands import perturb_by_llm
from procure_kit.concepts.table import MODES, known_concepts
from procure_kit.generation.processes import mapped
from procure_kit.generation.rules import generate, identity
from procure_kit.problems.problem import Problem
from procure_kit.problems.rows import Complaints, append_row, count_line, read_rows
from procure_kit.repositories.perturbation import perturb_tree, state_of
from procure_kit.validation.problem_names import iter_problems


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("set", metavar="IN", help="'humaneval', JSONL in its fields, or a directory")
    parser.add_argument(
        "-o", "--out", required=True, type=Path, metavar="OUT", help="rows are appended here; or the new directory"
    )
    parser.add_argument("--concepts", help="names with commas between them; default: all")
    parser.add_argument("--mode", default="strict", choices=MODES, help="whose definitions of a site")
    parser.add_argument("--seed", type=int, default=0, help="chooses the site and the new names")
    parser.add_argument("--every-site", action="store_true", help="a row for each site, not one for each problem")
    parser.add_argument("--tested", action="store_true", help="a directory's sites that only tests can judge as well")
    parser.add_argument("--tests", action="store_true", help="the directory's own tests as well")
    parser.add_argument("--generator", default="rules", help="'rules' or 'openai:MODEL'")
    parser.add_argument("--workers", type=int, default=2, metavar="N", help="processes")
    perturb_by_llm.add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Append the rows that OUT lacks. Returns 0, or 1 when a row of IN could not be used.

    Raises: ValueError for what cannot be done at all.
    """
    if args.generator != "rules" and not args.generator.startswith("openai:"):
        raise ValueError(f"no generator {args.generator!r}: use 'rules' or 'openai:MODEL'")
    if Path(args.set).is_dir():
        return _run_tree(args)
    concepts = known_concepts(_named(args), args.mode)
    complaints = Complaints()
    problems = iter_problems(args.set, on_bad=complaints)
    if args.generator != "rules":
        return perturb_by_llm.run(args, problems, concepts, complaints)
    done, counts = defaultdict(set), Counter()
    for row in read_rows(args.out, on_bad=complaints.after_a_kill) if args.out.exists() else ():
        done[row.get("task_id")].add(identity(row))
        counts[row.get("status") or "rewritten"] += 1
    work = partial(_rows, concepts=concepts, mode=args.mode, seed=args.seed, every_site=args.every_site)
    items = ((replace(problem, test="", cases=()), done[problem.task_id]) for problem in problems)  # no test is needed
    for made in mapped(work, items, args.workers, "perturb", "problem"):
        for row in made:
            append_row(args.out, row)
            counts[row["status"] or "rewritten"] += 1
    print(count_line(counts, args.out))
    return int(bool(complaints))


def _run_tree(args: argparse.Namespace) -> int:
    """Rewrite a source tree. Returns 0, or 1 when a file could not be read."""
    if args.generator != "rules" or args.every_site:
        raise ValueError("a directory is rewritten at every sound site, by --generator rules")
    complaints = Complaints()
    counts = perturb_tree(
        Path(args.set), args.out, _named(args), args.mode, args.seed,
        "tested" if args.tested else "syntactic", args.tests, args.workers, complaints,
    )  # fmt: skip
    print(", ".join(f"{count} {what}" for what, count in counts.items()) + f" → {args.out}")
    print(f"one row a site: {state_of(args.out) / 'manifest.jsonl'}")
    return int(bool(complaints))


def _named(args: argparse.Namespace) -> list[str] | None:
    return args.concepts.split(",") if args.concepts else None


def _rows(work: tuple[Problem, set], **options) -> list[dict]:
    problem, done = work
    return [cf.to_row() for cf in generate([problem], done=done, **options)]
