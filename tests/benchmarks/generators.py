"""Rules, SmolLM2 as it is and tuned to answer by edits, and any other model, on the same sites of the kit's problems:

    python -m tests.benchmarks.generators [--also MODEL URL]

Then the tuned model alone on more of the problems, with as many repair turns as the authors give. Replies come from the
records where they have them; with other records (or none yet), and with --adapter data/rewriter, every model is asked
anew. The tuned one finds its first answers beforehand, sixteen at a time: its seconds are those of repairs alone.
"""

import argparse
import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from random import Random

from tqdm import tqdm

from procure_kit.concepts.perturbation import find_sites
from procure_kit.concepts.table import DEFAULT_CONCEPTS
from procure_kit.generation.llm.client import Client
from procure_kit.generation.llm.edits import CONCEPTS, GENERATOR, REWRITER_REPLIES
from procure_kit.generation.llm.edits import SETTINGS as EDITS_SETTINGS
from procure_kit.generation.llm.form import EDITS
from procure_kit.generation.llm.generation import llm_generate
from procure_kit.generation.llm.server import MODEL, REPLIES, SETTINGS, local_server
from procure_kit.generation.llm.table import compare, markdown, rules_rows, with_sites
from procure_kit.problems.problem import Problem
from procure_kit.shipped import RESULTS
from procure_kit.training.rewriter.serving import rewriter_client
from procure_kit.validation.problem_names import load_problems

TURNS = 4  # the authors'


def questions(problems: list[Problem], concept: str, limit: int) -> Iterator[str]:
    """What `llm_generate` will ask, so that it can be answered in batches."""
    for problem in with_sites(problems, concept, limit):
        accepted = [site for site in find_sites(problem.program, [concept]) if site.refused is None]
        yield EDITS.ask(problem.program, Random(f"{concept} 0").choice(accepted), 0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", type=int, default=3, help="problems for each concept")
    parser.add_argument("--turns", type=int, default=2, help="repair turns")
    parser.add_argument("--record", type=Path, default=REPLIES)
    parser.add_argument("--edits-record", type=Path, default=REWRITER_REPLIES, help="of the tuned model's replies")
    parser.add_argument("--adapter", type=Path, help="ask the tuned model; default: replay its record alone")
    parser.add_argument(
        "--edits-problems",
        type=int,
        nargs="+",
        default=[48],
        help="of the tuned model alone: for each, or a concept each",
    )
    parser.add_argument("--also", nargs=2, action="append", default=[], metavar=("MODEL", "URL"))
    parser.add_argument("--out", type=Path, default=RESULTS / "generators.json")
    parser.add_argument("--machine", default="two CPU cores, no GPU; the model on one thread", help="in words")
    args = parser.parse_args()
    limits = dict(zip(CONCEPTS, args.edits_problems * (len(CONCEPTS) // len(args.edits_problems)), strict=True))
    problems, rows = list(load_problems("kit")), []
    if args.adapter:
        tuned = rewriter_client(args.adapter, record=args.edits_record)
        tuned.server.answer_all(
            q for key, most in limits.items() for q in questions(problems, key, max(most, args.problems))
        )
    else:
        tuned = Client(GENERATOR, record=args.edits_record, replay_only=True, parameters=EDITS_SETTINGS)
    with ExitStack() as stack:
        servers = [(MODEL, stack.enter_context(local_server())), *args.also]
        clients = [Client(name, url, args.record, parameters=SETTINGS) for name, url in servers]
        for concept in tqdm(DEFAULT_CONCEPTS, desc="generators", unit="concept"):
            some = with_sites(problems, concept, args.problems)
            rows += rules_rows(some, concept)
            for client in clients:
                rows += llm_generate(some, client, [concept], turns=args.turns, concurrency=1)
            if concept in CONCEPTS:
                rows += llm_generate(some, tuned, [concept], turns=args.turns, concurrency=1, form=EDITS)
    alone = []
    for concept, most in tqdm(limits.items(), desc="by edits", unit="concept"):
        some = with_sites(problems, concept, most)
        alone += llm_generate(some, tuned, [concept], turns=TURNS, concurrency=1, form=EDITS)
    lines, edits = compare(rows), compare(alone)
    command = f"python -m tests.benchmarks.generators --problems {args.problems} --turns {args.turns}"
    if min(args.edits_problems) < len(problems):
        command += f" --edits-problems {' '.join(map(str, args.edits_problems))}"
    about = {"command": command, "machine": args.machine, "parameters": SETTINGS, "edits_turns": TURNS}
    args.out.write_text(json.dumps(about | {"lines": lines, "edits": edits}, indent=1, ensure_ascii=False) + "\n")
    text = (
        f"Made by `{command}` on {args.machine}.\n\n{markdown(lines)}\n\n"
        f"The tuned model alone, {TURNS} repair turns:\n\n{markdown(edits)}\n"
    )
    args.out.with_suffix(".md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
