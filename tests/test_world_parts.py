"""The pieces of the world's families, and the steps that any of them may be extended by."""

from random import Random

import pytest

from procure_kit.world.addons import with_first_step, with_guard, with_last_step
from procure_kit.world.families import FAMILIES
from procure_kit.world.habits import Habits
from procure_kit.world.names import ROLES, local_name, made_up, role_name
from procure_kit.world.pieces import character_test, character_value, number_test, number_value, word_test, word_value
from procure_kit.world.sketch import If, rewritten

SUBJECTS = {"number": range(-30, 60), "word": ["", "a", "apple", "Bee"], "character": "aZ7 ?"}


@pytest.mark.parametrize(
    ("draw", "kind"), [(number_test, "number"), (word_test, "word"), (character_test, "character")]
)
def test_a_test_and_its_opposite_are_never_both_true(draw, kind):
    for seed in range(100):
        test = draw(Random(seed))
        opposite = test.branch("x", [], []).opposite
        for x in SUBJECTS[kind]:
            holds, fails = (bool(eval(code.replace("#", ""), {"x": x})) for code in (test.on("x"), opposite))
            assert holds is not fails, (test, x)


@pytest.mark.parametrize(
    ("draw", "kind"), [(number_value, "number"), (word_value, "word"), (character_value, "character")]
)
def test_a_value_has_the_kind_of_its_subject_and_words_without_holes(draw, kind):
    for seed in range(100):
        value = draw(Random(seed))
        assert all(type(eval(value.on("x"), {"x": x})) is type(x) for x in SUBJECTS[kind])
        assert "{x}" not in value.says("n") and "K" not in value.says("n")


@pytest.mark.parametrize(
    ("add", "beginning"), [(with_first_step, "first-"), (with_last_step, "last-"), (with_guard, "guard-")]
)
def test_a_step_is_said_and_done_in_every_way_of_the_family(add, beginning):
    extended = 0
    for name in sorted(FAMILIES):
        sketch = FAMILIES[name](Random(name))
        longer = add(sketch, Random(name))
        if longer is sketch:
            continue
        extended += 1
        assert longer.pieces[-1].startswith(beginning) and longer.says.startswith(sketch.says + " ")
        assert all(len(new) > len(old) for new, old in zip(longer.ways, sketch.ways, strict=True))
    assert extended > 10


def test_a_block_is_rewritten_line_by_line_with_its_branches():
    block = ["a", ["b"], ("c", "d"), If("e", "f", ["g"], [["h"]])]
    assert rewritten(block, str.upper) == ["A", ["B"], ("C", "D"), If("E", "F", ["G"], [["H"]])]
    assert block[0] == "a"


def test_names_are_the_roles_own_or_anything_else():
    rng = Random(0)
    assert {role_name("i2", rng) for _ in range(200)} == set(ROLES["i"].split())
    assert local_name("acc", rng, Habits(role_names=1.0)) in ROLES["acc"].split()
    others = {local_name("acc", rng, Habits(role_names=0.0, strange_names=0.0)) for _ in range(100)}
    assert len(others - set(ROLES["acc"].split())) > 50 and all(name.isidentifier() for name in others)
    assert all(name.isalpha() and 4 <= len(name) <= 6 for name in (made_up(rng) for _ in range(50)))
