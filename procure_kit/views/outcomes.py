"""What a model makes of a set's pairs, as a 2 × 2 that leads to the pairs: completed right or wrong, on both sides.

Greedy completions from CACP's cut points (arXiv 2402.05980). `tiny`'s on the kit's own sets ship with the kit; for
another model or set there is none to show.
"""

import json
from collections.abc import Callable
from functools import partial

import ipywidgets as widgets

from procure_kit.concepts.perturbation import find_sites, perturb
from procure_kit.problems.counterfactual import Counterfactual
from procure_kit.problems.problem import Problem
from procure_kit.shipped import RESULTS

STORED = "outcomes_{}.json"  # made by `python -m tests.benchmarks.outcomes`
CELLS = {(True, True): "both", (True, False): "only the original", (False, True): "only the counterfactual"}
CELLS[False, False] = "neither"
Outcome = tuple[str, str, int, bool, bool]  # task_id, concept, site, whether the original and the counterfactual pass


def pairs_of(problems: list[Problem], seed: int = 0) -> list[tuple[Counterfactual, Problem]]:
    """Every accepted site of every concept, rewritten."""
    return [
        (perturb(problem.program, site.concept, seed=seed, site=site, task_id=problem.task_id), problem)
        for problem in problems
        for site in find_sites(problem.program)
        if site.refused is None
    ]


def stored(problem_set: str, model: str) -> list[Outcome] | None:
    """What ships with the kit; None where that set was not measured for that model."""
    path = RESULTS / STORED.format(model)
    found = json.loads(path.read_text("utf-8"))["sets"].get(problem_set) if path.is_file() else None
    return None if found is None else [(*outcome,) for outcome in found]


class Outcomes(widgets.VBox):
    """Four buttons with counts; one that is pressed lists its pairs, and choosing a pair calls `jump` with its task_id,
    concept and site."""

    def __init__(self, problem_set: str, model: str | None, jump: Callable[[str, str, int], None]):
        self.problem_set, self.jump = problem_set, jump
        self.found = stored(problem_set, model) if model and isinstance(problem_set, str) else None
        if not self.found:
            super().__init__([])
            return
        by_cell = {cell: [o for o in self.found if o[3:] == cell] for cell in CELLS}
        self.buttons = {
            cell: widgets.Button(description=f"{CELLS[cell]}: {len(by_cell[cell])}", layout={"width": "15em"})
            for cell in CELLS
        }
        self.pairs = widgets.Dropdown(options=[("choose one of the four", None)], layout={"width": "34em"})
        for cell, button in self.buttons.items():
            button.disabled = not by_cell[cell]
            button.on_click(partial(self._list, by_cell[cell]))
        self.pairs.observe(self._chosen, "value")
        said = f"<b>{model} goes on from the middle of both programs of {len(self.found)} pairs. It is right in …</b>"
        grid = widgets.GridBox(list(self.buttons.values()), layout={"grid_template_columns": "repeat(2, 15.5em)"})
        row = widgets.HBox([grid, self.pairs], layout={"flex_flow": "row wrap", "align_items": "center"})
        super().__init__([widgets.HTML(said), row])

    def _list(self, outcomes: list[Outcome], _) -> None:
        labels = [(f"{task}, {concept}, site {site}", (task, concept, site)) for task, concept, site, *_ in outcomes]
        self.pairs.options = [(f"{len(outcomes)} pairs: choose one", None), *labels]
        self.pairs.value = None

    def _chosen(self, change) -> None:
        if change["new"] is not None:
            self.jump(*change["new"])
