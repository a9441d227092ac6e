"""Counterfactuals for a whole problem set, by the rules of the concepts; what cannot be done is a row that says why."""

from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import Executor
from contextlib import suppress
from functools import partial

from procure_kit.concepts.perturbation import find_sites, perturb
from procure_kit.concepts.table import PAPER_CONCEPTS, known_concepts
from procure_kit.problems.counterfactual import IDENTITY, Counterfactual, NotApplicable
from procure_kit.problems.problem import Problem

GENERATOR = "rules"


def identity(row: dict) -> tuple:
    """What makes a row a piece of work. Raises: ValueError for a field that is neither text nor a number."""
    for field in IDENTITY:
        if not isinstance(row.get(field), str | int | float | None):
            raise ValueError(f"field {field!r} must be a string or a number")
    return tuple(row.get(field) for field in IDENTITY)


def generate(
    problems: Iterable[Problem],
    concepts: Collection[str] | None = None,
    mode: str = "strict",
    seed: int = 0,
    every_site: bool = False,
    done: Collection[tuple] = (),
    executor: Executor | None = None,
) -> Iterator[Counterfactual]:
    """Yield one counterfactual for each problem and concept, or one for every site that can be rewritten.

    A problem without such a site gives a row whose status is "not_applicable" and whose detail has the reasons, one
    that cannot be read gives "unparsable"; the counterfactual is then the original and the site -1. `concepts` are
    those of `find_sites`, with its default. What has its `identity` in `done` is left out. `executor`: who works on the
    problems, each as a task of its own; any of `concurrent.futures`, or a Dask client's (`client.get_executor()`).
    The rows and their order are the same whoever works.

    Raises: ValueError for an unknown concept or mode.
    """
    work = partial(_of_problem, known_concepts(concepts, mode), mode, seed, every_site)
    if executor is None:
        made = (work(problem, done) for problem in problems)
    else:
        problems = list(problems)
        known = [[row for row in done if row[0] == problem.task_id] for problem in problems]
        made = executor.map(work, problems, known)
    for rows in made:
        yield from rows


def pairs_of(
    problems: Iterable[Problem], concepts: Collection[str] = PAPER_CONCEPTS, mode: str = "strict", seed: int = 0
) -> Iterator[tuple[Counterfactual, Problem]]:
    """One counterfactual of each of the concepts that applies to a problem, whose number is added to the seed."""
    for number, problem in enumerate(problems):
        for concept in concepts:
            with suppress(NotApplicable):
                yield perturb(problem.program, concept, seed + number, mode, task_id=problem.task_id), problem


def _of_problem(
    concepts: list[str], mode: str, seed: int, every_site: bool, problem: Problem, done: Collection[tuple]
) -> list[Counterfactual]:
    rows = []
    for concept in concepts:
        work = {"task_id": problem.task_id, "concept": concept, "mode": mode, "seed": seed, "generator": GENERATOR}
        rows += _of_concept(problem, work, every_site, {row for row in done if _same(row, work)})
    return rows


def _same(row: tuple, work: dict) -> bool:
    return row == identity(work | {"site": row[IDENTITY.index("site")]})


def _of_concept(problem: Problem, work: dict, every_site: bool, done: set[tuple]) -> Iterator[Counterfactual]:
    concept, mode, seed, source = work["concept"], work["mode"], work["seed"], problem.program
    if done and not every_site or identity(work | {"site": -1}) in done:
        return
    try:
        sites = [None]  # the seed chooses
        if every_site:
            sites = [site for site in find_sites(source, [concept], mode) if site.refused is None] or [None]
        for site in sites:
            if site is None or identity(work | {"site": site.index}) not in done:
                yield perturb(source, concept, seed=seed, mode=mode, site=site, task_id=problem.task_id)
    except NotApplicable as reason:
        yield _nothing(work, source, "not_applicable", str(reason))
    except ValueError as error:
        yield _nothing(work, source, "unparsable", str(error))


def _nothing(work: dict, source: str, status: str, detail: str) -> Counterfactual:
    values = {"site": -1, "changed": (), "changed_original": (), "soundness": "", "status": status, "detail": detail}
    return Counterfactual(**work, **values, original=source, counterfactual=source)
