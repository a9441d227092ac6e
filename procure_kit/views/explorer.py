"""`explorer()`: choose a problem or type code, a concept, a site and a seed; see the counterfactual and what is made
of it at once: the verdict, the tokens that the loss weights, what the analysis sees, where a model looks.

It is made of ipywidgets alone, so JupyterLab, VS Code and Colab show it; where none of them runs it is a picture.
"""

from dataclasses import replace
from html import escape
from pathlib import Path

import ipywidgets as widgets

from procure_kit.concepts.candidate import short
from procure_kit.concepts.perturbation import find_sites, perturb
from procure_kit.concepts.table import CONCEPTS
from procure_kit.problems.counterfactual import Counterfactual, NotApplicable, Site
from procure_kit.problems.problem import Problem
from procure_kit.problems.rows import append_row, read_rows
from procure_kit.validation.problem_names import load_problems
from procure_kit.validation.validation import validate
from procure_kit.views.analysis_pictures import control_flow_picture, definition_use_picture
from procure_kit.views.code_html import show_example, show_pair, show_sites
from procure_kit.views.screenshot import picture

OWN_CODE = "my own code"
ANY_SITE = ("any (the seed chooses)", -1)
LONGEST = 4096  # tokens of a program whose weighted tokens and attention are shown
WIDE = widgets.Layout(width="98%")
TABS = ("pair", "sites", "flow", "loss", "attention")
PAIR, SITES, FLOW, TOKENS, ATTENTION = range(len(TABS))


def explorer(problem_set: str = "kit", *, model=None, tokenizer=None, kept: str | Path = "kept.jsonl") -> "Explorer":
    """The interactive front of the whole method, as one ipywidgets box.

    model: a loaded model with its `tokenizer`, or a name for `load_model`; by default "tiny", loaded when first needed.
    kept: the JSONL file that kept pairs are appended to, as rows for training; `.kept` lists them.
    """
    return Explorer(problem_set, model, tokenizer, Path(kept))


class Explorer(widgets.VBox):
    """`pair` is the counterfactual shown (None: there is none), `verdict` its verdict, `kept` the pairs kept so far."""

    def __init__(self, problem_set, model, tokenizer, path: Path):
        self.problems = {problem.task_id: problem for problem in load_problems(problem_set)}
        self.loaded = (model, tokenizer) if tokenizer is not None else None
        self.model_name = model if isinstance(model, str) else "tiny"
        self.path = path
        self.kept = [Counterfactual.from_row(row) for row in read_rows(path)] if path.exists() else []
        self.pair, self.verdict = None, None

        self.problem = widgets.Dropdown(options=[*self.problems, OWN_CODE], description="problem")
        self.concept = widgets.Dropdown(options=list(CONCEPTS), description="concept")
        self.site = widgets.Dropdown(options=[ANY_SITE], description="site", layout={"width": "34em"})
        self.seed = widgets.BoundedIntText(value=0, min=0, max=10**6, description="seed")
        self.keep = widgets.Button(description="keep this pair", icon="bookmark")
        self.code = widgets.Textarea(description="code", rows=14, layout=WIDE, continuous_update=False)
        self.said, self.count = widgets.HTML(), widgets.HTML()
        self.shown = [widgets.HTML(layout=WIDE) for _ in TABS]
        self.tabs = widgets.Tab(children=self.shown, titles=TABS, selected_index=PAIR)
        choices = widgets.HBox([self.problem, self.concept, self.site, self.seed], layout={"flex_flow": "row wrap"})
        kept = widgets.HBox([self.keep, self.count], layout={"align_items": "center"})
        super().__init__([choices, self.code, self.said, kept, self.tabs])

        self.problem.observe(self._told(self._show_problem), "value")
        self.code.observe(self._told(self._show_sites), "value")
        self.concept.observe(self._told(self._show_sites), "value")
        self._site_chosen = self._told(self._show_pair)
        self.site.observe(self._site_chosen, "value")
        self.seed.observe(self._told(self._show_pair), "value")
        self.tabs.observe(self._told(self._show_tab), "selected_index")
        self.keep.on_click(self._told(self._keep))
        self._count()
        self._told(self._show_problem)(None)

    def _told(self, action):
        """What goes wrong becomes a sentence: typed code, a model that is not there, a full disk."""

        def safe(_) -> None:
            try:
                action()
            except Exception as error:
                self.said.value = message(sentence(error))

        return safe

    def _show_problem(self) -> None:
        known = self.problems.get(self.problem.value)
        if known is None or self.code.value == known.program:
            self._show_sites()
        else:
            self.code.value = known.program

    def _show_sites(self) -> None:
        """List the sites of the concept, refused ones too, and draw the pair anew."""
        self._forget()
        self._offer([])  # code that cannot be read has no sites
        found = find_sites(self.code.value, [self.concept.value])
        self.shown[SITES].value = show_sites(found).html
        self._offer(found)
        self._show_pair()

    def _offer(self, found: list[Site]) -> None:
        self.site.unobserve(self._site_chosen, "value")  # new options change the value; that is nobody's choice
        self.site.options = [ANY_SITE, *((site_label(site), site.index) for site in found)]
        self.site.observe(self._site_chosen, "value")

    def _forget(self) -> None:
        """Nothing stays on show that belongs to an earlier choice."""
        self.pair = self.verdict = None
        for shown in (self.said, *self.shown):
            shown.value = ""

    def _show_pair(self) -> None:
        sites = self.shown[SITES].value
        self._forget()
        self.shown[SITES].value = sites
        task = self.problem.value if self._problem() else "own"
        site = None if self.site.value == ANY_SITE[1] else self.site.value
        self.pair = perturb(self.code.value, self.concept.value, seed=self.seed.value, site=site, task_id=task)
        self.shown[PAIR].value = show_pair(self.pair).html
        self._judge()
        self._show_tab()

    def _judge(self) -> None:
        problem = self._problem()
        if problem is None:
            self.said.value = message("Your own code has no tests here: choose a problem to have a verdict.")
            return
        self.said.value = message("running the tests …")
        self.verdict = validate(self.pair, problem)
        self.pair = replace(self.pair, status=self.verdict.status, detail=self.verdict.detail)
        seconds = f"{self.verdict.seconds:.2f} s, {self.verdict.isolation or 'not run'}"
        self.said.value = message(f"{self.verdict.status} ({seconds}) {self.verdict.detail}")

    def _problem(self) -> Problem | None:
        return self.problems.get(self.problem.value)

    def _show_tab(self) -> None:
        """What takes longer is made when it is looked at, for the pair that is shown then."""
        makers = {FLOW: self._flow, TOKENS: self._tokens, ATTENTION: self._attention}
        tab = self.tabs.selected_index
        if self.pair is None or tab not in makers or self.shown[tab].value:
            return
        self.shown[tab].value = message("measuring …")
        try:
            self.shown[tab].value = makers[tab]()
        except Exception as error:  # the pair and its verdict stay as they are
            self.shown[tab].value = message(sentence(error))

    def _flow(self) -> str:
        """Definition–use arrows and control-flow graph of the function that was rewritten, in both programs."""
        sides = (self.pair.original, self.pair.changed_original), (self.pair.counterfactual, self.pair.changed)
        parts = []
        for draw, title in ((definition_use_picture, "definitions and uses"), (control_flow_picture, "control flow")):
            for side, (text, spans) in zip(("original", "counterfactual"), sides, strict=True):
                picture = message(f"{title}, {side}") + draw(text, spans[0][0] if spans else None).html
                parts.append(f'<div style="flex:1 1 30em;min-width:0">{picture}</div>')
        return f'<div style="display:flex;flex-wrap:wrap;gap:0 1em">{"".join(parts)}</div>'

    def _tokens(self) -> str:
        from procure_kit.training.examples import build_example

        tokenizer = self._model()[1]
        return show_example(tokenizer, build_example(tokenizer, self.pair, self._problem(), max_length=LONGEST)).html

    def _attention(self) -> str:
        from procure_kit.views.pair.view import attention_pair

        return attention_pair(*self._model(), self.pair).frame()

    def _model(self) -> tuple:
        from procure_kit.training.models import load_model

        self.loaded = model, tokenizer = self.loaded or load_model(self.model_name)
        tokens = max(len(tokenizer(text)["input_ids"]) for text in (self.pair.original, self.pair.counterfactual))
        if tokens > LONGEST:
            raise ValueError(f"the program has {tokens:,} tokens, and this is shown for {LONGEST:,} at most")
        return model, tokenizer

    def _keep(self) -> None:
        if self.pair is None:
            raise ValueError("there is no pair to keep")
        if self.verdict is not None and self.verdict.status != "valid":
            raise ValueError(f"only valid pairs train well: this one is {self.verdict.status}")
        if self.pair not in self.kept:
            append_row(self.path, self.pair.to_row())
            self.kept.append(self.pair)
        if self.verdict is None:
            self.said.value = message("Kept without a verdict: training leaves it out until its tests have passed.")
        self._count()

    def _count(self) -> None:
        number = len(self.kept)
        self.count.value = message(f"{number} pair{'' if number == 1 else 's'} kept in {self.path.name}")

    @property
    def html(self) -> str:
        """What it shows now, without the controls."""
        chosen = " · ".join(f"{w.description}: {w.value}" for w in (self.problem, self.concept, self.seed))
        return "".join([message(chosen), self.said.value, self.shown[PAIR].value, self.shown[SITES].value])

    def _repr_mimebundle_(self, **options) -> dict:
        """The widgets, or a picture of them."""
        style = "<style>body{font:16px sans-serif}td,th{padding:0 1em 0 0}</style>"
        shown = picture(f'<!doctype html><meta charset="utf-8">{style}{self.html}', "the explorer", 1200, 640)
        return shown or (super()._repr_mimebundle_(**options) | {"text/html": self.html})


def site_label(site: Site) -> str:
    refused = "" if site.refused is None else f" — refused: {site.refused}"
    return short(f"{site.index}: line {site.line}, {site.label}{refused}", 90)


def sentence(error: Exception) -> str:
    return str(error) if isinstance(error, NotApplicable | ValueError) else f"{type(error).__name__}: {error}"


def message(text: str) -> str:
    """One line of text, escaped."""
    return f"<p><b>{escape(text)}</b></p>"
