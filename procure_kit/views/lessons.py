"""The notebooks' exercises: `check(name, answer)` says what is wrong with an answer, or that it is right."""

import ast
import itertools
from math import isnan

from procure_kit.concepts.perturbation import find_sites
from procure_kit.concepts.recognition.concept_check import classify
from procure_kit.evaluation.evaluation import ccs_all, ccs_valid
from procure_kit.generation.llm.prompting import answer as read_answer
from procure_kit.problems.problem import Problem
from procure_kit.running.runner import run_tests


def check(name: str, answer) -> None:
    """Print the verdict on an answer; None counts as not answered yet, and no answer raises."""
    if answer is None:
        print(f"{name}: not answered yet. Put your answer in place of None and run the cell again.")
        return
    try:
        wrong = EXERCISES[name](answer)
    except Exception as error:  # whatever a reader hands in, the lesson goes on
        wrong = f"the check could not use it ({type(error).__name__}: {error})"
    print(f"{name}: {wrong}" if wrong else f"{name}: right.")


def _accepted(source: str, concept: str) -> str:
    sites = find_sites(source, [concept])
    if any(site.refused is None for site in sites):
        return ""
    reasons = "; ".join(f"line {site.line}: {site.refused}" for site in sites)
    return f"{concept} finds no site it can rewrite ({reasons or 'no site at all'})"


def a_flip_of_your_own(source: str) -> str:
    return _accepted(source, "if_else_flip")


def which_concept(answer: str) -> str:
    return "" if answer == "independent_swap" else "this one changes names or branches, or how a value is written"


def nothing_to_swap(source: str) -> str:
    compile(source, "answer", "exec")
    sites = find_sites(source, ["independent_swap"])
    if any(site.refused is None for site in sites):
        return "independent_swap can rewrite it; make the second statement need the first"
    return "" if sites else "there are no two neighbouring statements to look at"


def negate(test: str) -> str:
    """The complement of `n > 0 and not done`, by De Morgan."""
    if any(isinstance(node, ast.Not) for node in ast.walk(ast.parse(test, mode="eval"))):
        return "it works with `not`, but De Morgan's form here needs none"
    for n, done in itertools.product((-1, 0, 1), (False, True)):
        if bool(eval(test, {"__builtins__": {}}, {"n": n, "done": done})) is (n > 0 and not done):
            return f"for n = {n} and done = {done} it should be {not (n > 0 and not done)}"
    return ""


def order_matters(source: str) -> str:
    compile(source, "answer", "exec")
    refused = [site for site in find_sites(source, ["independent_swap"]) if site.refused]
    return "" if any("call" in site.refused for site in refused) else "no pair is refused because of a call"


def second_definition(source: str) -> str:
    return _accepted(source, "def_use_break")


SIGN = '''def sign(n):
    """"minus" or "plus"."""
    if n < 0:
        word = "minus"
    else:
        word = "plus"
    return word
'''


def verdict_on_a_reply(status: str) -> str:
    """Of a reply that only negates the test of `sign`."""
    said = classify(SIGN, SIGN.replace("n < 0", "n >= 0"), "if_else_flip").status
    return "" if status == said else "the test is negated, and the bodies are still where they were"


def a_reply_that_passes(reply: str) -> str:
    """A whole reply about `sign`, of which only the last closed fenced block is read."""
    program, _ = read_answer(reply, SIGN)
    if program is None:
        return "no program in a closed fenced block is found in it"
    said = classify(SIGN, program, "if_else_flip")
    return "" if said.status == "ok" else f"the validator says {said.status}: {said.detail}"


def most_generations(number: int) -> str:
    """With four repair turns after the first reply."""
    return "" if number == 5 else "the first reply is no repair"


ABSOLUTE = "def distance(a, b):\n    return abs(a - b)\n"
BROKEN = "def distance(a, b):\n    return a - b\n"


def stronger_test(test: str) -> str:
    problem = Problem("lesson/distance", ABSOLUTE, "", test, "distance")
    honest, broken = run_tests(ABSOLUTE, problem), run_tests(BROKEN, problem)
    if not honest.passed:
        return f"the right program fails it: {honest.detail}"
    return "the broken program passes it too" if broken.passed else ""


def right_but_another_concept(counterfactual: str) -> str:
    tests = "def check(candidate):\n    assert candidate(2, 5) == 3\n    assert candidate(5, 2) == 3\n"
    result = run_tests(counterfactual, Problem("lesson/distance", ABSOLUTE, "", tests, "distance"))
    if not result.passed:
        return f"it must still pass the tests: {result.status} {result.detail}"
    status = classify(ABSOLUTE, counterfactual, "if_else_flip").status
    return "" if status == "not_this_concept" else f"the syntax trees say {status!r}"


def endless(program: str) -> str:
    tests = "def check(candidate):\n    assert candidate(2, 5) == 3\n"
    status = run_tests(program, Problem("lesson/distance", ABSOLUTE, "", tests, "distance"), timeout=1).status
    return "" if status == "timeout" else f"the runner says {status!r}"


def _number(expected: float):
    return lambda answer: "" if abs(answer - expected) < 5e-4 else "that is not the value; look at the formula again"


def changed_tokens(marks: list[bool]) -> str:
    """Tokens 'return', ' total', '+', ' qw', 'xyz' with the span of `qwxyz` changed."""
    expected = [False, False, False, True, True]
    return "" if [bool(mark) for mark in marks] == expected else "a token is in M when it overlaps the changed span"


def merged_map(rows: list[list[float]]) -> str:
    """[[1, 0, 0], [.6, .4, 0], [.2, .3, .5]] with the first two tokens merged."""
    expected = [[1, 0], [0.5, 0.5]]
    flat = [abs(a - b) for got, want in zip(rows, expected, strict=True) for a, b in zip(got, want, strict=True)]
    return "" if max(flat) < 5e-4 else "average the rows of the merged token, and add up its columns"


def strongest_head(place: tuple[int, int]) -> str:
    """[[.1, .4, .2], [.3, .2, .6]]"""
    return "" if tuple(place) == (1, 2) else "count layers and heads from 0, and look for the largest entry"


def both_scores(scores: tuple[float, float]) -> str:
    """Of TT, TF, FF, FF, TT."""
    verdicts = [(True, True), (True, False), (False, False), (False, False), (True, True)]
    for name, score, given in zip(("ccs_all", "ccs_valid"), (ccs_all, ccs_valid), scores, strict=True):
        if abs(score(verdicts) - given) > 5e-4:
            return f"{name} is another value"
    return ""


def consistent_and_useless(pairs: list[tuple[bool, bool]]) -> str:
    if not pairs or ccs_all(pairs) != 1:
        return "ccs_all of it is not 1"
    return "" if isnan(ccs_valid(pairs)) else "the model still solves something: ccs_valid has a value"


def attention_alone(arms: tuple[str, str]) -> str:
    if tuple(arms) == ("plain", "attention"):
        return "the arm whose gain is asked for comes first"
    return "" if tuple(arms) == ("attention", "plain") else "these two differ in more, or in another thing"


def does_it_show(answer: bool) -> str:
    return "" if answer is False else "the interval holds zero: there may be no difference at all"


EXERCISES = {
    "a flip of your own": a_flip_of_your_own,
    "which concept": which_concept,
    "nothing to swap": nothing_to_swap,
    "negate": negate,
    "order matters": order_matters,
    "second definition": second_definition,
    "verdict on a reply": verdict_on_a_reply,
    "a reply that passes": a_reply_that_passes,
    "most generations": most_generations,
    "stronger test": stronger_test,
    "right but another concept": right_but_another_concept,
    "endless": endless,
    "total loss": _number(2.0 + 0.1 * (1.0 * 3.0 + 1.0 * 0.5)),
    "changed tokens": changed_tokens,
    "best attention term": _number(0.0),
    "mass of a row": _number(0.3),
    "merged map": merged_map,
    "strongest head": strongest_head,
    "pass at two": _number(0.7),
    "both scores": both_scores,
    "consistent and useless": consistent_and_useless,
    "attention alone": attention_alone,
    "does it show": does_it_show,
    "more originals": _number(400),
}
