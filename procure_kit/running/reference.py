"""Tests for a problem that has inputs and none: what its original returns for them, written down as asserts.

Both the generator of inputs and the original run where any program does, and only texts come back. The inputs are made
once, with a fixed seed. Compared are returned values alone, as most tests do: of the 472 rewrites that changed what a
program of CodeI/O does, none changed only what it prints or what becomes of its arguments (data/results/behaviour.md).
"""

import ast
import keyword
import re
from collections.abc import Callable
from dataclasses import replace

from procure_kit.analysis.python_tree import check_syntax
from procure_kit.problems.problem import Problem

SEED = 0
# Why there is no reference: a package is missing; no input can be made; the original does not run or does not end; what
# it returns is no plain data; it returns something else each time.
UNSETTLED = ("not_installed", "no_inputs", "original_fails", "no_outputs", "nondeterministic")
SETUP = "from random import Random\n"  # which generators name and do not import
COMPARED = {
    "literal": "    assert candidate({given}) == {text}\n",
    "shown": "    assert repr(candidate({given})) == {text!r}\n",
}
GENERATES = """
{program}
{generator}
import random as _procure_random
_procure_generator = _procure_random.Random({seed})


def procure_inputs():
    return generate_inputs(_procure_generator)
"""
MISSING = re.compile(r"No module named '(\w+)")
Outcomes = list[tuple[str, str]]


class Unsettled(Exception):
    """No test can be made. `status` is one of UNSETTLED, or what the system refused; `detail` says why."""

    def __init__(self, status: str, detail: str, isolation: str = ""):
        super().__init__(status, detail, isolation)
        self.status, self.detail, self.isolation = status, detail, isolation


def with_test(problem: Problem, run: Callable[[dict], dict]) -> Problem:
    """The problem with a test in place of its generator, and `inputs` the number of those that the test has.

    run: what runs a job of the runner's, {"program", "entry_point", "setup", "calls"}. Inputs for which the original
    raises, or returns what cannot be written down, are left out, unless that is all of them.

    Raises: Unsettled.
    """
    given = _inputs(problem, run)
    job = {"program": problem.program, "entry_point": problem.entry_point, "setup": "", "calls": given}
    first, second = (_outcomes(run(job), "original_fails", "the program") for _ in range(2))
    for one, other in zip(first, second, strict=True):
        if one != other and {one[0], other[0]} & set(COMPARED):
            raise Unsettled("nondeterministic", f"the original {_shown(one)}, and in another run {_shown(other)}")
    lines = [_assert(call, *outcome) for call, outcome in zip(given, first, strict=True) if outcome[0] in COMPARED]
    if not lines:
        if unfit := [text for kind, text in first if kind == "unfit"]:
            raise Unsettled("no_outputs", f"the original returns {unfit[0]}")
        raise Unsettled("original_fails", f"on each of its {len(given)} inputs it raises, on the first {first[0][1]}")
    test = "def check(candidate):\n" + "".join(lines)
    return replace(problem, test=test, inputs=len(lines), input_generator="")


def _inputs(problem: Problem, run: Callable[[dict], dict]) -> list[str]:
    """The arguments of calls, each as a dict's text."""
    try:
        check_syntax(problem.input_generator)
    except ValueError as error:
        raise Unsettled("no_inputs", f"the input generator: {error}") from error
    text = GENERATES.format(program=problem.program, generator=problem.input_generator, seed=SEED)
    job = {"program": text, "entry_point": "procure_inputs", "setup": SETUP, "calls": ["{}"] * problem.inputs}
    found = _outcomes(run(job), "no_inputs", "the input generator")
    given = [text for kind, text in found if kind == "literal" and _by_name(text)]
    if not given:
        kind, text = found[0]
        does = {"raised": "raises", "unfit": "gives"}.get(kind, "gives no arguments by name, but")
        raise Unsettled("no_inputs", f"the input generator {does} {text[:200]}")
    return given


def _outcomes(result: dict, status: str, who: str) -> Outcomes:
    """What came of a job's calls. Raises: Unsettled, with `status` where `who` is to blame."""
    outcomes = [tuple(outcome) for outcome in result.get("outcomes", ())]
    loading = "loading the program" in result["detail"] or result["status"] == "unparsable"  # which both runs do
    raised = [text for kind, text in outcomes if kind == "raised"]
    missing = MISSING.search(raised[0] if raised else result["detail"]) if len(raised) == len(outcomes) else None
    if missing:
        who = "the program" if loading else who
        raise Unsettled("not_installed", f"{who} needs {missing[1]}, which is not installed", result["isolation"])
    if outcomes:
        return outcomes
    if result["status"] == "refused":
        raise Unsettled("refused", result["detail"], result["isolation"])
    status = "original_fails" if loading else status
    raise Unsettled(status, f"{result['status']}: {result['detail']}", result["isolation"])


def _by_name(text: str) -> bool:
    """Whether a value's text is that of arguments by name."""
    value = ast.literal_eval(text)
    names = list(value) if isinstance(value, dict) else [None]
    return all(isinstance(name, str) and name.isidentifier() and not keyword.iskeyword(name) for name in names)


def _assert(call: str, kind: str, text: str) -> str:
    given = ", ".join(f"{name}={value!r}" for name, value in ast.literal_eval(call).items())
    return COMPARED[kind].format(given=given, text=text)


def _shown(outcome: tuple[str, str]) -> str:
    kind, text = outcome
    return ("raises " if kind == "raised" else "returns ") + text[:200]
