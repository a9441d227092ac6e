"""Questions and right answers to learn from: what the rules made of programs, written as edits.

Of the world's problems, CodeI/O's programs and CRUXEval's: never the kit's own, HumanEval's (near copies are left out
of CodeI/O already) or the world's held-out ones, on which the generator is measured.
"""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain, zip_longest
from random import Random

from procure_kit.concepts.perturbation import find_sites, perturb
from procure_kit.generation.llm.edits import CONCEPTS, ORDERS, edited, question, told_names
from procure_kit.generation.llm.excerpts import lines_of, shown_lines
from procure_kit.problems.counterfactual import Counterfactual, NotApplicable, Site
from procure_kit.validation.problem_names import load_problems
from procure_kit.world.generation import generate

SETS = ("codeio", "cruxeval")
LOOSE = 0.25  # of the programs, for which the looser mode chooses the sites


def make_rows(count: int, seed: int = 0) -> Iterator[dict]:
    """`count` rows, as many of each concept: `question`, `answer`, and which set, concept and mode they are of.

    The sets take turns. Raises: ModuleNotFoundError when a set's package is missing.
    """
    wanted = Counter({concept: -(-count // len(CONCEPTS)) for concept in CONCEPTS})
    rng = Random(f"rewriter {seed}")
    named = []
    for name in SETS:
        programs = [(name, problem.program) for problem in load_problems(name)]
        named.append(rng.sample(programs, len(programs)))
    named.append(("world", problem.program) for problem in generate(seed=seed + 1000, n=count))
    turns = chain.from_iterable(zip_longest(*named))
    made = (row for one in turns if one for row in _of_program(*one, +wanted, rng))
    for row in made:
        if wanted[row["concept"]] > 0:
            wanted[row["concept"]] -= 1
            yield row
        if not +wanted:
            return


def _of_program(name: str, source: str, wanted: Counter, rng: Random) -> Iterator[dict]:
    mode = "procure" if rng.random() < LOOSE else "strict"
    for concept in list(wanted):
        with suppress(NotApplicable, ValueError):  # no such site, or one whose rewriting is no edit of lines
            sites = [site for site in find_sites(source, [concept], mode) if site.refused is None]
            for site in rng.sample(sites, min(2 if concept in ORDERS else 1, len(sites))):
                cf = perturb(source, concept, rng.randrange(10**6), mode, site)
                yield {"set": name, "concept": concept, "mode": mode, **as_edits(cf, site)}


def as_edits(cf: Counterfactual, site: Site) -> dict[str, str]:
    """Question and answer that say what a counterfactual of the rules does.

    Raises: ValueError where edits of lines cannot say it.
    """
    names = {}
    if site.concept not in ORDERS:
        spans = zip(cf.changed_original, cf.changed, strict=True)
        names = {cf.original[slice(*old)]: cf.counterfactual[slice(*new)] for old, new in spans}
        names = {old: names[old] for old in told_names(site) if old in names}
    shown = shown_lines(cf.original, site, names)
    old, new = lines_of(cf.original), lines_of(cf.counterfactual)
    if len(old) != len(new):
        raise ValueError("the number of lines differs")
    lines = _order(old, new, shown) if site.concept in ORDERS else _renamed(old, new, shown, names)
    answer = "\n".join(lines)
    if edited(cf.original, answer, shown) != cf.counterfactual:
        raise ValueError("more than lines of the excerpt differs")
    return {"question": question(cf.original, site, names), "answer": answer}


def _order(old: list[str], new: list[str], shown: list[int]) -> Iterator[str]:
    """All lines of the excerpt in their new order: by number where they are the same, else with their new text."""
    bare = {number: old[number - 1].rstrip("\r\n") for number in shown}
    after = [new[number - 1].rstrip("\r\n") for number in shown]
    taken: list[int | None] = []
    for place, text in zip(shown, after, strict=True):  # a line that stayed where it was is itself
        same = [n for n, line in bare.items() if line == text and n not in taken]
        taken.append(place if place in same else same[0] if same else None)
    rest = iter([number for number in shown if number not in taken])
    for number, text in zip(taken, after, strict=True):
        yield str(number) if number else f"{next(rest)}: {text.strip()}"


def _renamed(old: list[str], new: list[str], shown: list[int], names: dict[str, str]) -> Iterator[str]:
    """Each line that differs: by the names that it trades where that says it, else with its new text."""
    for number in shown:
        before, after = old[number - 1], new[number - 1]
        if before == after:
            continue
        words = dict.fromkeys(word for word in re.findall(r"\w+", before) if word in names)
        if re.sub(r"\w+", lambda word: names.get(word[0], word[0]), before) == after:
            yield f"{number} {' '.join(f'{word}>{names[word]}' for word in words)}"
        else:
            yield f"{number}: {after.strip()}"
