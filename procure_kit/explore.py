"""`explorer()`: choose a problem or type code, a concept, a site and a seed, and see the counterfactual at once."""

from html import escape

import ipywidgets as widgets

from procure_kit.code_html import show_pair, show_sites
from procure_kit.concepts import CONCEPTS, find_sites, perturb
from procure_kit.counterfactual import NotApplicable
from procure_kit.problems import load_problems
from procure_kit.validation import validate

OWN_CODE = "my own code"
ANY_SITE = ("any (the seed chooses)", None)


def explorer(problem_set: str = "kit") -> widgets.VBox:
    """The interactive front of perturbing and validating, as one ipywidgets box."""
    problems = {problem.task_id: problem for problem in load_problems(problem_set)}
    wide = widgets.Layout(width="98%")
    chosen = widgets.Dropdown(options=[*problems, OWN_CODE], description="problem")
    code = widgets.Textarea(description="code", rows=14, layout=wide)
    concept = widgets.Dropdown(options=list(CONCEPTS), description="concept")
    site = widgets.Dropdown(options=[ANY_SITE], description="site")
    seed = widgets.BoundedIntText(value=0, min=0, max=10**6, description="seed")
    run = widgets.Button(description="run tests", icon="play")
    pair, verdict, sites = widgets.HTML(), widgets.HTML(), widgets.HTML()

    def show_problem(_):
        if chosen.value != OWN_CODE:
            code.value = problems[chosen.value].program

    def show_concept(_):
        """List the sites of the concept, and draw the pair anew."""
        verdict.value = ""
        try:
            found = find_sites(code.value, [concept.value])
        except ValueError as error:
            site.options, sites.value = [ANY_SITE], ""
            pair.value = message(str(error))
            return
        sites.value = show_sites(found).html
        site.options = [ANY_SITE, *((f"{s.index}: line {s.line}, {s.label}", s.index) for s in found if not s.refused)]
        show_counterfactual(None)

    def show_counterfactual(_):
        verdict.value = ""
        try:
            pair.value = show_pair(current()).html
        except (NotApplicable, ValueError) as error:
            pair.value = message(str(error))

    def show_verdict(_):
        problem = problems.get(chosen.value)
        if problem is None or problem.program != code.value:
            verdict.value = message("Only a problem as it stands has tests; choose one above.")
            return
        try:
            result = validate(current(), problem)
        except (NotApplicable, ValueError) as error:
            verdict.value = message(str(error))
        else:
            verdict.value = message(f"{result.status} ({result.seconds:.2f} s, {result.isolation}) {result.detail}")

    def current():
        return perturb(code.value, concept.value, seed=seed.value, site=site.value)

    chosen.observe(show_problem, "value")
    code.observe(show_concept, "value")
    concept.observe(show_concept, "value")
    site.observe(show_counterfactual, "value")
    seed.observe(show_counterfactual, "value")
    run.on_click(show_verdict)
    show_problem(None)
    return widgets.VBox([widgets.HBox([chosen, concept, site, seed, run]), code, pair, verdict, sites])


def message(text: str) -> str:
    """One line of text, escaped."""
    return f"<p><b>{escape(text)}</b></p>"
