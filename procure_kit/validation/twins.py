"""Twins that are shown to break: the ways of breaking a counterfactual, tried until its tests see one."""

from procure_kit.concepts.twins.twin import twins
from procure_kit.problems.counterfactual import Counterfactual, NotApplicable
from procure_kit.problems.problem import Problem
from procure_kit.validation.validation import RUNS, SEEN, Verdict, validate


def breaking_twin(cf: Counterfactual, problem: Problem, **limits) -> tuple[Counterfactual, Verdict]:
    """The first twin that runs and gives another result; where there is none, the first that raises or does not end.

    `limits` are the keyword arguments of `validate`, whose verdict is the second result.

    Raises: NotApplicable where no edit can be made, or where the tests see none of them, with the reason.
    """
    seen, tried = [], twins(cf)
    for made in tried:
        verdict = validate(made, problem, **limits)
        if verdict.status == "breaks":
            seen.append((made, verdict))
            if f"{SEEN}{RUNS}" in verdict.detail:
                return seen[-1]
    if not seen:
        raise NotApplicable(f"{cf.concept}: of the {len(tried)} twins that were tried none breaks: {verdict.detail}")
    return seen[0]
