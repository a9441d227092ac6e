"""A made-up set of twelve small programs, each below a statement, and files of their rewrites."""

from dataclasses import replace

from procure_kit.concepts.perturbation import perturb
from procure_kit.experiments.smollm2.recipe import Recipe
from procure_kit.problems.problem import Problem
from procure_kit.problems.rows import append_row

STATEMENT = '"""Riddle {n}, at length."""\n'
CODE = """\
def f{n}(a):
    b = a + {n}
    c = a * {n}
    if b < c:
        b = c
    else:
        c = b
    return b + c
"""
RECIPE = Recipe(pairs=6, batch_size=2, max_length=120, trained=("made-up",))
PROBLEMS = [Problem(f"made/{n}", STATEMENT.format(n=n), CODE.format(n=n), "", f"f{n}") for n in range(12)]


def rows_file(path, problems=PROBLEMS[:8], concepts=("if_else_flip", "independent_swap"), **changes):
    for problem in problems:
        for concept in concepts:
            cf = perturb(problem.program, concept, task_id=problem.task_id)
            append_row(path, replace(cf, **{"status": "valid_on_inputs"} | changes).to_row())
    return path
