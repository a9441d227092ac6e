"""Exercises of notebooks 05 and 06: scores, their intervals, and what a comparison shows."""

from math import isnan

from procure_kit.evaluation.evaluation import ccs_all, ccs_valid
from procure_kit.experiments.curves.results import Runs, compared, last_common, planned
from procure_kit.views.figures import gains, scores
from procure_kit.views.lessons.exercise import BUILD, INVESTIGATE, PREDICT, Exercise, Wrong, numbers

FIVE = [(True, True), (True, False), (False, False), (False, False), (True, True)]
METRIC = "pass@1 counterfactual"


def both_scores(answer) -> str:
    """Of TT, TF, FF, FF, TT; two decimals are enough."""
    for name, score, given in zip(("ccs_all", "ccs_valid"), (ccs_all, ccs_valid), numbers(answer, 2), strict=True):
        if abs(score(FIVE) - given) > 0.0051:
            return f"{name} is not {given:g}"
    return ""


def consistent_and_useless(answer) -> str:
    try:
        pairs = [(bool(one), bool(other)) for one, other in answer]
    except (TypeError, ValueError):
        raise Wrong("a list of pairs is asked for, such as [(True, False)]") from None
    if not pairs or ccs_all(pairs) != 1:
        return "ccs_all of it is not 1"
    return "" if isnan(ccs_valid(pairs)) else "the model still solves something: ccs_valid has a value"


def clear_of_each_other(answer, report) -> str:
    """Concepts for which the intervals of both sides' pass@1 do not overlap."""
    given = _names(answer)
    if unknown := given - set(report.concepts):
        return f"{sorted(unknown)[0]!r} is not among the report's concepts: {', '.join(report.concepts)}"
    return _compare(given, {concept for concept in report.concepts if _apart(report.scores(concept))}, "its intervals")


def _apart(scores) -> bool:
    (_, low, high), (_, below, above) = scores["pass@1 original"], scores[METRIC]
    return high < below or above < low


def attention_alone(answer) -> str:
    if tuple(answer) == ("plain", "attention"):
        return "the arm whose gain is asked for comes first"
    return "" if tuple(answer) == ("attention", "plain") else "these two differ in more, or in another thing"


def does_it_show(answer) -> str:
    if not isinstance(answer, bool):
        raise Wrong("True or False is asked for")
    return "the interval holds zero: there may be no difference at all" if answer else ""


def clear_of_zero(answer, runs: Runs) -> str:
    """Planned comparisons, as "after − before", whose interval of pass@1 on compositions' counterfactuals does not
    hold zero."""
    given = {name.replace(" - ", " − ") for name in _names(answer)}
    known = {f"{after} − {before}": _gain(runs, after, before) for after, before in planned(runs)}
    if unknown := given - set(known):
        return f"there is no comparison {sorted(unknown)[0]!r}; one is called {next(iter(known), 'nothing')!r}"
    return _compare(given, {name for name, (_, low, high) in known.items() if low > 0 or high < 0}, "its interval")


def _gain(runs: Runs, after: str, before: str) -> tuple[float, float, float]:
    return compared(runs, after, before, last_common(runs, after, before), "counterfactual", "composition")[:3]


def _names(answer) -> set[str]:
    if isinstance(answer, str) or not all(isinstance(name, str) for name in answer):
        raise Wrong("a list of strings is asked for")
    return set(answer)


def _compare(given: set[str], right: set[str], what: str) -> str:
    if extra := sorted(given - right):
        return f"{extra[0]} does not belong there: look at {what} again"
    return "" if given == right else f"{len(right - given)} more belong there"


def both_sides(answer, report):
    return scores(report, ("pass@1 original", METRIC))


def chosen_gains(answer, runs: Runs):
    """The comparisons of the answer: each should stand clear of the line at zero."""
    names = [name.replace(" - ", " − ") for name in answer]
    found = {name: {METRIC: _gain(runs, *name.split(" − "))} for name in names}
    return gains(found, {METRIC: "counterfactual"}, "Is each clear of zero?")


EXERCISES = (
    Exercise("both scores", "05", PREDICT, 1, 3, "a pair of numbers", both_scores),
    Exercise("consistent and useless", "05", BUILD, 1, 3, "a list of pairs of booleans", consistent_and_useless),
    Exercise("clear of each other", "05", INVESTIGATE, 2, 8, "a list of concepts", clear_of_each_other, both_sides),
    Exercise("does it show", "06", PREDICT, 1, 2, "True or False", does_it_show),
    Exercise("attention alone", "06", BUILD, 1, 3, "a pair of names: (after, before)", attention_alone),
    Exercise("clear of zero", "06", INVESTIGATE, 2, 8, "a list of comparisons", clear_of_zero, chosen_gains),
)
