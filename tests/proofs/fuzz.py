"""Random programs, rewritten and run before and after, until so many rewrites are done: `python -m tests.proofs.fuzz`.

Every site that claims to hold for any input, in both modes, and all of them at once, must leave what a program returns,
raises and does on each input as it was; every rewrite must compile, and one of ten goes through the concept check. Half
of the programs are laid out oddly. A run goes on where the last one stopped; what fails is kept with its seed.
"""

import argparse
import json
import os
import warnings
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from pathlib import Path
from random import Random

from procure_kit import classify, find_sites, perturb, perturb_all, recognise
from procure_kit.concepts.table import CONCEPTS, DEFAULT_CONCEPTS, MODES
from procure_kit.shipped import RESULTS
from tests.concepts.odd_layout import redress
from tests.concepts.random_programs import behaviours, random_program

CHECKED = 10  # one rewrite of so many also goes through the concept check, which takes longer than all else
BATCH = 20  # programs between two looks at the count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rewrites", type=int, default=200_000)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--out", type=Path, default=RESULTS / "fuzz.json")
    args = parser.parse_args()
    done = json.loads(args.out.read_text()) if args.out.exists() else {}
    counts, failed, seed = Counter(done.get("counts")), done.get("failed", []), done.get("programs", 0)
    with ProcessPoolExecutor(args.workers) as executor:
        while counts["rewrites"] < args.rewrites:
            for found, bad in executor.map(check, islice(range(seed, seed + BATCH), BATCH)):
                counts.update(found)
                failed += bad
            seed += BATCH
            write(args.out, seed, counts, failed)


def program(seed: int) -> str:
    """The program of a seed; every second one in an odd layout."""
    rng = Random(seed)
    source = random_program(rng)
    return redress(source, rng) if seed % 2 else source


def check(seed: int) -> tuple[Counter, list[dict]]:
    """Rewrite one program at every site. Returns: how many rewrites of which kind, and what went wrong."""
    warnings.simplefilter("ignore")
    source, counts, bad = program(seed), Counter(), []
    expected = behaviours(source)

    def judge(made, concept: str, mode: str, sure: bool, what: str) -> None:
        counts["rewrites"] += 1
        counts[f"{mode}, {'several at once' if '+' in concept else concept}"] += 1
        why = []
        try:
            if sure and behaviours(made.counterfactual) != expected:
                why.append("another behaviour")
            mixed_with_forms = "+" in concept and not set(concept.split("+")) <= set(DEFAULT_CONCEPTS)
            if counts["rewrites"] % CHECKED == 0 and not mixed_with_forms:  # of which `recognise` tells no mixture
                counts["checked by its concept"] += 1
                several = "+" in concept
                found = (
                    recognise(source, made.counterfactual)
                    if several
                    else classify(source, made.counterfactual, concept)
                )
                if found.status not in ("ok", "mixed"):
                    why.append(f"{found.status}: {found.detail}")
            else:
                compile(made.counterfactual, "rewritten", "exec")
        except Exception as error:  # whatever it is: the fuzzer reports and goes on
            why.append(f"{type(error).__name__}: {error}")
        bad.extend({"seed": seed, "mode": mode, "site": what, "why": each} for each in why)

    for mode in MODES:
        accepted = [site for site in find_sites(source, CONCEPTS, mode) if site.refused is None]
        for site in accepted:
            made = perturb(source, site.concept, seed, mode, site)
            counts[site.soundness] += 1
            judge(made, site.concept, mode, site.soundness == "syntactic", f"{site.concept} {site.index}")
        for concepts in (DEFAULT_CONCEPTS, tuple(CONCEPTS)) if accepted else ():
            made = perturb_all(source, concepts, seed, mode, "syntactic")
            if made.sites:
                judge(made, made.concept, mode, True, f"all of {len(concepts)} concepts")
    return counts, bad


def write(out: Path, programs: int, counts: Counter, failed: list[dict]) -> None:
    result = {"command": "python -m tests.proofs.fuzz", "programs": programs, "counts": dict(counts), "failed": failed}
    part = out.with_name(out.name + ".part")
    part.write_text(json.dumps(result, indent=1) + "\n")
    os.replace(part, out)


if __name__ == "__main__":
    main()
