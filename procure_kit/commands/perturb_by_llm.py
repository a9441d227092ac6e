"""What `procure perturb --generator openai:MODEL` and `smollm2:edits` add: whom to ask, limits, a record of replies."""

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tqdm import tqdm

from procure_kit.generation.llm.client import Client
from procure_kit.generation.llm.edits import CONCEPTS, SETTINGS, check_known
from procure_kit.generation.llm.edits import GENERATOR as REWRITER
from procure_kit.generation.llm.form import EDITS, WHOLE
from procure_kit.generation.llm.generation import llm_generate
from procure_kit.generation.llm.server import MODEL, local_server
from procure_kit.generation.rules import identity
from procure_kit.problems.problem import Problem
from procure_kit.problems.rows import BadRow, Complaints, append_row, count_line, read_rows, replace_rows


def add_arguments(parser: argparse.ArgumentParser) -> None:
    title = f"with --generator openai:MODEL (key: OPENAI_API_KEY; openai:{MODEL} starts its own server)"
    add = parser.add_argument_group(title).add_argument
    add("--adapter", type=Path, metavar="DIR", help=f"of {REWRITER}; default: the one that comes with the kit")
    add("--base-url", metavar="URL", help="an OpenAI-compatible server; default: OpenAI's")
    add(
        "--concurrency",
        type=int,
        default=4,
        metavar="N",
        help="requests in flight; default: %(default)s, and one at its own server",
    )
    add("--turns", type=int, default=4, metavar="N", help="repair turns after a first failure; default: %(default)s")
    add("--parameters", type=json.loads, metavar="JSON", help='other fields of a request: {"temperature": 0.2}')
    add("--structured", action="store_true", help="ask for JSON, until the server says that it cannot")
    add("--timeout", type=float, default=120, metavar="S", help="seconds for one request; default: %(default)s")
    add("--budget-tokens", type=int, metavar="N", help="stop when this run has spent so many")
    add("--budget-usd", type=float, metavar="X", help="stop when it has spent so many dollars; needs --price")
    add("--price", type=float, nargs=2, metavar=("IN", "OUT"), help="dollars per million tokens")
    add("--record", type=Path, metavar="FILE", help="replies are kept here, and read before asking")
    add("--replay", action="store_true", help="use the record alone, and ask no server")
    add("--batch-out", type=Path, metavar="FILE", help="write new requests for OpenAI's Batch API, and ask no server")
    add(
        "--batch-in",
        type=Path,
        nargs="+",
        default=[],
        metavar="FILE",
        help="what the Batch API gave back: its results and errors",
    )


def given(args: argparse.Namespace) -> list[str]:
    """Which of these options say something else than their default."""
    alone = argparse.ArgumentParser()
    add_arguments(alone)
    defaults = vars(alone.parse_args([]))
    return [f"--{name.replace('_', '-')}" for name, value in defaults.items() if getattr(args, name) != value]


def run(args: argparse.Namespace, problems: Iterable[Problem], concepts: list[str], complaints: Complaints) -> int:
    """Append the rows that OUT lacks; 1 when a request failed for good or work is left. Raises: ValueError."""
    _refuse(args, concepts)
    done, counts = _kept(args, complaints)
    with _client(args, complaints) as client:
        own = args.generator == REWRITER or _own_server(args)
        options = {"turns": args.turns, "concurrency": 1 if own else args.concurrency, "done": done}
        options["form"] = EDITS if args.generator == REWRITER else WHOLE
        rows = llm_generate(problems, client, concepts, args.mode, args.seed, **options)
        with tqdm(rows, desc="perturb", initial=len(done), unit="row", file=sys.stderr) as bar:
            fault = ""
            for row in bar:
                append_row(args.out, row)
                counts[row["status"]] += 1
                fault = row["detail"] if row["status"] == "api_fault" else fault
                bar.set_postfix(tokens=client.spent, **({"usd": f"{client.spent_usd:.4f}"} if client.price else {}))
    print(count_line(counts, args.out))
    if fault:
        print(f"requests failed for good, the last with: {fault}", file=sys.stderr)
        if fault.startswith(("HTTP 401", "HTTP 403", "HTTP 404", "APIConnectionError")):
            print("check --base-url, the model's name and the key in OPENAI_API_KEY", file=sys.stderr)
    if client.left and args.batch_out:
        print(f"{client.left} rows wait for the replies to {args.batch_out}: --batch-in reads them", file=sys.stderr)
    elif client.left and not client.stopped:  # which a warning has told
        print(f"the budget is spent: {client.left} rows are left for the same command", file=sys.stderr)
    return int(bool(fault or client.left or complaints))


def _kept(args: argparse.Namespace, complaints: Complaints) -> tuple[set[tuple], Counter]:
    """What OUT has of this generator, and its rows by status. A fault is asked again: its row is taken out."""
    done, counts, faults = set(), Counter(), 0
    for row in made(args.out, complaints.after_a_kill):
        if _fault(row, args.generator):
            faults += 1
            continue
        counts[row.get("status") or "rewritten"] += 1
        if row.get("generator") == args.generator:
            done.add(identity(row))
    if faults:
        rows = made(args.out, lambda told: None)
        replace_rows(args.out, (row for row in rows if not _fault(row, args.generator)))
    return done, counts


def made(path: Path, on_bad: Callable[[BadRow], None]) -> Iterator[dict]:
    """The rows that a run before left."""

    def check(row: dict) -> None:
        identity(row)
        if not isinstance(row.get("status") or "", str):
            raise ValueError("field 'status' must be a string")

    return read_rows(path, check=check, on_bad=on_bad) if path.exists() else iter(())


def _fault(row: dict, generator: str) -> bool:
    return (row.get("generator"), row.get("status")) == (generator, "api_fault")


def default_concepts(generator: str) -> tuple[str, ...] | None:
    """Those of a run that names none; None: the kit's own default."""
    return CONCEPTS if generator == REWRITER else None


def _refuse(args: argparse.Namespace, concepts: list[str]) -> None:
    for concept in concepts if args.generator == REWRITER else ():
        check_known(concept)
    if args.adapter and args.generator != REWRITER:
        raise ValueError(f"--adapter is for --generator {REWRITER}")
    elsewhere = {"--base-url": args.base_url, "--batch-out": args.batch_out, "--structured": args.structured}
    if args.generator == REWRITER and (odd := [option for option, given in elsewhere.items() if given]):
        raise ValueError(f"{', '.join(odd)}: {REWRITER} runs in this process, and asks no server")
    if args.every_site:
        raise ValueError("--every-site is for --generator rules: a model is asked about one site a problem")
    if args.replay and not args.record:
        raise ValueError("--replay needs a --record to replay")
    if (args.batch_out or args.batch_in) and not args.record:
        raise ValueError("batches need a --record: repair turns go on from the replies kept there")
    if args.batch_out and args.batch_out.exists():
        raise ValueError(f"{args.batch_out} exists: name a new file for this batch's requests")
    if args.parameters is not None and not isinstance(args.parameters, dict):
        raise ValueError("--parameters must be a JSON object")


def _own_server(args: argparse.Namespace) -> bool:
    elsewhere = args.base_url or args.replay or args.batch_out or os.environ.get("OPENAI_BASE_URL")
    return args.generator == f"openai:{MODEL}" and not elsewhere


@contextmanager
def _client(args: argparse.Namespace, complaints: Complaints) -> Iterator[Client]:
    model = args.generator.removeprefix("openai:")
    options = {"parameters": args.parameters} if args.parameters is not None else {}
    options |= {"record": args.record, "replay_only": args.replay, "structured": args.structured}
    options |= {"budget_tokens": args.budget_tokens, "budget_usd": args.budget_usd, "price": args.price}
    options |= {"batches": args.batch_in, "batch_out": args.batch_out, "timeout": args.timeout}
    options |= {"on_bad": complaints if args.replay or args.batch_in else complaints.after_a_kill}
    if args.generator == REWRITER:
        yield _rewriter(args, options)
    elif _own_server(args):
        with local_server() as url:
            yield Client(model, url, **options)
    else:
        yield Client(model, args.base_url, **options)


def _rewriter(args: argparse.Namespace, options: dict) -> Client:
    if args.replay:
        return Client(REWRITER, **options | {"parameters": SETTINGS | options.get("parameters", {})})
    from procure_kit.training.rewriter.serving import ADAPTER, rewriter_client  # torch: seconds

    return rewriter_client(args.adapter or ADAPTER, **options)
