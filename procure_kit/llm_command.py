"""What `procure perturb --generator openai:MODEL` adds: a server, its limits, and a record of its replies."""

import argparse
import sys
from collections import Counter
from pathlib import Path

from tqdm import tqdm

from procure_kit.generation import identity
from procure_kit.llm_client import Client
from procure_kit.llm_generation import llm_generate
from procure_kit.problems import Problem
from procure_kit.rows import append_row, count_line


def add_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("with --generator openai:MODEL (the key comes from OPENAI_API_KEY)")
    group.add_argument("--base-url", metavar="URL", help="an OpenAI-compatible server; default: OpenAI's")
    group.add_argument("--concurrency", type=int, default=4, metavar="N", help="requests in flight")
    group.add_argument("--turns", type=int, default=4, metavar="N", help="repair turns after a first failure")
    group.add_argument("--budget-tokens", type=int, metavar="N", help="stop when so many are spent")
    group.add_argument("--record", type=Path, metavar="FILE", help="replies are kept here, and read before asking")
    group.add_argument("--replay", action="store_true", help="use the record alone, and ask no server")


def run(args: argparse.Namespace, problems: list[Problem], concepts: list[str], rows: list[dict]) -> int:
    """Append the rows that OUT lacks; 1 when a request failed for good or the budget ended the run."""
    if args.every_site:
        raise ValueError("--every-site is for --generator rules: a model is asked about one site a problem")
    client = Client(
        args.generator.removeprefix("openai:"),
        args.base_url,
        args.record,
        args.replay,
        budget_tokens=args.budget_tokens,
    )
    done = {identity(row) for row in rows}
    options = {"turns": args.turns, "concurrency": args.concurrency, "done": done}
    counts = Counter(row["status"] for row in rows)
    mine = (client.model, args.mode, args.seed)
    before = {(r["task_id"], r["concept"]) for r in rows if (r["generator"][7:], r["mode"], r["seed"]) == mine}
    left = len({(p.task_id, concept) for p in problems for concept in concepts} - before)
    fault = ""
    with tqdm(total=left, desc="perturb", unit="row", file=sys.stderr) as bar:
        for row in llm_generate(problems, client, concepts, args.mode, args.seed, **options):
            append_row(args.out, row)
            counts[row["status"]] += 1
            left -= 1
            fault = row["detail"] if row["status"] == "api_fault" else fault
            bar.update()
            bar.set_postfix(tokens=client.spent)
    print(count_line(counts, args.out))
    if fault:
        print(f"a request failed for good ({fault}): check --base-url, the model's name and the key", file=sys.stderr)
    if left:
        print(f"the budget is spent: {left} rows are left for the same command with another budget", file=sys.stderr)
    return int(bool(fault or left))
