"""`procure gallery [SET ...] -o DIR`: one offline web page of problem sets: browse, or predict and then reveal."""

import argparse
from pathlib import Path

from procure_kit.problems.rows import Complaints
from procure_kit.validation.problem_names import load_problems
from procure_kit.views.gallery.collecting import collect
from procure_kit.views.gallery.page import gallery_page

EPILOG = """\
The page opens offline, on a phone too. It shows every problem, concept and site with its pair or its refusal, the
verdict, a twin that breaks, what the model writes and where it looks; and it asks before it shows.

examples:
  procure gallery -o page
  procure gallery humaneval -o page --limit 40 --model none"""
DEFAULT = ("kit", "world")  # what the rules can do, and what `tiny` knows


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "sets", nargs="*", metavar="SET", help=f"problem sets, by name or path; default: {' '.join(DEFAULT)}"
    )
    parser.add_argument("-o", "--out", required=True, type=Path, metavar="DIR", help="index.html is written there")
    parser.add_argument(
        "--limit", type=int, default=60, metavar="N", help="problems of each set at most; default: %(default)s"
    )
    parser.add_argument(
        "--model", default="tiny", help="whose completions and attention are shown, or 'none'; default: tiny"
    )
    parser.add_argument("--seed", type=int, default=0, help="chooses new names; default: 0")
    parser.add_argument("--workers", type=int, default=2, metavar="N", help="programs under test at once; default: 2")


def run(args: argparse.Namespace) -> int:
    """Write the page. Returns 0, or 1 when a row of a set could not be used.

    Raises: ValueError for an unknown set or model, or a page that would be too large.
    """
    complaints = Complaints()
    sets = args.sets or list(DEFAULT)
    problems = [problem for name in sets for problem in spread(load_problems(name, on_bad=complaints), args.limit)]
    model = tokenizer = None
    if args.model != "none":
        from procure_kit.training.models import load_model  # heavy, and a page without a model needs none of it

        model, tokenizer = load_model(args.model)
    told = collect(problems, model, tokenizer, seed=args.seed, workers=args.workers)
    name = "" if args.model == "none" else Path(args.model).name
    html = gallery_page(f"Counterfactual programs: {', '.join(map(str, sets))}", told, name)
    args.out.mkdir(parents=True, exist_ok=True)
    path = args.out / "index.html"
    path.write_text(html, encoding="utf-8", newline="\n")
    pairs = sum("pair" in site for entry in told for site in entry["sites"])
    print(f"{len(told)} problems, {pairs} pairs, {len(html) / 1e6:.1f} MB → {path}")
    return int(bool(complaints))


def spread(problems: list, limit: int) -> list:
    """As many at most, evenly over the whole set: a set's problems are often sorted by kind."""
    step = max(len(problems) / limit, 1)
    return [problems[int(number * step)] for number in range(min(limit, len(problems)))]
