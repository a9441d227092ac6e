"""The pieces of the world's families, and the steps that any of them may be extended by."""

import ast
import builtins
import keyword
from random import Random

import pytest

from procure_kit.world.addons import with_first_step, with_guard, with_last_step
from procure_kit.world.families import FAMILIES
from procure_kit.world.habits import Habits
from procure_kit.world.inputs import KINDS, LEAST, arguments, least
from procure_kit.world.names import PLAIN, RESERVED, ROLES, local_name, made_up, role_name
from procure_kit.world.pieces import (
    CHARACTER_TESTS,
    CHARACTER_VALUES,
    NUMBER_TESTS,
    NUMBER_VALUES,
    WORD_TESTS,
    WORD_VALUES,
    character_test,
    character_value,
    number_test,
    number_value,
    word_test,
    word_value,
)
from procure_kit.world.sketch import If, lines, rewritten, same_bodies

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


def test_no_name_means_something_else_to_python():
    names = {name for names in ROLES.values() for name in names.split()} | set(PLAIN.split())
    assert all(name.isidentifier() and not keyword.iskeyword(name) for name in names)
    assert names.isdisjoint(RESERVED.split()) and set(RESERVED.split()) <= {*dir(builtins), *keyword.kwlist}


def test_tables_of_pieces_draw_every_entry_with_its_constant():
    for draw, table in (
        (number_test, NUMBER_TESTS), (number_value, NUMBER_VALUES), (word_test, WORD_TESTS), (word_value, WORD_VALUES),
        (character_test, CHARACTER_TESTS), (character_value, CHARACTER_VALUES),
    ):  # fmt: skip
        drawn = [draw(Random(seed)) for seed in range(400)]
        assert {piece.id for piece in drawn} == {entry[0] for entry in table}
    assert {test.says for test in (number_test(Random(seed)) for seed in range(2000)) if test.id == "divisible"} == {
        f"is divisible by {k}" for k in range(3, 8)
    }


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_inputs_of_a_kind_are_plain_distinct_and_begin_with_the_least(kind):
    drawn = arguments([kind, "number"], Random(0), 30)
    assert len({repr(values) for values in drawn}) == len(drawn) == 30
    assert all(ast.literal_eval(repr(values)) == values for values in drawn)
    first, second = least([kind, "number"], drawn[0])
    assert (first == LEAST[kind] if kind in LEAST else first == drawn[0][0]) and second == drawn[0][1]
    assert not LEAST.get(kind) and type(LEAST.get(kind, first)) is type(first)


@pytest.mark.parametrize("low, high, kind", [(0, 12, "naturals"), (-3, 5, "few"), (-9, 20, "numbers")])
def test_lists_of_numbers_stay_in_their_range(low, high, kind):
    numbers = [n for (values,) in arguments([kind], Random(1), 400) for n in values]
    assert (min(numbers), max(numbers)) == (low, high)


def test_there_are_no_more_distinct_inputs_than_there_are():
    assert sorted(arguments(["step"], Random(0), 30)) == [(1,), (2,), (3,), (4,)]


def test_a_branch_that_does_the_same_is_seen_wherever_it_stands():
    same, other = If("x", "not x", ["y"], ["y"]), If("x", "not x", ["y"], ["z"])
    for block in ([[same]], [(("a", same))], [If("x", "y", [same], ["z"])], [If("x", "y", ["z"], [[same]])]):
        assert same_bodies(block)
    assert not same_bodies([[other], ("a", "b"), If("x", "y", [other], ["z"])])


def test_a_sum_is_at_times_written_out_but_not_into_an_item():
    usual = Habits(1, 1, 1, 1, 0)
    written = {lines(["a += b * 2", "c[0] += 1"], Random(seed), usual, depth=0)[0] for seed in range(40)}
    assert written == {"a += b * 2", "a = a + b * 2"}
    assert {lines(["c[0] += 1"], Random(seed), usual)[0] for seed in range(40)} == {"    c[0] += 1"}


def test_blocks_are_indented_below_what_opens_them():
    block = ["for x in y:", ["a", ("b", "c"), If("d", "e", ["f"], ["g"])], "h"]
    assert lines(block, Random(0), Habits(1, 1, 1, 1, 0), depth=0) == [
        "for x in y:", "    a", "    b", "    c", "    if d:", "        f", "    else:", "        g", "h",
    ]  # fmt: skip
