"""`procure validate --repo NEW_DIR --test-command "..."`: a rewritten source tree judged by the tree's own suite."""

import argparse
import sys
from collections import Counter
from pathlib import Path

from tqdm import tqdm

from procure_kit.problems.rows import count_line, replace_rows
from procure_kit.repositories.perturbation import state_of
from procure_kit.repositories.suite import SuiteResult
from procure_kit.repositories.validation import validate_tree


def add_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("a source tree that `procure perturb DIR -o NEW_DIR` made")
    group.add_argument("--repo", type=Path, metavar="NEW_DIR", help="judge this tree by its own suite")
    group.add_argument("--test-command", metavar="CMD", help="runs the suite in the tree; {dir} stands for the tree")
    group.add_argument("--original", type=Path, metavar="DIR", help="where the original lies, if it has moved")
    group.add_argument(
        "--suite-timeout", type=float, default=600, metavar="S", help="seconds for the original's suite; default: 600"
    )
    group.add_argument(
        "--limit",
        type=float,
        default=3600,
        metavar="S",
        help="seconds for finding which site is to blame; default: 3600",
    )


def run(args: argparse.Namespace) -> int:
    """Write the manifest's rows with their verdicts, all at once. Returns 0, or 1 when one is not valid.

    Raises: ValueError for what cannot be done at all.
    """
    if args.rows or args.problems or not args.test_command:
        raise ValueError("--repo NEW_DIR needs --test-command, and neither rows nor --problems")
    out = args.out or state_of(args.repo) / "verdicts.jsonl"
    with tqdm(desc="suite", unit="run", file=sys.stderr) as bar:

        def tell(what: str, result: SuiteResult) -> None:
            bar.set_postfix_str(f"{what}: {result.status}")
            bar.update()

        rows = validate_tree(args.repo, args.test_command, args.original, args.suite_timeout, args.limit, tell)
    replace_rows(out, rows)
    counts = Counter(row["status"] for row in rows)
    for row in rows:
        if row["status"] in ("tests_fail", "timeout") and counts[row["status"]] < 20:
            print(f"{row['file']}:{row['line']}: {row['concept']} ({row['label']}): {row['status']}: {row['detail']}")
    if counts["original_fails"]:
        print(f"the suite fails on the original: {rows[0]['detail']}")
    print(count_line(counts, out))
    return int(bool(set(counts) - {"valid"}))
