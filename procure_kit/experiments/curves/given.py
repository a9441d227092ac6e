"""Pairs out of a file, as written.py makes it, in place of fresh ones: by a model, or by the rules at its sites."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

from procure_kit.concepts.perturbation import perturb
from procure_kit.problems.counterfactual import VALID, Counterfactual
from procure_kit.problems.problem import Problem
from procure_kit.problems.rows import read_rows
from procure_kit.world.generation import generate

WRITTEN = Path("runs/curves/written.jsonl")
PROGRAMS = 3_000_000  # the seed of the world: no stream of a run reads these


def given(path: Path, writer: str, seed: int) -> Iterator[tuple[Counterfactual, Problem]]:
    """Every valid row of a file with its problem, again and again, in orders that the seed decides.

    Raises: FileNotFoundError with the command that makes the file; ValueError where no row of it is valid.
    """
    if not path.exists():
        raise FileNotFoundError(f"{path} is not there: python -m procure_kit.experiments.curves.written makes it")
    rows = {row["task_id"]: Counterfactual.from_row(row) for row in read_rows(path) if row["status"] in VALID}
    if not rows:
        raise ValueError(f"{path} holds no valid row")
    last = max(int(task_id.rpartition("/")[2]) for task_id in rows)
    problems = {problem.task_id: problem for problem in generate(PROGRAMS, last + 1)}
    pairs = [(by_rules(cf) if writer == "rules" else cf, problems[task_id]) for task_id, cf in rows.items()]
    rng = Random(f"given {seed}")
    while True:
        yield from rng.sample(pairs, len(pairs))


def by_rules(cf: Counterfactual) -> Counterfactual:
    return perturb(cf.original, cf.concept, cf.seed, cf.mode, task_id=cf.task_id)
