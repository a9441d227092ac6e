"""The exercises: wrong answers hear what is wrong, none raises, all are counted; printed solutions are right (those on
what a notebook has made are tried in tests/test_twice.py)."""

import re
from collections import Counter
from dataclasses import replace

import nbformat
import numpy as np
import pytest

import procure_kit as pk
from procure_kit import lessons
from procure_kit.commands.run import NOTEBOOKS
from procure_kit.views.lessons import EXERCISES, SIGN, check, progress, start_anew
from procure_kit.views.lessons.planting import planted
from tests.evaluation.test_evaluation import report

FENCED = f"```python\n{SIGN}```"
COUNTER = report(*[("if_else_flip", [True], [False])] * 9, *[("def_use_break", [True], [True])] * 9)
ROWS = [
    {"concept": "if_else_flip", "status": status, "generator": "m"}
    for status in ("no_change", "unparsable", "no_change")
]
T, M = np.array([0, 1, 1, 1]), np.array([0, 0, 1, 0])


class Pair:
    """As much of an AttentionPair as the exercise asks for."""

    sides = type("Side", (), {"mass": np.zeros((2, 3))}), type("Side", (), {"mass": np.eye(3)[:2] / 2 + 0.1})


PROBLEM = next(p for p in pk.load_problems("kit") if p.task_id == "kit/38")


@pytest.fixture(autouse=True)
def anew(monkeypatch):
    monkeypatch.setattr("IPython.display.display", lambda shown: None)
    start_anew()
    yield
    start_anew()


def printed() -> dict[str, tuple[str, str]]:
    """The name of each exercise in the notebooks: the question, and its folded solution."""
    found, question = {}, ""
    for path in sorted(NOTEBOOKS.glob("[0-9]*.ipynb")):
        name = None
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "markdown" and re.search(r"\*\*\d · ", cell.source):
                question = cell.source
            if asked := re.search(r'^lessons\.check\("([^"]+)", answer', cell.source, re.M):
                name = asked[1]
            elif solved := re.search(r"Solution</summary>\s+```python\n(.*?)```", cell.source, re.S):
                found[name] = question, solved[1]
    return found


PRINTED = printed()


def test_every_exercise_stands_in_a_notebook_with_its_kind_its_stars_and_its_minutes():
    assert set(PRINTED) == set(EXERCISES)
    for name, (question, _) in PRINTED.items():
        exercise = EXERCISES[name]
        assert f"{exercise.kind.capitalize()}** {'★' * exercise.stars} · {exercise.minutes} min." in question
    kinds = Counter((exercise.notebook, exercise.kind) for exercise in EXERCISES.values())
    assert set(kinds.values()) == {1} and len(kinds) == 3 * 8, "each notebook has one of each kind"
    assert all(exercise.picture for exercise in EXERCISES.values() if exercise.kind == "investigate")


@pytest.mark.parametrize("name", [n for n in PRINTED if EXERCISES[n].kind != "investigate" and n != "weights"])
def test_the_printed_solution_is_right(name, capsys):
    scope: dict[str, object] = {}
    exec(PRINTED[name][1], scope)
    check(name, scope["answer"])
    assert capsys.readouterr().out == f"{name}: right.\n"


@pytest.mark.parametrize("name", EXERCISES)
@pytest.mark.parametrize("answer", [None, 3, "def f(:", print, [], (1,), {"a": None}, float("nan"), object()])
def test_no_answer_raises(name, answer, capsys):
    check(name, answer)
    said = capsys.readouterr().out
    assert said.startswith(f"{name}: ") and ("not answered yet" in said) == (answer is None) and "right." not in said


@pytest.mark.parametrize(
    "name, answer, wrong, evidence",
    [
        ("which concept", "if_else_flip", "the test and the branches change", ()),
        ("which concept", "swap", "'swap' is none of the paper's concepts; their keys are if_else_flip", ()),
        ("which concept", "variable_name_random", "it changes names", ()),
        ("nothing to swap", "def f(x):\n    y = 1\n    z = 2\n    return y + z\n", "can rewrite it", ()),
        ("nothing to swap", "def f(x):\n    return x\n", "no two neighbouring statements", ()),
        ("nothing to swap", print, "put its source between quotes", ()),
        ("where they part", "left", '("left" or "right", a tuple of arguments) is asked for', (PROBLEM, "", "")),
        ("accepted or refused", [True] * 4, "program 2 is refused: the second calls `items.pop`", ()),
        ("two arrows", "def f(x):\n    return x\n", "no use is reached by exactly two", ()),
        ("most refused", "kit/x", "the set has no problem 'kit/x'", ([PROBLEM],)),
        ("verdict on a reply", "valid", "bodies are still where they were", ()),
        ("a reply that passes", "Negate it.", "no program", ()),
        ("a reply that passes", FENCED, "no_change", ()),
        ("what fails most", "unparsable", "another status has more", (ROWS,)),
        ("what fails most", "valid", "no row has the status 'valid'", (ROWS,)),
        ("which status", ["valid"] * 4, "reply 1 is not 'valid'", ()),
        ("stronger test", "def check(candidate):\n    assert candidate(5, 2) == 3\n", "broken program passes", ()),
        ("stronger test", "def check(candidate):\n    assert candidate(5, 2) == 4\n", "the right program fails", ()),
        ("stronger test", "x = 1\n", "does not define check", ()),
        ("changed tokens", [0, 0, 0, 1, 0], "overlaps the changed span", ()),
        ("weights", [0.0, 0.3, 0.3, 0.3], "first that of token 1, which is in T alone", (T, M, 0.5, list("abcd"))),
        ("weights", [1.0], "4 numbers are asked for", (T, M, 0.5, list("abcd"))),
        ("where it looks", 1, "token 1 gives 0.100, and one gives more", ([0.2, 0.1], ["a", "b"])),
        ("mass of a row", 0.5, "only what the row gives to changed tokens counts", ()),
        ("merged map", [[1, 0], [1, 0.5]], "does not sum to one", ()),
        ("merged map", [[1, 0], [0.4, 0.6]], "average the rows", ()),
        ("the head that gains most", (9, 0), "there are 2 layers and 3 heads", (Pair,)),
        ("both scores", (0.8, 0.5), "ccs_valid is not 0.5", ()),
        ("consistent and useless", [(True, True)], "ccs_valid has a value", ()),
        ("clear of each other", ["def_use_break"], "def_use_break does not belong there", (COUNTER,)),
        ("clear of each other", [], "1 more belong there", (COUNTER,)),
        ("does it show", True, "the interval holds zero", ()),
        ("attention alone", ("plain", "attention"), "comes first", ()),
        ("clear of zero", ["a − b"], "there is no comparison 'a − b'", ({},)),
    ],
)
def test_wrong_answers_hear_why(name, answer, wrong, evidence, capsys):
    check(name, answer, *evidence)
    said = capsys.readouterr().out
    assert wrong in said and "right." not in said


@pytest.mark.parametrize("score", [0.67, 0.667, 2 / 3])
def test_two_decimals_are_enough(score, capsys):
    check("both scores", (0.8, score))
    assert "right." in capsys.readouterr().out


def test_the_twin_is_told_by_an_argument(capsys):
    cf = pk.perturb(PROBLEM.program, "if_else_flip", task_id=PROBLEM.task_id)
    twin = lessons.planting.breaking_twin(cf, PROBLEM)[0]
    for side, arguments in (("left", (1, 2, 3)), ("right", (1, 2, 3))):
        check("where they part", (side, arguments), PROBLEM, twin.counterfactual, cf.counterfactual)
    left, right = capsys.readouterr().out.splitlines()
    assert "left" in left or "right." in left
    assert "for (1, 2, 3) the right one gives what the original gives" in right


def test_progress_counts_tries_and_ends_with_a_line_to_collect(capsys):
    progress()
    assert "procure lessons none: 0 of 0 right" in capsys.readouterr().out
    for answer in (None, "swap", "independent_swap"):
        check("which concept", answer)
    check("nothing to swap", "def f(:")
    capsys.readouterr()
    progress()
    said = capsys.readouterr().out
    assert "which concept: right at try 2\nnothing to swap: 1 tries\nwhere they part: open\n" in said
    assert said.endswith("procure lessons 00: 1 of 3 right (which concept 2; nothing to swap –1; where they part –)\n")


@pytest.mark.parametrize("seed", [0, 1])
def test_planted_pairs_are_wrong_and_look_like_the_others(seed):
    problems = {problem.task_id: problem for problem in pk.load_problems("kit")}
    sound = [cf for cf in pk.generate(list(problems.values())[:14], ["if_else_flip"]) if cf.changed]
    sound = [replace(cf, status="valid") for cf in sound]
    shown = planted(sound, problems, seed=seed)
    changed = [new for new, old in zip(shown, sound, strict=True) if new != old]
    assert len(changed) == 3 and not any(cf.status.startswith("valid") for cf in changed)
    assert {(cf.soundness, cf.generator) for cf in changed} <= {(cf.soundness, cf.generator) for cf in sound}
    check("the planted ones", [n for n, cf in enumerate(shown, 1) if cf in changed], shown)
