"""What a perturbation costs, beside a bare LibCST round trip and mutmut's mutants of the same files:

    python -m tests.benchmarks.perturbation_speed [--rounds 3] [--only workers]

Kit: all sites of all concepts found in a fresh analysis, and a whole program made for each accepted one. Peer: mutmut's
`mutate_file_contents`, which makes one file that holds all mutants. The unit is `libcst.parse_module(source).code`,
once for each program made. Kit, peer and unit take turns in one process; figures are medians over rounds.
"""

import argparse
import importlib.util
import json
import os
import platform
from contextlib import chdir
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import libcst as cst
from tqdm import tqdm

import procure_kit.concepts as concepts
from procure_kit.analysis.analysis import analyse
from procure_kit.concepts.keyword_calls import clear
from procure_kit.generation.processes import mapped
from procure_kit.generation.rules import generate
from procure_kit.shipped import RESULTS
from procure_kit.validation.problem_names import load_problems

MODULES = ("argparse", "tarfile", "turtle", "_pydecimal")  # among the standard library's largest
LENGTHS = (1_000, 2_000, 5_000, 10_000)  # lines


def timed(work) -> tuple[float, int]:
    start = perf_counter()
    count = work()
    return perf_counter() - start, count


def round_trip(sources: list[str]) -> int:
    for source in sources:
        assert cst.parse_module(source).code == source
    return len(sources)


def perturbed(sources: list[str]) -> int:
    """Every program of every accepted site."""
    clear()
    analyse.cache_clear()
    concepts._sites.cache_clear()
    made = 0
    for source in sources:
        for site in concepts.find_sites(source):
            if site.refused is None:
                concepts.perturb(source, site.concept, 0, site=site)
                made += 1
    return made


def mutated(sources: list[str]) -> int:
    from mutmut.mutation.file_mutation import mutate_file_contents

    return sum(len(mutate_file_contents("program.py", source).mutant_names) for source in sources)


def compare(sources: list[str], rounds: int) -> dict:
    seen = {"round trip": [], "kit": [], "mutmut": []}
    for _ in range(rounds):
        for name, work in (("round trip", round_trip), ("kit", perturbed), ("mutmut", mutated)):
            seconds, count = timed(partial(work, sources))
            seen[name].append(seconds / max(1, count))
            if name == "kit":
                programs = count
            elif name == "mutmut":
                mutants = count
    unit, kit, peer = (median(seen[name]) for name in seen)
    # One round trip for each program made: of the same file, so the mean over files weighs each by its programs.
    return {
        "files": len(sources), "programs": programs, "mutants": mutants, "round trip ms": 1000 * unit,
        "kit ms a program": 1000 * kit, "mutmut ms a mutant": 1000 * peer, "kit ÷ round trip": kit / unit,
        "kit ÷ mutmut": kit / peer,
    }  # fmt: skip


def standard_module(name: str) -> str:
    return Path(importlib.util.find_spec(name).origin).read_text(encoding="utf-8")


def of_length(lines: int) -> str:
    """Whole functions and classes of one module, again and again, up to a number of lines."""
    module = cst.parse_module(standard_module("argparse"))
    parts = [module.code_for_node(node) for node in module.body if isinstance(node, cst.FunctionDef | cst.ClassDef)]
    text, count, number = [], 0, 0
    while count < lines:
        text.append(parts[number % len(parts)])
        count += text[-1].count("\n")
        number += 1
    return "".join(text)


def scaling(rounds: int) -> list[dict]:
    rows = []
    for lines in LENGTHS:
        source = of_length(lines)
        length = source.count("\n")
        found, at_once = [], []
        for _ in range(rounds):
            clear()
            analyse.cache_clear()
            concepts._sites.cache_clear()
            found.append(timed(lambda source=source: len(concepts.find_sites(source)))[0])
            at_once.append(timed(lambda source=source: len(concepts.perturb_all(source).sites))[0])
        rows.append(
            {"lines": length, "find s": median(found), "find ms a line": 1000 * median(found) / length}
            | {"rewrite all s": median(at_once), "rewrite all ms a line": 1000 * median(at_once) / length}
        )
    return rows


def _rows(problem) -> int:
    return sum(len(list(generate([problem], every_site=True, seed=seed))) for seed in range(4))


def with_workers(workers: int) -> float:
    """Seconds for HumanEval and CRUXEval with four seeds: long enough that starting the processes is a small part."""
    problems = [*load_problems("humaneval"), *load_problems("cruxeval")]
    return timed(lambda: sum(mapped(_rows, problems, workers, f"{workers} workers", "problem", 8)))[0]


def speed(modules: list[str], rounds: int) -> list[dict]:
    sets = {"HumanEval": [problem.program for problem in load_problems("humaneval")]}
    sets |= {f"{name}.py": [standard_module(name)] for name in modules}
    with TemporaryDirectory() as folder, chdir(folder):  # mutmut looks there for a folder of sources
        Path("src").mkdir()
        return [{"source": name} | compare(sources, rounds) for name, sources in tqdm(sets.items())]


def table(rows: list[dict]) -> str:
    head = list(rows[0])
    lines = [f"| {' | '.join(head)} |", "| --- |" + " ---: |" * (len(head) - 1)]
    for row in rows:
        lines.append(f"| {' | '.join(f'{v:.3g}' if isinstance(v, float) else str(v) for v in row.values())} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--modules", nargs="*", default=MODULES)
    parser.add_argument("--only", choices=("speed", "scaling", "workers"), help="the rest stays as it was measured")
    parser.add_argument("--out", type=Path, default=RESULTS / "perturbation_speed.json")
    args = parser.parse_args()
    parts = json.loads(args.out.read_text()) if args.only else {}
    wanted = (args.only,) if args.only else ("speed", "scaling", "workers")
    names = " ".join(args.modules)
    parts |= {
        "command": f"python -m tests.benchmarks.perturbation_speed --rounds {args.rounds} --modules {names}",
        "machine": f"{os.cpu_count()} CPU cores, no GPU; Python {platform.python_version()}, LibCST, mutmut",
    }
    if "speed" in wanted:
        parts["speed"] = speed(args.modules, args.rounds)
    if "scaling" in wanted:
        parts["scaling"] = scaling(args.rounds)
    if "workers" in wanted:
        parts["workers"] = [{"workers": n, "seconds": with_workers(n)} for n in args.workers]
    args.out.write_text(json.dumps(parts, indent=1) + "\n")
    tables = [table(parts[name]) for name in ("speed", "scaling", "workers")]
    page = "\n\n".join([f"Made by `{parts['command']}` on {parts['machine']}.", *tables]) + "\n"
    args.out.with_suffix(".md").write_text(page)
    print(page)


if __name__ == "__main__":
    main()
