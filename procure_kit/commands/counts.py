"""`procure counts`: for each concept, sites found, refused, rewritten and valid, beside the published counts.

Every site that is not refused is rewritten and validated, so that no failure hides behind the choice of a site.
"""

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from tqdm import tqdm

from procure_kit.commands import published
from procure_kit.concepts.perturbation import find_sites, perturb
from procure_kit.concepts.table import MODES, known_concepts
from procure_kit.problems import markdown
from procure_kit.problems.counterfactual import VALID, Counterfactual
from procure_kit.problems.loading import with_code
from procure_kit.problems.problem import Problem
from procure_kit.problems.rows import Complaints
from procure_kit.validation.problem_names import iter_problems
from procure_kit.validation.validation import validate_all

# The authors' published benchmark files, HumanEval: rows counted as successes, one at most for each problem.
AUTHORS = {
    "if_else_flip": 24,
    "independent_swap": 37,
    "def_use_break": 144,
    "variable_name_random": 141,
    "variable_name_shuffle": 145,
}
# CACP (arXiv 2402.05980 v1): valid pairs on HumanEval and MBPP together.
CACP = {
    "if_else_flip": 103,
    "independent_swap": 624,
    "def_use_break": 22,
    "variable_name_random": 724,
    "variable_name_shuffle": 724,
}
# The parts of a reason that are the reader's own: left out, so that equal reasons count together.
NAMED = re.compile(r"`[^`]*`(, `[^`]*`)*|(?<=line )\d+")
EPILOG = """\
Every site that is not refused is rewritten and validated. Prints a Markdown page.

With --published, counterfactuals that others published are judged instead: by the concept check alone, which
compares syntax trees and runs no test. How the authors of ProCURE call the fields of their rows is not known
here: usual names are tried, and --fields names others.

examples:
  procure counts --problems humaneval -o counts.json
  procure counts --problems kit --mode procure
  procure counts --problems humaneval --concepts forms
  procure counts --published rows.jsonl --fields original=code,counterfactual=new_code"""
REMARK = (
    "Counts of the two modes are not comparable: `strict` follows CACP's definitions, `procure` the looser reading of "
    "the authors' data. The authors count one row a problem at most, and accept unchanged programs (19 on HumanEval); "
    "CACP counts HumanEval and MBPP together."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--problems", default="humaneval", metavar="SET", help="a problem set or a file; default: %(default)s"
    )
    parser.add_argument(
        "--mode",
        default="strict",
        choices=MODES,
        help="CACP's definitions, or the authors' looser ones; default: %(default)s",
    )
    parser.add_argument("--concepts", metavar="A,B", help="as of `procure perturb`; default: the first six")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="chooses the new names; default: %(default)s")
    parser.add_argument("-o", "--out", type=Path, metavar="OUT.json", help="write the counts here, and OUT.md beside")
    parser.add_argument(
        "--workers", type=int, default=2, metavar="N", help="programs run at a time; default: %(default)s"
    )
    parser.add_argument("--published", type=Path, metavar="FILE", help="judge counterfactuals that others published")
    parser.add_argument(
        "--fields", metavar="A=B,C=D", help="of a published file: B holds the A (original, concept, ...)"
    )


def without_names(reason: str) -> str:
    """A reason to refuse a site, with … in place of the reader's own variables: equal reasons count together."""
    return NAMED.sub("…", reason)


def run(args: argparse.Namespace) -> int:
    """Print the table, and write it where asked. Returns 0, or 1 when a row of the set could not be used."""
    if args.published:
        return published.run(args)
    complaints = Complaints()
    problems = list(with_code(iter_problems(args.problems, on_bad=complaints), args.problems))
    concepts = args.concepts.split(",") if args.concepts else None
    result = count(problems, concepts, mode=args.mode, seed=args.seed, workers=args.workers)
    command = f"procure counts --problems {args.problems} --mode {args.mode} --seed {args.seed}"
    command += f" --concepts {args.concepts}" if args.concepts else ""
    page = table(result, command)
    print(page)
    if args.out:
        args.out.parent.mkdir(parents=True, exist_ok=True)
        args.out.write_text(json.dumps({"command": command} | result, indent=1, ensure_ascii=False) + "\n")
        args.out.with_suffix(".md").write_text(page)
    return int(bool(complaints))


def count(
    problems: list[Problem],
    concepts: Iterable[str] | None = None,
    *,
    mode: str = "strict",
    seed: int = 0,
    workers: int = 2,
) -> dict:
    """Rewrite and validate every site that is not refused; `concepts` as in `find_sites`.

    Returns {"problems", "mode", "seed", "isolation", "concepts": {key: {"problems", "sites", "refused": {reason:
    number}, "rewritten", "valid", "valid_problems", "not_valid": [{"task_id", "site", "label", "status", "detail"}]}}}.
    A concept's "problems" are those with at least one site, its "valid_problems" those with a valid rewrite.
    """
    entries = {
        key: {"problems": 0, "sites": 0, "refused": Counter(), "rewritten": 0, "valid": 0, "valid_problems": set()}
        | {"not_valid": []}
        for key in known_concepts(concepts, mode)
    }
    made: list[tuple[Counterfactual, Problem, str]] = []
    for problem in problems:
        for key, entry in entries.items():
            sites = find_sites(problem.program, [key], mode)
            entry["problems"] += bool(sites)
            entry["sites"] += len(sites)
            entry["refused"].update(without_names(site.refused) for site in sites if site.refused)
            for site in sites:
                if not site.refused:
                    cf = perturb(problem.program, key, seed=seed, mode=mode, site=site, task_id=problem.task_id)
                    made.append((cf, problem, site.label))
    verdicts = validate_all(((cf, problem) for cf, problem, _ in made), workers=workers)
    isolation = set()
    for (cf, _, label), verdict in tqdm(zip(made, verdicts, strict=True), total=len(made), unit="row", file=sys.stderr):
        entry = entries[cf.concept]
        entry["rewritten"] += 1
        isolation.add(verdict.isolation)
        if verdict.status in VALID:
            entry["valid"] += 1
            entry["valid_problems"].add(cf.task_id)
        else:
            row = {"task_id": cf.task_id, "site": cf.site, "label": label}
            entry["not_valid"].append(row | {"status": verdict.status, "detail": verdict.detail})
    for entry in entries.values():
        entry["refused"] = dict(entry["refused"].most_common())
        entry["valid_problems"] = len(entry["valid_problems"])
    isolation = ", ".join(sorted(isolation - {""}))
    return {"problems": len(problems), "mode": mode, "seed": seed, "isolation": isolation, "concepts": entries}


def table(result: dict, command: str) -> str:
    """The counts as a Markdown page: the table, the refusals by reason, and every row that is not valid."""
    head = ["concept", "problems with a site", "sites", "refused", "rewritten", "valid", "not valid"]
    head += ["problems with a valid rewrite", "authors: rows, HumanEval", "CACP: pairs, HumanEval + MBPP"]
    cells = [
        [f"`{key}`", entry["problems"], entry["sites"], sum(entry["refused"].values()), entry["rewritten"]]
        + [entry["valid"], len(entry["not_valid"]), entry["valid_problems"], AUTHORS.get(key, "–"), CACP.get(key, "–")]
        for key, entry in result["concepts"].items()
    ]
    lines = [f"{result['problems']} problems, mode `{result['mode']}`; made by `{command}`.", ""]
    lines += [markdown.table(head, cells, right=head[1:])]
    lines += ["", REMARK, "", "Refused, by reason:", ""]
    for key, entry in result["concepts"].items():
        lines += [f"- `{key}`: {number} × {reason}" for reason, number in entry["refused"].items()]
    lines += ["", "Rewritten, but not valid:", ""]
    rows = [
        f"- `{key}`, {row['task_id']}, site {row['site']} (`{row['label']}`): `{row['status']}`: {row['detail']}"
        for key, entry in result["concepts"].items()
        for row in entry["not_valid"]
    ]
    return "\n".join(lines + (rows or ["- none"])) + "\n"
