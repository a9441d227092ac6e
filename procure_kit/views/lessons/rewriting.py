"""Exercises of notebooks 00 and 01: concepts, sites, and what makes two programs alike."""

import ast
import itertools

from procure_kit.analysis.analysis import analyse
from procure_kit.concepts.perturbation import find_sites
from procure_kit.concepts.table import PAPER_CONCEPTS
from procure_kit.problems.problem import Problem
from procure_kit.running.runner import run_tests
from procure_kit.views.analysis_pictures import definition_use_picture
from procure_kit.views.figures import ticks
from procure_kit.views.lessons.exercise import BUILD, INVESTIGATE, PREDICT, Exercise, Wrong, program, text

SWAPS = (
    "def f(a, b):\n    low = a - 1\n    high = b + 1\n    return low, high\n",
    "def f(items):\n    first = items.pop()\n    second = items.pop()\n    return first - second\n",
    "def f(a):\n    low = a - 1\n    high = low + 1\n    return low, high\n",
    "def f(words: list[str], n: int):\n    size = len(words)\n    half = n // 2\n    return size, half\n",
)


def which_concept(answer) -> str:
    if text(answer) not in PAPER_CONCEPTS:
        return f"{answer!r} is none of the paper's concepts; their keys are {', '.join(PAPER_CONCEPTS)}"
    return {
        "independent_swap": "",
        "if_else_flip": "it leaves the names, and the test and the branches change",
    }.get(answer, "it changes names")


def nothing_to_swap(answer) -> str:
    sites = find_sites(program(answer), ["independent_swap"])
    if any(site.refused is None for site in sites):
        return "independent_swap can rewrite it; make the second statement need the first"
    return "" if sites else "there are no two neighbouring statements to look at"


def where_they_part(answer, problem: Problem, left: str, right: str) -> str:
    if not (isinstance(answer, tuple) and len(answer) == 2 and isinstance(answer[1], tuple)):
        raise Wrong('("left" or "right", a tuple of arguments) is asked for, such as ("left", (3,))')
    side, arguments = answer
    if side not in ("left", "right"):
        return f"the side is 'left' or 'right', not {side!r}"
    chosen, other = (left, right) if side == "left" else (right, left)
    if not agrees(chosen, problem, arguments):
        return "" if agrees(other, problem, arguments) else "with these arguments neither does what the original does"
    seen = agrees(other, problem, arguments)
    return f"for {arguments!r} the {side} one gives what the original gives" + ("" if seen else "; the other does not")


def agrees(source: str, problem: Problem, arguments: tuple) -> bool:
    """Whether a program gives for these arguments what the problem's own program gives."""
    test = f"{problem.program}\ndef check(candidate):\n    assert candidate(*{arguments!r}) == "
    test += f"{problem.entry_point}(*{arguments!r})\n"
    return run_tests(source, Problem("lesson", "", problem.program, test, problem.entry_point)).passed


def arguments_of(problem: Problem, most: int = 8) -> list[tuple]:
    """What the problem's tests call it with, where that stands there literally."""
    found = []
    for node in ast.walk(ast.parse(problem.test)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "candidate" and not node.keywords:
            try:
                found.append(tuple(ast.literal_eval(argument) for argument in node.args))
            except ValueError:
                continue
    return found[:most]


def negate(answer) -> str:
    """The complement of `n > 0 and not done`, by De Morgan."""
    test = text(answer)
    if any(isinstance(node, ast.Not) for node in ast.walk(ast.parse(test, mode="eval"))):
        return "it works with `not`, but De Morgan's form here needs none"
    for n, done in itertools.product((-1, 0, 1), (False, True)):
        if bool(eval(test, {"__builtins__": {}}, {"n": n, "done": done})) is (n > 0 and not done):
            return f"for n = {n} and done = {done} it should be {not (n > 0 and not done)}"
    return ""


def accepted_or_refused(answer) -> str:
    if not isinstance(answer, list | tuple) or len(answer) != len(SWAPS):
        raise Wrong(f"{len(SWAPS)} booleans are asked for: True for accepted")
    for number, (given, source) in enumerate(zip(answer, SWAPS, strict=True), 1):
        sites = find_sites(source, ["independent_swap"])[:1]
        if bool(given) is not (sites[0].refused is None):
            said = sites[0].refused or "neither reads or writes what the other writes"
            return f"program {number} is {'refused' if given else 'accepted'}: {said}"
    return ""


def two_arrows(answer) -> str:
    """A use that two definitions reach."""
    analysis = analyse(program(answer))
    if not analysis.functions:
        return "there is no function in it"
    for scope in analysis.functions:
        flow = analysis.flow(scope)
        for variable in scope.variables.values():
            uses = [o for o in variable.occurrences if o in flow.at and o.kind == "load"]
            if any(len(flow.reaching(use)[0]) == 2 for use in uses):
                return ""
    return "no use is reached by exactly two definitions: look at the arrows in its picture"


def most_refused(answer, problems: list[Problem]) -> str:
    """By Def-Use Break."""
    refused = {
        problem.task_id: sum(bool(site.refused) for site in find_sites(problem.program, ["def_use_break"]))
        for problem in problems
    }
    if text(answer) not in refused:
        return f"the set has no problem {answer!r}; it begins with {next(iter(refused))!r}"
    most = max(refused.values())
    return "" if refused[answer] == most else f"{answer} has {refused[answer]} such refusals, and one has more"


def agreement(answer, problem: Problem, left: str, right: str):
    """Where each of the two gives what the original gives, for the tests' arguments and the answer's."""
    tried = [*arguments_of(problem), answer[1]]
    sides = {"left": left, "right": right}
    rows = {side: [agrees(source, problem, given) for given in tried] for side, source in sides.items()}
    return ticks(rows, [", ".join(map(repr, given)) for given in tried], "Does it give what the original gives?")


def arrows(answer, problems: list[Problem] = ()):
    """Of a program, or of the problem that is named."""
    return definition_use_picture({problem.task_id: problem.program for problem in problems}.get(answer, answer))


EXERCISES = (
    Exercise("which concept", "00", PREDICT, 1, 2, "the key of a concept, as a string", which_concept),
    Exercise("nothing to swap", "00", BUILD, 1, 5, "a string with a function", nothing_to_swap, arrows),
    Exercise("where they part", "00", INVESTIGATE, 2, 8, "a side and arguments", where_they_part, agreement),
    Exercise("accepted or refused", "01", PREDICT, 1, 4, "four booleans", accepted_or_refused),
    Exercise("two arrows", "01", BUILD, 2, 6, "a string with a function", two_arrows, arrows),
    Exercise("most refused", "01", INVESTIGATE, 2, 8, "a task_id, as a string", most_refused, arrows),
)
