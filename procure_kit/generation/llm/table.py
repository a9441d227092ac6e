"""Generators side by side, by concept: what was attempted, what came out valid, why not, and what it cost."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import islice
from time import perf_counter

from procure_kit.concepts.perturbation import find_sites
from procure_kit.concepts.table import CONCEPTS
from procure_kit.generation.rules import generate
from procure_kit.problems.counterfactual import VALID
from procure_kit.problems.markdown import table
from procure_kit.problems.problem import Problem
from procure_kit.validation.validation import validate_all

COLUMNS = ("concept", "generator", "attempts", "valid", "why not", "turns", "tokens", "seconds")


def with_sites(problems: Iterable[Problem], concept: str, limit: int) -> list[Problem]:
    """The first problems in which a concept has a site that can be rewritten, `limit` at most."""
    found = (p for p in problems if any(site.refused is None for site in find_sites(p.program, [concept])))
    return list(islice(found, limit))


def rules_rows(problems: list[Problem], concept: str) -> Iterator[dict]:
    """The rules' rows for the same sites, validated; one turn and no token each, `seconds` to rewrite one."""
    for problem in problems:
        start = perf_counter()
        (cf,) = generate([problem], [concept])
        extra = {"turns": 1, "tokens": 0, "seconds": perf_counter() - start}
        if not cf.status:
            (verdict,) = validate_all([(cf, problem)], workers=1)
            extra |= {name: value for name, value in asdict(verdict).items() if name in ("status", "detail")}
        yield cf.to_row() | extra


def compare(rows: Iterable[dict]) -> list[dict]:
    """One line for each concept and generator in the rows, in the concepts' order.

    Rows without a site count as no attempt. `turns` are generations, `tokens` go in and out, `seconds` are those of the
    generator, all three summed; "why not" counts the last status of each attempt that is not valid.
    """
    groups: dict[tuple[str, str], list[dict]] = {}
    for row in rows:
        if row["status"] != "not_applicable":
            groups.setdefault((row["concept"], row["generator"]), []).append(row)
    order = list(CONCEPTS)
    lines = []
    for (concept, generator), made in sorted(groups.items(), key=lambda item: order.index(item[0][0])):
        statuses = Counter(row["status"] for row in made)
        valid = sum(statuses.pop(status, 0) for status in VALID)
        sums = {name: sum(row[name] for row in made) for name in ("turns", "tokens", "seconds")}
        lines.append(
            {"concept": concept, "generator": generator, "attempts": len(made), "valid": valid}
            | {"why not": ", ".join(f"{n} {status}" for status, n in statuses.most_common()) or "–"}
            | {**sums, "seconds": float(f"{sums['seconds']:.3g}")}
        )
    return lines


def markdown(lines: list[dict]) -> str:
    """`compare`'s lines as a table."""
    rows = ([line[name] for name in COLUMNS] for line in lines)
    return table(COLUMNS, rows, right=set(COLUMNS) - {"concept", "generator", "why not"})
