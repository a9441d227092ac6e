"""`procure perturb IN -o OUT.jsonl`: counterfactuals of a problem set as rows, by rules or by a language model."""

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from tqdm import tqdm

from procure_kit import llm_command
from procure_kit.generation import check, generate, identity
from procure_kit.problems import Problem, load_problems
from procure_kit.rows import Complaints, append_row, count_line, read_rows


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("set", metavar="IN", help="'humaneval', 'kit', or JSONL in HumanEval's fields")
    parser.add_argument("-o", "--out", required=True, type=Path, metavar="OUT.jsonl", help="rows are appended here")
    parser.add_argument("--concepts", help="names with commas between them; default: all")
    parser.add_argument("--mode", default="strict", choices=("strict", "procure"), help="whose definitions of a site")
    parser.add_argument("--seed", type=int, default=0, help="chooses the site and the new names")
    parser.add_argument("--every-site", action="store_true", help="a row for each site, not one for each problem")
    parser.add_argument("--generator", default="rules", help="'rules' or 'openai:MODEL'")
    parser.add_argument("--workers", type=int, default=2, metavar="N", help="processes")
    llm_command.add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Append the rows that OUT lacks. Returns 0, or 1 when a row of IN could not be used.

    Raises: ValueError for what cannot be done at all.
    """
    if args.generator != "rules" and not args.generator.startswith("openai:"):
        raise ValueError(f"no generator {args.generator!r}: use 'rules' or 'openai:MODEL'")
    if Path(args.set).is_dir():
        raise ValueError(f"{args.set} is a directory: this version perturbs problem sets, not source trees")
    concepts = check(args.concepts and args.concepts.split(","), args.mode)
    complaints = Complaints()
    problems = load_problems(args.set, on_bad=complaints)
    rows = list(read_rows(args.out, on_bad=complaints.after_a_kill)) if args.out.exists() else []
    done = defaultdict(set)
    for row in rows:
        done[row.get("task_id")].add(identity(row))
    if args.generator != "rules":
        return llm_command.run(args, problems, concepts, rows) or int(bool(complaints))
    work = partial(_rows, concepts=concepts, mode=args.mode, seed=args.seed, every_site=args.every_site)
    counts = Counter(row.get("status") or "rewritten" for row in rows)
    for made in _map(work, [(problem, done[problem.task_id]) for problem in problems], args.workers):
        for row in made:
            append_row(args.out, row)
            counts[row["status"] or "rewritten"] += 1
    print(count_line(counts, args.out))
    return int(bool(complaints))


def _rows(work: tuple[Problem, set], **options) -> list[dict]:
    problem, done = work
    return [cf.to_row() for cf in generate([problem], done=done, **options)]


def _map(function, items: list, workers: int) -> Iterator[list[dict]]:
    bar = partial(tqdm, total=len(items), desc="perturb", unit="problem", file=sys.stderr)
    if workers <= 1:
        yield from bar(map(function, items))
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as executor:
        yield from bar(executor.map(function, items, chunksize=4))
