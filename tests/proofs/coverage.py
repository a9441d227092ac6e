"""How often each concept applies, by set and mode: sites, refused, rewritten and, where a set has tests, valid.

    python -m tests.proofs.coverage humaneval mbpp-sanitized cruxeval codeio standard_library [--limit N]

HumanEval, CRUXEval and the kit's own problems in MBPP's format are counted as by `procure counts`. Of CodeI/O and the
standard library (the modules at its top) sites alone are counted: there are so many; what their rewrites do is in
behaviour.md, program_sets.md and standard_library.md. Each part is written when it is done, and not made again.
"""

import argparse
import json
import sysconfig
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import islice
from pathlib import Path

from procure_kit.commands.counts import count
from procure_kit.concepts.perturbation import find_sites
from procure_kit.concepts.table import CONCEPTS, MODES
from procure_kit.problems import markdown
from procure_kit.repositories.files import read_python
from procure_kit.shipped import RESULTS
from procure_kit.validation.problem_names import iter_problems, load_problems

COLUMNS = ("sites", "refused", "rewritten", "valid")
HEAD = ["set", "programs", "concept", *(f"{mode}: {what}" for mode in MODES for what in COLUMNS)]


def sources(name: str) -> Iterator[str]:
    if name == "codeio":
        yield from (problem.canonical_solution for problem in iter_problems(name, near_copies=True))
    else:
        for path in sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py")):
            yield read_python(path.read_bytes())[0]


def sites(mode: str, source: str) -> Counter:
    """(concept, whether it is refused) of every site; what cannot be read has none, and is counted as such."""
    try:
        return Counter((site.concept, site.refused is not None) for site in find_sites(source, CONCEPTS, mode))
    except ValueError:
        return Counter({("", True): 1})


def measure(name: str, mode: str, limit: int | None, workers: int) -> dict:
    """{"programs", "unread", "concepts": {key: [sites, refused, rewritten, valid or None]}}"""
    if name in ("codeio", "standard_library"):
        chosen = list(islice(sources(name), limit))
        with ProcessPoolExecutor(workers) as pool:
            found = sum(pool.map(partial(sites, mode), chosen, chunksize=8), Counter())
        cells = {key: (found[key, True], found[key, False]) for key in CONCEPTS}
        made = {key: [refused + accepted, refused, accepted, None] for key, (refused, accepted) in cells.items()}
        return {"programs": len(chosen), "unread": found["", True], "concepts": made}
    result = count(load_problems(name)[:limit], CONCEPTS, mode=mode, workers=workers)
    made = {
        key: [entry["sites"], sum(entry["refused"].values()), entry["rewritten"], entry["valid"]]
        for key, entry in result["concepts"].items()
    }
    return {"programs": result["problems"], "unread": 0, "concepts": made}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+")
    parser.add_argument("--limit", type=int, help="programs of each set; default: all")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, default=RESULTS / "coverage.json")
    args = parser.parse_args()
    report = json.loads(args.out.read_text()) if args.out.exists() else {}
    for name in args.sets:
        for mode in MODES:
            key = f"{name} {mode}"
            if key not in report:
                limit = f" --limit {args.limit}" if args.limit else ""
                part = measure(name, mode, args.limit, args.workers)
                report[key] = {"command": f"python -m tests.proofs.coverage {name}{limit}"} | part
                args.out.write_text(json.dumps(report, indent=1) + "\n")
                args.out.with_suffix(".md").write_text(page(report))


def page(report: dict) -> str:
    """One table: a line for each set and concept, both modes side by side."""
    lines: dict[tuple[str, str, str], dict[str, list]] = {}
    for key, part in report.items():
        name, mode = key.split(" ")
        unread = f" ({part['unread']} unread)" if part["unread"] else ""
        for concept, numbers in part["concepts"].items():
            cells = ["–" if number is None else number for number in numbers]
            lines.setdefault((name, f"{part['programs']}{unread}", f"`{concept}`"), {})[mode] = cells
    missing = ["not yet"] * len(COLUMNS)
    rows = [[*line, *(cell for mode in MODES for cell in modes.get(mode, missing))] for line, modes in lines.items()]
    made = "; ".join(dict.fromkeys(f"`{part['command']}`" for part in report.values()))
    return f"Made by {made}.\n\n{markdown.table(HEAD, rows, right=[HEAD[1], *HEAD[3:]])}\n"


if __name__ == "__main__":
    main()
