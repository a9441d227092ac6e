"""`procure validate IN.jsonl --problems SET -o OUT.jsonl`: each row gains status, detail, seconds and isolation.

`procure validate --repo NEW_DIR --test-command "..."`: the same for a rewritten source tree, by the tree's own suite.
"""

import argparse
import json
import sys
from collections import Counter, deque
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

from tqdm import tqdm

from procure_kit.commands import validate_tree
from procure_kit.problems.counterfactual import REQUIRED, Counterfactual, was_made
from procure_kit.problems.problem import Problem
from procure_kit.problems.rows import Complaints, append_row, count_line, read_rows
from procure_kit.running.isolation.system import LEVELS
from procure_kit.running.runner import MEMORY_MB, TIMEOUT
from procure_kit.validation.problem_names import problems_by_id
from procure_kit.validation.validation import Verdict, validate_all

EPILOG = """\
Rows keep their fields and gain status, detail, seconds and isolation. `valid` is the one good status, and
`valid_on_inputs` that of sets with inputs and no tests (codeio, cruxeval): both programs behave alike on them.
Any other word says why not. Rows that OUT has already are not judged again.

A program never meets its tests: they run in another process, and calls and plain data cross. On Linux it runs
in namespaces of its own, without network, files or sight of another process; where the system forbids that,
as most containers do, at the next level that works, behind a fence around Python's own files and an empty
folder. Each verdict names its level.

examples:
  procure validate pairs.jsonl --problems humaneval -o verdicts.jsonl
  procure validate pairs.jsonl --problems codeio -o verdicts.jsonl         # runs each original on ten inputs
  procure validate --repo NEW_DIR --test-command "python -m pytest -q"     # of a rewritten source tree"""
GIVEN = ("status", "detail", "seconds", "isolation")  # the fields that a row gains


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "rows", nargs="?", metavar="IN.jsonl", type=Path, help=f"rows with at least {', '.join(REQUIRED)}"
    )
    parser.add_argument(
        "--problems",
        metavar="SET",
        help="the set that has each row's tests, by task_id; needed, but for --repo",
    )
    parser.add_argument("-o", "--out", type=Path, metavar="OUT.jsonl", help="rows are appended here")
    parser.add_argument(
        "--workers", type=int, default=2, metavar="N", help="programs run at a time; default: %(default)s"
    )
    parser.add_argument(
        "--timeout",
        type=float,
        default=TIMEOUT,
        metavar="S",
        help="seconds that an original may take; default: %(default)s",
    )
    parser.add_argument(
        "--memory",
        type=int,
        default=MEMORY_MB,
        metavar="MB",
        help="memory that a program may use; default: %(default)s",
    )
    parser.add_argument(
        "--own-process",
        action="store_true",
        help="believe tests that pass in one process with the program alone, not of the kit's own work only",
    )
    parser.add_argument(
        "--require", choices=LEVELS, metavar="LEVEL",
        help=f"refuse to run programs at a weaker isolation; strongest first: {', '.join(LEVELS)}",
    )  # fmt: skip
    validate_tree.add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Append the verdicts that OUT lacks. Returns 0, or 1 when a row could not be judged.

    Raises: ValueError for what cannot be done at all.
    """
    if args.repo:
        return validate_tree.run(args)
    if not (args.rows and args.problems and args.out):
        raise ValueError("name the rows, --problems SET and -o OUT.jsonl, or a tree with --repo and --test-command")
    if args.rows.is_dir():
        raise ValueError(f"{args.rows} is a directory: a rewritten source tree goes with --repo")
    if args.rows.resolve() == args.out.resolve():
        raise ValueError(f"{args.out} is the input: name another file for the verdicts")
    open(args.rows, "rb").close()  # a missing file is told before a set is read
    complaints = Complaints()
    problems = problems_by_id(args.problems, on_bad=complaints)

    def check(row: dict) -> None:
        if row["task_id"] not in problems:
            raise ValueError(f"no problem {row['task_id']!r} in {args.problems}")
        Counterfactual.from_row(row)
        try:
            _identity(row)
        except TypeError as error:  # Parquet holds more than JSON, in which the verdicts are written
            raise ValueError(f"it cannot be written as JSON: {error}") from error

    counts, judged = Counter(), Counter()
    old = read_rows(args.out, required=("status",), on_bad=complaints.after_a_kill) if args.out.exists() else ()
    for row in old:
        counts[row.get("status")] += 1
        judged[_identity(row)] += 1
    waiting: deque[dict] = deque()  # rows on their way, in their order
    found = 0

    def pairs() -> Iterator[tuple[Counterfactual, Problem]]:
        nonlocal found
        for row in read_rows(args.rows, required=REQUIRED, check=check, on_bad=complaints):
            found += 1
            if judged[_identity(row)]:
                judged[_identity(row)] -= 1  # a row that stands twice in IN is judged twice
                continue
            waiting.append(row)
            if was_made(row):
                yield Counterfactual.from_row(row), problems[row["task_id"]]

    limits = {
        "timeout": args.timeout,
        "memory_mb": args.memory,
        "require": args.require,
        "own_process": args.own_process,
    }
    bar = tqdm(desc="validate", unit="row", file=sys.stderr)

    def keep(row: dict, verdict: Verdict) -> None:
        append_row(args.out, row | {field: getattr(verdict, field) for field in GIVEN})
        counts[verdict.status] += 1
        bar.update()

    with bar:
        for verdict in validate_all(pairs(), workers=args.workers, **limits):
            _pass_through(waiting, keep)
            keep(waiting.popleft(), verdict)
        _pass_through(waiting, keep)
    if not (found or complaints):
        raise ValueError(f"{args.rows}: the file has no rows")
    print(count_line(counts, args.out))
    return int(bool(complaints))


def _pass_through(waiting: deque[dict], keep: Callable[[dict, Verdict], None]) -> None:
    """Rows that hold no counterfactual keep their status."""
    while waiting and not was_made(waiting[0]):
        row = waiting.popleft()
        keep(row, Verdict(row["status"], row.get("detail", "")))


def _identity(row: dict) -> bytes:
    text = json.dumps({field: value for field, value in row.items() if field not in GIVEN}, sort_keys=True)
    return sha256(text.encode()).digest()  # so many fit into memory
