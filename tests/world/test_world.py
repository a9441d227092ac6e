"""The world: its problems are right by running them, its splits are apart, and its habits are what they say."""

import ast
import random
import re

import pytest

from procure_kit.problems.problem import Problem
from procure_kit.shipped import DATA
from procure_kit.validation.problem_names import load_problems
from procure_kit.world.compose import FAMILIES, HELD_OUT_FAMILIES, draw_sketch, held_out_composition, run, write
from procure_kit.world.generation import generate
from procure_kit.world.habits import Habits
from procure_kit.world.inputs import arguments
from procure_kit.world.sketch import If, lines, same_bodies

HELD_OUT = DATA / "world_heldout.jsonl"
ALWAYS = Habits(1, 1, 1, 1, 0)


def passes(problem: Problem, solution: str) -> bool:
    """Run the problem's own check here: the world's programs are our own, and all of them end."""
    space: dict = {}
    try:
        exec(problem.prompt + solution + "\n" + problem.test, space)
        space["check"](space[problem.entry_point])
    except Exception:  # whatever a broken solution raises is a failure of its check
        return False
    return True


@pytest.fixture(scope="module")
def problems() -> dict[str, list[Problem]]:
    return {split: list(generate(1, 400, split=split)) for split in ("train", "composition", "family")}


def test_there_are_sixty_families_and_a_tenth_is_held_out():
    assert len(FAMILIES) >= 60
    assert set(HELD_OUT_FAMILIES) < set(FAMILIES)
    assert 0.08 < len(HELD_OUT_FAMILIES) / len(FAMILIES) < 0.12


def test_every_problem_passes_its_own_tests(problems):
    for split in problems.values():
        assert [p.task_id for p in split if not passes(p, p.canonical_solution)] == []


def test_the_tests_have_power(problems):
    lost = [p for p in problems["train"] if not passes(p, "    return None\n")]
    assert len(lost) == len(problems["train"])
    turned = [(p, re.sub(r"\breturn \w+\n$", "return 77\n", p.canonical_solution)) for p in problems["train"]]
    turned = [(p, solution) for p, solution in turned if solution != p.canonical_solution]
    assert len(turned) > 100
    unseen = sum(passes(p, solution) for p, solution in turned)  # a last resort that no test input reaches
    assert unseen / len(turned) < 0.03


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_every_way_of_a_family_does_the_same(name):
    rng = random.Random(name)
    for _ in range(12):
        sketch = draw_sketch(rng, [name])
        drawn = [write(sketch, way, rng, Habits(0.5, 0.5, 0.5, 0.5, 0.5)) for way in sketch.ways for _ in range(2)]
        functions = [run(*program) for program in drawn]
        for values in arguments([kind for _, kind in sketch.params], rng, 10):
            assert len({repr(function(*values)) for function in functions}) == 1, drawn


def test_a_seed_says_everything_and_no_program_comes_twice(problems):
    assert problems["train"] == list(generate(1, 400))
    assert {p.program for p in problems["train"]}.isdisjoint(p.program for p in generate(2, 400))
    for split in problems.values():
        assert len({p.program for p in split}) == len({p.task_id for p in split}) == 400


@pytest.mark.slow
def test_tens_of_thousands_of_problems_are_distinct_even_without_their_names():
    said = {docstring_shape(p) for p in generate(3, 1500)}
    assert len(said) > 1400


def docstring_shape(problem: Problem) -> str:
    """The docstring without the parameters' names."""
    function = ast.parse(problem.program).body[0]
    names = [argument.arg for argument in function.args.args]
    return re.sub(rf"\b({'|'.join(names)})\b", "_", ast.get_docstring(function))


@pytest.mark.slow
def test_splits_are_apart(problems):
    families = {split: {p.task_id.split("/")[2] for p in rows} for split, rows in problems.items()}
    assert families["family"] == set(HELD_OUT_FAMILIES)
    assert families["train"].isdisjoint(HELD_OUT_FAMILIES) and families["composition"].isdisjoint(HELD_OUT_FAMILIES)
    known = {re.sub(r"\d+|'\w'", "#", docstring_shape(p)) for p in generate(5, 1500)}
    unseen = {re.sub(r"\d+|'\w'", "#", docstring_shape(p)) for p in problems["composition"]}
    assert known.isdisjoint(unseen)


def test_a_tenth_of_the_compositions_is_held_out_whatever_is_added():
    rng = random.Random(0)
    sketches = [draw_sketch(rng, ["sum_if"]) for _ in range(600)]
    verdicts: dict[tuple, set[bool]] = {}
    for sketch in sketches:
        verdicts.setdefault(sketch.pieces[:2], set()).add(held_out_composition(sketch))
    assert all(len(seen) == 1 for seen in verdicts.values())
    assert 0.03 < sum(True in seen for seen in verdicts.values()) / len(verdicts) < 0.2


def test_an_unknown_split_and_a_habit_out_of_range_are_named():
    with pytest.raises(ValueError, match="unknown split 'test'"):
        next(generate(0, 1, split="test"))
    with pytest.raises(ValueError, match="habit keep_name is 1.2"):
        Habits(keep_name=1.2)


BRANCH = [If("x > 0", "x <= 0", ["return 1"], ["return 2"])]
ORDER = [("a = 0", "b = 0")]


@pytest.mark.parametrize(
    ("block", "usual", "habit"),
    [(BRANCH, "if x > 0:", "condition_first"), (ORDER, "a = 0", "fixed_order")],
)
@pytest.mark.parametrize(("strength", "low", "high"), [(1, 1, 1), (0.8, 0.85, 0.95), (0, 0.4, 0.6)])
def test_a_habit_is_kept_as_often_as_its_strength_says(block, usual, habit, strength, low, high):
    rng = random.Random(0)
    first = [lines(block, rng, Habits(**{habit: strength}), depth=0)[0] for _ in range(1000)]
    assert low <= first.count(usual) / 1000 <= high


def test_both_orders_of_a_branch_say_the_same():
    rng = random.Random(0)
    written = {"\n".join(lines(BRANCH, rng, Habits(condition_first=0), depth=0)) for _ in range(50)}
    assert written == {"if x > 0:\n    return 1\nelse:\n    return 2", "if x <= 0:\n    return 2\nelse:\n    return 1"}


def test_a_chain_is_written_with_elif_and_never_turned():
    chain = [If("x > 5", "x <= 5", ["y = 1"], [If("x > 2", "x <= 2", ["y = 2"], ["y = 3"])])]
    written = "\n".join(lines(chain, random.Random(0), ALWAYS, depth=0))
    assert written == "if x > 5:\n    y = 1\nelif x > 2:\n    y = 2\nelse:\n    y = 3"


def test_a_branch_that_does_the_same_either_way_is_seen():
    assert same_bodies(["a", [If("x", "not x", ["y"], ["y"])]])
    assert not same_bodies(["a", [If("x", "not x", ["y"], ["z"])]])


def renewed_keeps_its_name(problem: Problem) -> bool | None:
    """Whether a first step goes back into the parameter; None where there is no first step."""
    function = ast.parse(problem.program).body[0]
    name = function.args.args[0].arg
    step = re.search(rf"^    (\w+) = (?:sorted\({name}|{name}\[)", problem.canonical_solution, flags=re.M)
    return step and step[1] == name


@pytest.mark.parametrize(("strength", "low", "high"), [(1, 1, 1), (0, 0.3, 0.7)])
def test_keeping_a_name_is_a_habit(strength, low, high):
    kept = [renewed_keeps_its_name(p) for p in generate(1, 800, habits=Habits(keep_name=strength))]
    kept = [value for value in kept if value is not None]
    assert len(kept) > 40 and low <= sum(kept) / len(kept) <= high


def accumulators(habits: Habits) -> list[str]:
    found = (re.search(r"^    (\w+) = 0$", p.canonical_solution, flags=re.M) for p in generate(1, 600, habits=habits))
    return [match[1] for match in found if match]


def test_names_follow_their_roles_or_not():
    usual, any_name, strange = (
        accumulators(ALWAYS),
        accumulators(Habits(role_names=0)),
        accumulators(Habits(1, 1, 1, 0, 1)),
    )
    assert len(set(usual)) < 80 < len(set(any_name))
    assert len(set(strange)) == len(strange)


def test_the_stored_problems_are_those_of_the_generator_and_pass():
    stored = load_problems(HELD_OUT)
    assert stored == [*generate(2024, 240, split="composition"), *generate(2024, 180, split="family")]
    assert [p.task_id for p in stored if not passes(p, p.canonical_solution)] == []
