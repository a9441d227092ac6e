"""What a model makes of a set's pairs, as a 2 × 2 that leads to the pairs: completed right or wrong, on both sides.

Greedy completions from CACP's cut points (arXiv 2402.05980). `tiny`'s on the kit's own sets ship with the kit; another
model or set is measured when one asks for it.
"""

import json
from collections.abc import Callable
from functools import partial
from html import escape

import ipywidgets as widgets

from procure_kit.concepts.perturbation import find_sites, perturb
from procure_kit.evaluation.evaluation import evaluate
from procure_kit.problems.counterfactual import Counterfactual
from procure_kit.problems.problem import Problem
from procure_kit.shipped import RESULTS

STORED = "outcomes_{}.json"  # made by `python -m tests.benchmarks.outcomes`
CELLS = {(True, True): "both", (True, False): "only the original", (False, True): "only the counterfactual"}
CELLS[False, False] = "neither"
NOT_YET = "What {} makes of both programs of a pair has not been measured on these problems."
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


def measured(model, tokenizer, problem: Problem) -> list[Outcome]:
    """What a model makes of a problem's pairs that have a cut point; nothing where its program cannot be read."""
    try:
        pairs = pairs_of([problem])
    except ValueError:
        return []
    rows = evaluate(model, tokenizer, pairs, k=(1,), samples=1).rows
    return [(r["task_id"], r["concept"], r["site"], r["original"][0], r["counterfactual"][0]) for r in rows]


class Outcomes(widgets.VBox):
    """Four buttons with counts; one that is pressed lists its pairs, and choosing a pair calls `jump` with its task_id,
    concept and site.

    name: the model's; found: what is known of it. Where that is None, a button asks the model itself, which `load`
    gives with its tokenizer, one problem after another.
    """

    def __init__(
        self,
        problems: list[Problem],
        name: str,
        found: list[Outcome] | None,
        load: Callable[[], tuple],
        jump: Callable[[str, str, int], None],
    ):
        self.name, self.load, self.jump = name, load, jump
        self.found, self.left, self.total = found or [], problems if found is None else [], len(problems)
        self.said = widgets.HTML()
        self.ask = widgets.Button(description="measure it now", icon="play", layout={"margin": "0 0 0 1em"})
        self.buttons = {cell: widgets.Button(layout={"width": "15em"}) for cell in CELLS}
        self.pairs = widgets.Dropdown(options=[("choose one of the four", None)], layout={"width": "34em"})
        for cell, button in self.buttons.items():
            button.on_click(partial(self._list, cell))
        self.pairs.observe(self._chosen, "value")
        grid = widgets.GridBox(list(self.buttons.values()), layout={"grid_template_columns": "repeat(2, 15.5em)"})
        wrapped = {"flex_flow": "row wrap", "align_items": "center"}
        self.counts = widgets.HBox([grid, self.pairs], layout=wrapped)
        super().__init__([widgets.HBox([self.said, self.ask], layout=wrapped), self.counts])
        self._count()

    def measure(self) -> None:
        """Ask the model. An interrupt ends it, what is measured stays, and a second call goes on."""
        self.ask.disabled = True
        try:
            model, tokenizer = self.load()
            while self.left:
                self._count(" The stop button of the notebook (■) ends this, and what is measured stays.")
                self.found = self.found + measured(model, tokenizer, self.left[0])
                self.left = self.left[1:]
        except KeyboardInterrupt:
            self.ask.description = "go on"
        finally:
            self.ask.disabled = False
            self._count()

    def _count(self, how: str = "") -> None:
        name = escape(self.name)
        said = f"{name} goes on from the middle of both programs of {len(self.found)} pairs. It is right in …"
        if self.left:
            done = self.total - len(self.left)
            said = f"{said} ({done} of {self.total} problems so far.{how})" if done or how else NOT_YET.format(name)
        self.said.value = f"<b>{said}</b>"
        self.ask.layout.display = "" if self.left else "none"
        self.counts.layout.display = "" if self.found else "none"
        for cell, button in self.buttons.items():
            number = len(self._of(cell))
            button.description, button.disabled = f"{CELLS[cell]}: {number}", not number

    def _of(self, cell: tuple[bool, bool]) -> list[Outcome]:
        return [outcome for outcome in self.found if outcome[3:] == cell]

    def _list(self, cell: tuple[bool, bool], _) -> None:
        outcomes = self._of(cell)
        labels = [(f"{task}, {concept}, site {site}", (task, concept, site)) for task, concept, site, *_ in outcomes]
        self.pairs.options = [(f"{len(outcomes)} pairs: choose one", None), *labels]
        self.pairs.index = 0  # not `value = None`: that would choose nothing, and show a blank

    def _chosen(self, change) -> None:
        if change["new"] is not None:
            self.jump(*change["new"])
