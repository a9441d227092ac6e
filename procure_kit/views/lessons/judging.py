"""Exercises of notebooks 01b and 02: replies, statuses, tests, and pairs to review."""

from collections import Counter

from procure_kit.concepts.recognition.concept_check import classify
from procure_kit.generation.llm.prompting import answer as read_answer
from procure_kit.problems.problem import Problem
from procure_kit.running.runner import run_tests
from procure_kit.views.figures import outcomes, ticks
from procure_kit.views.lessons.exercise import BUILD, INVESTIGATE, PREDICT, Exercise, Wrong, program, text

SIGN = '''def sign(n):
    """On which side of zero n lies."""
    if n < 0:
        word = "minus"
    else:
        word = "plus"
    return word
'''
REPLIES = (  # of If-Else Flips of SIGN
    SIGN.replace("n < 0", "n >= 0"),
    SIGN,
    SIGN.replace('"minus"\n    else', '"minus\n    else'),
    SIGN.replace("n < 0", "n >= 0").replace("minus", "x").replace("plus", "minus").replace('"x"', '"plus"'),
)
SIGN_PROBLEM = Problem(
    "lesson/sign",
    "",
    SIGN,
    'def check(candidate):\n    assert candidate(-3) == "minus"\n    assert candidate(2) == "plus"\n',
    "sign",
)
ABSOLUTE = "def distance(a, b):\n    return abs(a - b)\n"
BROKEN = "def distance(a, b):\n    return a - b\n"


def which_status(answer) -> str:
    """Of each of REPLIES."""
    if not isinstance(answer, list | tuple) or len(answer) != len(REPLIES):
        raise Wrong(f"{len(REPLIES)} statuses are asked for, in a list")
    for number, (given, reply) in enumerate(zip(answer, REPLIES, strict=True), 1):
        said = classify(SIGN, reply, "if_else_flip")
        status = "valid" if said.status == "ok" else said.status
        if given != status:
            why = said.detail or "the test is negated, and the bodies have changed places: that is the whole concept"
            return f"reply {number} is not {given!r}: {why}"
    return ""


def verdict_on_a_reply(answer) -> str:
    """Of a reply that only negates the test of `sign`."""
    said = classify(SIGN, REPLIES[0], "if_else_flip").status
    return "" if text(answer) == said else "the test is negated, and the bodies are still where they were"


def a_reply_that_passes(answer) -> str:
    """A whole reply about `sign`, of which only the last closed fenced block is read."""
    source, _ = read_answer(text(answer), SIGN)
    if source is None:
        return "no program in a closed fenced block is found in it"
    said = classify(SIGN, source, "if_else_flip")
    return "" if said.status == "ok" else f"the validator says {said.status}: {said.detail}"


def what_fails_most(answer, rows) -> str:
    counts = Counter(row["status"] for row in map(_as_row, rows) if row["generator"] != "rules")
    if text(answer) not in counts:
        return f"no row has the status {answer!r}; there are {', '.join(sorted(counts))}"
    most = max(counts.values())
    return "" if counts[answer] == most else f"{counts[answer]} rows are {answer}, and another status has more"


def stronger_test(answer) -> str:
    problem = Problem("lesson/distance", ABSOLUTE, "", program(answer), "distance")
    if "def check(" not in answer:
        return "it does not define check(candidate)"
    honest, broken = run_tests(ABSOLUTE, problem), run_tests(BROKEN, problem)
    if not honest.passed:
        return f"the right program fails it: {honest.detail}"
    return "the broken program passes it too" if broken.passed else ""


def the_planted_ones(answer, pairs) -> str:
    """The numbers, from 1, of the pairs that are not valid."""
    try:
        given = {int(number) for number in answer}
    except (TypeError, ValueError):
        raise Wrong("the numbers of the wrong pairs are asked for, such as [2, 5]") from None
    wrong = {number for number, pair in enumerate(pairs, 1) if not pair.status.startswith("valid")}
    if blamed := sorted(given - wrong):
        return f"number {blamed[0]} is valid, or there is no such number"
    return "" if given == wrong else f"{len(wrong - given)} more are wrong"


def _as_row(row) -> dict:
    return row if isinstance(row, dict) else row.to_row()


def statuses(answer, rows):
    """How often each status is the last word on the model's rows; the answer's stands first in colour order."""
    rows = [row for row in map(_as_row, rows) if row["generator"] != "rules"]
    return outcomes([(row["concept"], row["status"]) for row in rows], f"Is {answer!r} the most frequent?")


def blamed(answer, pairs):
    """Which pairs the answer calls wrong, and which are."""
    rows = {
        "you accept it": [number not in set(answer) for number in range(1, len(pairs) + 1)],
        "it is valid": [pair.status.startswith("valid") for pair in pairs],
    }
    return ticks(rows, [str(number) for number in range(1, len(pairs) + 1)], "Both rows should be alike")


EXERCISES = (
    Exercise("verdict on a reply", "01b", PREDICT, 1, 2, "a status, as a string", verdict_on_a_reply),
    Exercise("a reply that passes", "01b", BUILD, 2, 6, "a string with a reply", a_reply_that_passes),
    Exercise("what fails most", "01b", INVESTIGATE, 1, 5, "a status, as a string", what_fails_most, statuses),
    Exercise("which status", "02", PREDICT, 1, 4, "a list of four statuses", which_status),
    Exercise("stronger test", "02", BUILD, 1, 4, "a string that defines check(candidate)", stronger_test),
    Exercise("the planted ones", "02", INVESTIGATE, 2, 10, "a list of numbers", the_planted_ones, blamed),
)
