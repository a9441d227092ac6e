"""From a family to a problem: extend the sketch, settle names, order and branches, and write the tests."""

import hashlib
import keyword
import random
import re
from dataclasses import replace

from procure_kit.problems.problem import Problem
from procure_kit.world.addons import with_first_step, with_guard, with_last_step
from procure_kit.world.families import FAMILIES
from procure_kit.world.habits import Habits
from procure_kit.world.inputs import arguments, least
from procure_kit.world.names import RESERVED, local_name, role_name
from procure_kit.world.sketch import CONSTANT, ROLE, Sketch, lines, rewritten, same_bodies

HELD_OUT_FAMILIES = [  # each has relatives among the others: what is new is the family, not every line of it
    *("count_up_to", "digit_count"),
    *("last_if", "two_counts", "take_until", "replace_if"),
    *("keep_words", "change_words"),
    *("sum_by_key", "keep_entries"),
]
FIRST_VALUE = re.compile(r"@\w+ = (0|1|\[\]|\{\}|'')")
TESTS = 7
COMMONEST = 4  # tests with the same output


def draw_sketch(rng: random.Random, names: list[str]) -> Sketch:
    """A family's sketch, often with a guard, a first step or a last step."""
    name = rng.choice(names)
    sketch = replace(FAMILIES[name](rng), family=name)
    while any(same_bodies(way) for way in sketch.ways):
        sketch = replace(FAMILIES[name](rng), family=name)
    if rng.random() < 0.35:
        sketch = with_last_step(sketch, rng)
    if rng.random() < 0.35:
        sketch = with_first_step(sketch, rng)
    if rng.random() < 0.2:
        sketch = with_guard(sketch, rng)
    return sketch


def held_out_composition(sketch: Sketch) -> bool:
    """Whether the family with these pieces is kept from training: one composition in ten, whatever the seed."""
    pieces = [piece for piece in sketch.pieces if not piece.startswith(("first-", "last-", "guard-"))]
    key = " ".join([sketch.family, *(pieces or sketch.pieces)])
    return bool(sketch.pieces) and hashlib.sha256(key.encode()).digest()[0] < 26


def write(sketch: Sketch, way: list, rng: random.Random, habits: Habits) -> tuple[str, str, str]:
    """Settle one way: (prompt, solution, entry point)."""
    way, head = _constants(way, rng)
    body = "\n".join(lines(head + way, rng, habits))
    names: dict[str, str] = {}
    entry = rng.choice(sketch.names)
    taken = {entry, *RESERVED.split(), *keyword.kwlist}
    for role, _ in sketch.params:
        names[role] = _fresh(lambda role=role: role_name(role, rng), taken)
    for role, renewed in ROLE.findall(body):
        if role not in names:
            names[role] = _fresh(lambda role=role: local_name(role, rng, habits), taken)
        if renewed and role + "!" not in names:
            again = rng.random() < 0.5 + habits.keep_name / 2
            names[role + "!"] = names[role] if again else _fresh(lambda role=role: local_name(role, rng, habits), taken)

    def named(text: str) -> str:
        return ROLE.sub(lambda match: names[match[1] + match[2]], text)

    params = ", ".join(names[role] for role, _ in sketch.params)
    says = CONSTANT.sub(r"\1", sketch.says)
    prompt = f'def {entry}({params}):\n    """{named(says)}"""\n'
    return prompt, named(body) + "\n", entry


def _constants(way: list, rng: random.Random) -> tuple[list, list]:
    """Give a constant of a test a name of its own at times: (the way, the statement that stands first)."""
    found = sorted(set(CONSTANT.findall(repr(way))))
    if len(found) != 1 or rng.random() > 0.25:
        return _substituted(way, r"\1"), []
    named = _substituted(way, "@bound")
    statement = f"@bound = {found[0]}"
    if isinstance(named[0], str) and FIRST_VALUE.fullmatch(named[0]):
        return named[1:], [(named[0], statement)]
    if isinstance(named[0], tuple):
        return named[1:], [named[0] + (statement,)]
    return named, [statement]


def _substituted(block: list, text: str) -> list:
    return rewritten(block, lambda line: CONSTANT.sub(text, line))


def _fresh(draw, taken: set[str]) -> str:
    while (name := draw()) in taken:
        pass
    taken.add(name)
    return name


def make_problem(task_id: str, sketch: Sketch, rng: random.Random, habits: Habits) -> Problem | None:
    """Write one way of the sketch; another way, where there is one, says what the tests expect.

    None when most of the drawn inputs have the same output, so that the tests are weak, or an output is too long.
    """
    ways = list(sketch.ways)
    rng.shuffle(ways)
    prompt, solution, entry = write(sketch, ways[0], rng, habits)
    reference = run(*write(sketch, ways[-1], rng, habits))
    kinds = [kind for _, kind in sketch.params]
    inputs = arguments(kinds, rng, TESTS)
    cases = [(values, repr(reference(*values))) for values in inputs]
    outputs = [output for _, output in cases]
    if max(map(outputs.count, outputs)) > COMMONEST or max(map(len, outputs)) > 200:
        return None
    if (edge := least(kinds, inputs[0])) not in inputs:
        cases.append((edge, repr(reference(*edge))))
    asserts = [f"    assert candidate({', '.join(map(repr, values))}) == {output}\n" for values, output in cases]
    return Problem(task_id, prompt, solution, "def check(candidate):\n" + "".join(asserts), entry)


def run(prompt: str, solution: str, entry: str):
    """The function that the world's own program defines."""
    space: dict = {}
    exec(compile(prompt + solution, entry, "exec"), space)  # our own text: nothing from outside is run here
    return space[entry]
