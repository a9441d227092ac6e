"""`procure counts --published FILE`: what this kit's concept check says of counterfactuals that others published.

Of the 491 rows that count as successes in the authors' file on HumanEval it once called 375 valid, 19 unchanged and 97
another change than their concept asks. The file is not part of the kit: whoever has it can do that again.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterable

from procure_kit.concepts.recognition.concept_check import classify
from procure_kit.concepts.table import PAPER_CONCEPTS
from procure_kit.problems import markdown
from procure_kit.problems.published import read_published
from procure_kit.problems.rows import Complaints

STATUSES = ("ok", "no_change", "not_this_concept", "unparsable")


def run(args: argparse.Namespace) -> int:
    """Print the table, and write it where asked. Returns 0, or 1 when a row could not be used."""
    complaints = Complaints()
    fields = dict(part.split("=", 1) for part in args.fields.split(",")) if args.fields else None
    result = judge(read_published(args.published, fields, complaints))
    command = f"procure counts --published {args.published}" + (f" --fields {args.fields}" if args.fields else "")
    page = table(result, command)
    print(page)
    if args.out:
        args.out.parent.mkdir(parents=True, exist_ok=True)
        args.out.write_text(json.dumps({"command": command} | result, indent=1, ensure_ascii=False) + "\n")
        args.out.with_suffix(".md").write_text(page)
    return int(bool(complaints))


def judge(rows: Iterable[dict]) -> dict:
    """Count the check's answers by concept, of the rows that count as successes and of those that do not say.

    Returns {"rows", "failures", "unsaid", "concepts": {key: {status: number}}, "not_ok": [{"task_id", "concept",
    "status", "detail"}]}; "failures" are left out of the rest, "unsaid" are among it.
    """
    result = {"rows": 0, "failures": 0, "unsaid": 0, "concepts": {key: Counter() for key in PAPER_CONCEPTS}}
    not_ok = []
    for row in rows:
        result["rows"] += 1
        if row["success"] is False:
            result["failures"] += 1
            continue
        result["unsaid"] += row["success"] is None
        found = classify(row["original"], row["counterfactual"], row["concept"])
        result["concepts"][row["concept"]][found.status] += 1
        if found.status != "ok":
            not_ok.append(
                {key: row[key] for key in ("task_id", "concept")} | {"status": found.status, "detail": found.detail}
            )
    return result | {"not_ok": not_ok}


def table(result: dict, command: str) -> str:
    """A Markdown page: by concept, and every row that is not what its concept asks."""
    head = ["concept", "rows", "as its concept asks", "unchanged", "another change", "does not parse"]
    lines = [
        [f"`{key}`", counts.total(), *(counts[status] for status in STATUSES)]
        for key, counts in result["concepts"].items()
    ]
    lines.append(["all", *(sum(line[k] for line in lines) for k in range(1, len(head)))])
    said = f"{result['rows']} rows, of which {result['failures']} do not count as successes and are left out"
    if result["unsaid"]:
        said += f"; {result['unsaid']} do not say whether they count, and are judged"
    page = [f"{said}. Judged by syntax trees alone: no test has been run. Made by `{command}`.", ""]
    page += [markdown.table(head, lines, right=head[1:]), "", "Not as the concept asks:", ""]
    rows = [f"- {row['task_id']}, `{row['concept']}`: `{row['status']}`: {row['detail']}" for row in result["not_ok"]]
    return "\n".join(page + (rows or ["- none"])) + "\n"
