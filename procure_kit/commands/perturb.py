"""`procure perturb IN -o OUT.jsonl`: counterfactuals of a problem set as rows, by rules or by a language model.

`procure perturb PACKAGE_DIR -o NEW_DIR` copies a source tree with every sound site rewritten.
"""

import argparse
from collections import Counter, defaultdict
from dataclasses import replace
from functools import partial
from pathlib import Path

from procure_kit.commands import perturb_by_llm
from procure_kit.concepts.table import CONCEPTS, MODES, known_concepts
from procure_kit.concepts.twins.twin import GENERATOR, twin
from procure_kit.generation.processes import mapped
from procure_kit.generation.rules import generate, identity
from procure_kit.problems.counterfactual import BREAKING, Counterfactual, NotApplicable
from procure_kit.problems.loading import with_code
from procure_kit.problems.problem import Problem
from procure_kit.problems.rows import Complaints, append_row, count_line
from procure_kit.repositories.perturbation import perturb_tree, state_of
from procure_kit.validation.problem_names import iter_problems

EPILOG = """\
Each line of OUT is a row: the two programs, the concept and site, and what changed. Rows that are there
already are not made again. What cannot be rewritten becomes a row, too, with status `not_applicable` and
the reason. Rows of a language model are validated already: `valid` after `turns` replies, or the last
reply's failure, or `api_fault`, which the same command asks again. The key is written nowhere; --record
keeps each reply as it arrives, so that a killed run pays for none twice.

examples:
  procure perturb humaneval -o pairs.jsonl
  procure perturb humaneval -o pairs.jsonl --concepts forms     # the kit's further forms, all five
  procure perturb humaneval -o pairs.jsonl --twins              # `procure validate` says which of them break
  procure perturb codeio -o pairs.jsonl                 # real programs; what they return judges
  procure perturb package:statistics -o pairs.jsonl     # an installed package's functions; their doctests judge
  procure perturb PACKAGE_DIR -o NEW_DIR                # a source tree, rewritten at every sound site
  procure perturb kit -o pairs.jsonl --generator smollm2:edits      # in this process: no network, no key
  procure perturb kit -o pairs.jsonl --generator openai:smollm2     # starts its own server, no key needed
  procure perturb kit -o pairs.jsonl --generator openai:MODEL --base-url http://localhost:8000/v1
  procure perturb humaneval -o pairs.jsonl --generator openai:gpt-4o --record replies.jsonl \\
    --budget-tokens 2000000"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "set",
        metavar="IN",
        help="a problem set ('humaneval', 'codeio', 'kit', 'package:NAME', ...), a file, or a directory",
    )
    parser.add_argument(
        "-o", "--out", required=True, type=Path, metavar="OUT", help="rows are appended here; or the new directory"
    )
    parser.add_argument(
        "--concepts",
        metavar="A,B",
        help=f"of {', '.join(CONCEPTS)}, or 'forms' for the last five; default: the first six",
    )
    parser.add_argument(
        "--mode",
        default="strict",
        choices=MODES,
        help="CACP's definitions, or the authors' looser ones; default: %(default)s",
    )
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="chooses the site and the new names; default: %(default)s"
    )
    parser.add_argument("--every-site", action="store_true", help="a row for each site, not one for each problem")
    parser.add_argument("--twins", action="store_true", help="behind each counterfactual, one that breaks the program")
    parser.add_argument(
        "--tested", action="store_true", help="of a directory: also sites that only its tests can judge"
    )
    parser.add_argument("--tests", action="store_true", help="of a directory: rewrite its own tests, too")
    parser.add_argument(
        "--generator",
        default="rules",
        metavar="WHO",
        help="'rules', 'smollm2:edits' (a small model in this process), or 'openai:MODEL'; default: rules",
    )
    parser.add_argument("--workers", type=int, default=2, metavar="N", help="processes; default: %(default)s")
    perturb_by_llm.add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Append the rows that OUT lacks. Returns 0, or 1 when a row of IN could not be used.

    Raises: ValueError for what cannot be done at all.
    """
    if args.generator not in ("rules", perturb_by_llm.REWRITER) and not args.generator.startswith("openai:"):
        raise ValueError(f"no generator {args.generator!r}: use 'rules', '{perturb_by_llm.REWRITER}' or 'openai:MODEL'")
    if args.generator == "rules" and (odd := perturb_by_llm.given(args)):
        raise ValueError(
            f"{', '.join(odd)}: for --generator {perturb_by_llm.REWRITER} or openai:MODEL; rules ask no model"
        )
    if Path(args.set).is_dir():
        return _run_tree(args)
    if Path(args.set).suffix in (".py", ".pyw"):
        raise ValueError(
            f"{args.set} is a Python file: IN is a problem set, a file of its rows, or a directory of code"
        )
    concepts = known_concepts(_named(args) or perturb_by_llm.default_concepts(args.generator), args.mode)
    complaints = Complaints()
    problems = with_code(iter_problems(args.set, on_bad=complaints), args.set)
    if args.generator != "rules":
        if args.twins:
            raise ValueError("twins are made by the rules: pk.twin(cf) makes one of a model's counterfactual, too")
        return perturb_by_llm.run(args, problems, concepts, complaints)
    done, counts = defaultdict(set), Counter()
    for row in perturb_by_llm.made(args.out, complaints.after_a_kill):
        done[row.get("task_id")].add(identity(row))
        counts[row.get("status") or "rewritten"] += 1
    options = {"concepts": concepts, "mode": args.mode, "seed": args.seed, "every_site": args.every_site}
    work = partial(_with_twins if args.twins else _rows, **options)
    no_test = {"test": "", "cases": (), "input_generator": ""}  # none is needed
    items = ((replace(problem, **no_test), done[problem.task_id]) for problem in problems)
    for made in mapped(work, items, args.workers, "perturb", "problem"):
        for row in made:
            append_row(args.out, row)
            counts[row["status"] or "rewritten"] += 1
    print(count_line(counts, args.out))
    return int(bool(complaints))


def _run_tree(args: argparse.Namespace) -> int:
    """Rewrite a source tree. Returns 0, or 1 when a file could not be read."""
    if args.generator != "rules" or args.every_site or args.twins:
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


def _with_twins(work: tuple[Problem, set], **options) -> list[dict]:
    """All are made again, so that a twin whose counterfactual was written before a kill is not forgotten."""
    problem, done = work
    rows = []
    for cf in generate([problem], **options):
        rows += [cf.to_row()] if cf.status else [cf.to_row(), _twin_row(cf)]
    return [row for row in rows if identity(row) not in done]


def _twin_row(cf: Counterfactual) -> dict:
    try:
        return twin(cf).to_row()
    except NotApplicable as reason:
        none = {"generator": GENERATOR, "counterfactual": cf.original, "changed": (), "changed_original": ()}
        return cf.to_row() | none | {"soundness": BREAKING, "status": "not_applicable", "detail": str(reason)}
