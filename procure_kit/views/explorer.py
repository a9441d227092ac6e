"""`explorer()`: choose a problem or type code, a concept, a site and a seed; see the counterfactual and what is made
of it at once: the verdict, the tokens that the loss weights, what the analysis sees, where a model looks.

It is made of ipywidgets and two small anywidgets, so JupyterLab, VS Code and Colab show it; where none of them runs it
is a picture.
"""

from dataclasses import dataclass, field, replace
from html import escape
from pathlib import Path

import ipywidgets as widgets

from procure_kit.analysis.source_tree import short
from procure_kit.concepts.perturbation import find_sites, perturb
from procure_kit.concepts.table import CONCEPTS
from procure_kit.problems.counterfactual import Counterfactual, NotApplicable, Site
from procure_kit.problems.problem import Problem
from procure_kit.problems.rows import append_row, read_rows
from procure_kit.validation.problem_names import load_problems
from procure_kit.validation.validation import Verdict, validate
from procure_kit.views.code_html import PRE, mark_spans, show_example, show_pair, show_sites
from procure_kit.views.editor import Editor, Said
from procure_kit.views.outcomes import Outcomes, stored
from procure_kit.views.own_tests import problem_of_examples
from procure_kit.views.pair.frame import Frame
from procure_kit.views.pair_flow import show_flow
from procure_kit.views.screenshot import picture

OWN_CODE = "my own code"
START = "def shorter(a, b):\n    if len(a) < len(b):\n        best = a\n    else:\n        best = b\n    return best\n"
EXAMPLES = "shorter('ab', 'c') == 'c'\nshorter('a', 'bc') == 'a'"
GIVEN = ("the problem's own code", -1)
ANY_SITE = ("any (the seed chooses)", -1)
LONGEST = 4096  # tokens of a program whose weighted tokens and attention are shown
WIDE = widgets.Layout(width="98%")
TABS = ("pair", "flow", "loss", "attention")
PAIR, FLOW, TOKENS, ATTENTION = range(len(TABS))
SOUND = {"syntactic": "it holds for any input", "tested": "it holds as far as the tests tell"}
MEANING = {
    "valid": "both programs pass the tests, and versions that are broken on purpose fail them",
    "valid_on_inputs": "on these inputs it returns what the original does; versions broken on purpose do not",
    "valid_in_own_process": "both programs pass the tests, which ran in the program's own process",
    "tests_too_weak": "not decided: broken versions pass these tests too",
    "original_fails": "nothing to compare with: the original does not pass its tests",
    "tests_fail": "the counterfactual fails a test that the original passes",
    "timeout": "the counterfactual takes far longer than the original",
}


@dataclass
class Memory:
    """What was typed and chosen: the cell that shows the explorer, run again, goes on with it."""

    typed: dict[str, list[str]] = field(
        default_factory=lambda: {OWN_CODE: [START]}
    )  # by problem: nothing is thrown away
    examples: str = EXAMPLES
    chosen: tuple[str, str, int] | None = None  # problem, concept, seed


_memories: dict[tuple[str, Path], Memory] = {}  # of this kernel, by the set and the file of kept pairs


def explorer(problem_set: str = "kit", *, model=None, tokenizer=None, kept: str | Path = "kept.jsonl") -> "Explorer":
    """The interactive front of the whole method, as one ipywidgets box.

    model: a loaded model with its `tokenizer`, or a name for `load_model`; by default "tiny", loaded when first needed.
    kept: the JSONL file that kept pairs are appended to, as rows for training; `.kept` lists them. Called again in the
    same process for the same set and file, it goes on with what was typed and chosen.
    Raises: ValueError for a loaded model without its tokenizer.
    """
    if tokenizer is None and not isinstance(model, str | Path | None):
        raise ValueError("a loaded model needs its tokenizer: explorer(model=model, tokenizer=tokenizer)")
    return Explorer(problem_set, model, tokenizer, Path(kept))


class Explorer(widgets.VBox):
    """`pair` is the counterfactual shown (None: there is none), `verdict` its verdict, `kept` the pairs kept so far."""

    def __init__(self, problem_set, model, tokenizer, path: Path):
        self.problems = {problem.task_id: problem for problem in load_problems(problem_set)}
        self.loaded = (model, tokenizer) if tokenizer is not None else None
        self.model_name = str(model) if isinstance(model, str | Path) else "tiny"
        self.path = path
        self.kept = [Counterfactual.from_row(row) for row in read_rows(path)] if path.exists() else []
        self.pair, self.verdict, self.sites = None, None, []
        self.memory = _memories.setdefault((str(problem_set), path.resolve()), Memory())
        self.typed = self.memory.typed

        options = [OWN_CODE, *self.problems]
        first, concept, seed = self.memory.chosen or (options[1], next(iter(CONCEPTS)), 0)
        first = first if first in options else options[1]  # the file of the set may be another by now
        self.problem = widgets.Dropdown(options=options, value=first, description="problem")
        self.concept = widgets.Dropdown(options=list(CONCEPTS), value=concept, description="concept")
        self.site = widgets.Dropdown(options=[ANY_SITE], description="site", layout={"width": "34em"})
        self.seed = widgets.BoundedIntText(value=seed, min=0, max=10**6, description="seed", layout={"width": "14em"})
        self.code = Editor(label="code", rows=16, placeholder="def f(x): ...")
        self.examples = Editor(
            label="your tests: examples, one a line", rows=3, value=self.memory.examples, placeholder="f(2) == 4"
        )
        self.keep = widgets.Button(description="keep this pair", icon="bookmark")
        self.version = widgets.Dropdown(options=[GIVEN], description="version")
        self.said, self.count, self.listed = Said(), Said(), widgets.HTML()
        self.shown = [widgets.HTML(layout=WIDE) for _ in TABS]
        self.frame = Frame()
        self.tabs = widgets.Tab(
            children=[*self.shown[:ATTENTION], widgets.VBox([self.shown[ATTENTION], self.frame])],
            titles=TABS,
            selected_index=PAIR,
        )
        known = stored(str(problem_set), self.model_name) if self.loaded is None else None
        name = self.model_name if self.loaded is None else "the model"
        self.outcomes = Outcomes(list(self.problems.values()), name, known, self._load, self._jump)
        row = {"flex_flow": "row wrap", "align_items": "center"}
        choices = widgets.HBox([self.problem, self.version, self.concept, self.site, self.seed], layout=row)
        half = {"flex": "1 1 26em", "min_width": "0", "width": "auto", "margin": "0 1em 0 0"}
        left, right = widgets.VBox([self.code, self.examples], layout=half), widgets.VBox([self.listed], layout=half)
        work = widgets.HBox([left, right], layout={"flex_flow": "row wrap"})
        buttons = widgets.HBox([self.keep, self.count], layout=row)
        super().__init__([self.outcomes, choices, work, self.said, buttons, self.tabs])

        self.problem.observe(self._told(self._show_problem), "value")
        self.code.observe(self._told(self._edited), "value")
        self.examples.observe(self._told(self._show_pair), "value")
        self.concept.observe(self._told(self._show_sites), "value")
        self._site_chosen = self._told(self._show_pair)
        self.site.observe(self._site_chosen, "value")
        self.seed.observe(self._told(self._show_pair), "value")
        self.tabs.observe(self._told(self._show_tab), "selected_index")
        self.keep.on_click(self._kept_told)
        self._version_chosen = self._told(self._show_version)
        self.version.observe(self._version_chosen, "value")
        self.outcomes.ask.on_click(self._told(self.outcomes.measure))
        self._count()
        self._told(self._show_problem)(None)

    def _told(self, action):
        """What goes wrong becomes a sentence: typed code, a model that is not there, a full disk."""

        def safe(_) -> None:
            try:
                action()
            except Exception as error:
                self.said.value = sentence(error)
                self.keep.disabled = self.pair is None

        return safe

    def _show_problem(self) -> None:
        """The problem's program, or what was typed last in its place."""
        self._show_version(len(self.typed.get(self.problem.value, ())) - 1)

    def _show_version(self, number: int | None = None) -> None:
        """What was typed, by its number, or the problem's own program."""
        task = self.problem.value
        self._offer_versions(number := self.version.value if number is None else number)
        text = self.problems[task].program if number == GIVEN[1] else self.typed[task][number]
        if self.code.value == text:
            self._show_sites()
        else:
            self.code.value = text

    def _edited(self) -> None:
        known, typed = self.problems.get(self.problem.value), self.typed.setdefault(self.problem.value, [])
        number = self.version.value
        if known is not None and self.code.value == known.program:
            number = GIVEN[1]
        elif number == GIVEN[1]:
            typed.append(self.code.value)
            number = len(typed) - 1
        else:
            typed[number] = self.code.value
        self._offer_versions(number)
        self._show_sites()

    def _offer_versions(self, number: int) -> None:
        own = self.problem.value == OWN_CODE
        versions = [(f"yours, {n + 1}", n) for n in range(len(self.typed.get(self.problem.value, ())))]
        self.version.unobserve(self._version_chosen, "value")
        self.version.options = versions if own else [GIVEN, *versions]
        self.version.value = number
        self.version.observe(self._version_chosen, "value")
        self.version.layout.display = "none" if own or not versions else ""

    def _jump(self, task_id: str, concept: str, site: int) -> None:
        """Show one pair of the set, as it stands in the set."""
        self.concept.value, self.problem.value = concept, task_id
        self._show_version(GIVEN[1])
        self.site.value = site

    def _show_sites(self) -> None:
        """List the sites of the concept, refused ones too, and draw the pair anew."""
        self.examples.layout.display = "" if self.problem.value == OWN_CODE else "none"
        self._forget()
        self.listed.value = ""
        self._offer([])  # code that cannot be read has no sites
        self.sites = find_sites(self.code.value, [self.concept.value])
        found = show_sites(self.sites).html if self.sites else ": none"
        self.listed.value = f"<b>sites of {escape(self.concept.value)}</b>{found}"
        self._offer(self.sites)
        self._show_pair()

    def _offer(self, found: list[Site]) -> None:
        self.site.unobserve(self._site_chosen, "value")  # new options change the value; that is nobody's choice
        self.site.options = [ANY_SITE, *((site_label(site), site.index) for site in found)]
        self.site.observe(self._site_chosen, "value")

    def _forget(self) -> None:
        """Nothing stays on show that belongs to an earlier choice; what is chosen and typed now is remembered."""
        self.memory.chosen = self.problem.value, self.concept.value, self.seed.value
        self.memory.examples = self.examples.value
        self.pair = self.verdict = None
        self.keep.disabled = True
        self.frame.html = ""
        for shown in (self.said, *self.shown):
            shown.value = ""

    def _show_pair(self) -> None:
        self._forget()
        site = None if self.site.value == ANY_SITE[1] else self.site.value
        task = "own" if self.problem.value == OWN_CODE else self.problem.value
        try:
            self.pair = perturb(self.code.value, self.concept.value, seed=self.seed.value, site=site, task_id=task)
        except NotApplicable as refusal:
            self.shown[PAIR].value = self._refused(site)
            raise NotApplicable(f"Refused. {refusal}") from refusal
        self.shown[PAIR].value = show_pair(self.pair).html
        self.keep.disabled = False
        self._judge()
        self._show_tab()

    def _refused(self, site: int | None) -> str:
        """The program, with the place that was asked for marked, or every place of the concept."""
        spans = [found.span for found in self.sites if site in (None, found.index)]
        outer = [span for span in spans if not any(o != span and o[0] <= span[0] and span[1] <= o[1] for o in spans)]
        return f'<pre style="{PRE}">{mark_spans(self.code.value, outer)}</pre>'

    def _judge(self) -> None:
        accepted = f"Accepted: {self.pair.soundness}, {SOUND[self.pair.soundness]}."
        try:
            problem = self._problem()
        except ValueError as error:
            self.said.value = f"{accepted}\nNo verdict yet: {error}."
            return
        if problem is None:
            self.said.value = f"{accepted}\nNo verdict yet: write an example below your code, such as f(2) == 4."
            return
        self.said.value = f"{accepted}\nRunning the tests …"
        self.verdict = validate(self.pair, problem)
        self.pair = replace(self.pair, status=self.verdict.status, detail=self.verdict.detail)
        self.said.value = f"{accepted}\n{verdict_line(self.verdict)}"
        self.keep.disabled = not self.verdict.status.startswith("valid")

    def _problem(self) -> Problem | None:
        if self.problem.value == OWN_CODE:
            return problem_of_examples(self.code.value, self.examples.value)
        return self.problems[self.problem.value]

    def _show_tab(self) -> None:
        """What takes longer is made when it is looked at, for the pair that is shown then."""
        makers = {FLOW: lambda: show_flow(self.pair), TOKENS: self._tokens, ATTENTION: self._attention}
        tab = self.tabs.selected_index
        if self.pair is None or tab not in makers or self.shown[tab].value:
            return
        self.shown[tab].value = message("measuring …")
        try:
            self.shown[tab].value = makers[tab]()
        except Exception as error:  # the pair and its verdict stay as they are
            self.shown[tab].value = message(sentence(error))

    def _tokens(self) -> str:
        from procure_kit.training.examples import build_example

        tokenizer = self._model()[1]
        return show_example(tokenizer, build_example(tokenizer, self.pair, self._problem(), max_length=LONGEST)).html

    def _attention(self) -> str:
        from procure_kit.views.pair.view import attention_pair

        pair = attention_pair(*self._model(), self.pair)
        self.frame.title, self.frame.html = f"Attention pair, {pair.concept}", pair.html
        return " "

    def _load(self) -> tuple:
        from procure_kit.training.models import load_model

        self.loaded = self.loaded or load_model(self.model_name)
        return self.loaded

    def _model(self) -> tuple:
        """The model, for a pair that is short enough to be shown."""
        model, tokenizer = self._load()
        tokens = max(len(tokenizer(text)["input_ids"]) for text in (self.pair.original, self.pair.counterfactual))
        if tokens > LONGEST:
            raise ValueError(f"the program has {tokens:,} tokens, and this is shown for {LONGEST:,} at most")
        return model, tokenizer

    def _kept_told(self, _) -> None:
        """What is said of keeping stands beside the button, and the verdict stays."""
        try:
            self._keep()
        except Exception as error:
            self.count.value = sentence(error)

    def _keep(self) -> None:
        if self.pair is None:
            raise ValueError("there is no pair to keep")
        if self.verdict is None:
            raise ValueError("only valid pairs train well: this one has no verdict; write an example below your code")
        if not self.verdict.status.startswith("valid"):
            raise ValueError(f"only valid pairs train well: this one is {self.verdict.status}")
        if self.pair not in self.kept:
            append_row(self.path, self.pair.to_row())
            self.kept.append(self.pair)
        self._count()

    def _count(self) -> None:
        number = len(self.kept)
        pairs = f"{number} pair{'' if number == 1 else 's'} kept in {self.path.name}"
        self.count.value = pairs + (f"; notebook 03 trains on them with kept = {self.path.name!r}" if number else "")

    @property
    def html(self) -> str:
        """What it shows now, without the controls."""
        chosen = " · ".join(f"{w.description}: {w.value}" for w in (self.problem, self.concept, self.seed))
        return "".join([message(chosen), message(self.said.value), self.shown[PAIR].value, self.listed.value])

    def _repr_mimebundle_(self, **options) -> dict:
        """The widgets, or a picture of them."""
        style = "<style>body{font:16px sans-serif}td,th{padding:0 1em 0 0}</style>"
        shown = picture(f'<!doctype html><meta charset="utf-8">{style}{self.html}', "the explorer", 1200, 640)
        return shown or (super()._repr_mimebundle_(**options) | {"text/html": self.html})


def site_label(site: Site) -> str:
    refused = "" if site.refused is None else f" — refused: {site.refused}"
    return short(f"{site.index}: line {site.line}, {site.label}{refused}", 90)


def verdict_line(verdict: Verdict) -> str:
    """A verdict in words: its status, what that means, what the tests said, and how it was found."""
    meaning = MEANING.get(verdict.status, "no verdict that it does the same")
    said = f" ({verdict.detail})" if verdict.detail else ""
    return f"{verdict.status}: {meaning}{said}. {verdict.seconds:.2f} s, {verdict.isolation or 'not run'}."


def sentence(error: Exception) -> str:
    return str(error) if isinstance(error, NotApplicable | ValueError) else f"{type(error).__name__}: {error}"


def message(text: str) -> str:
    """One line of text, escaped."""
    return f"<p><b>{escape(text)}</b></p>"
