"""Before, counterfactual's site, and the twins in their order: each edit by its text."""

import pytest

import procure_kit as pk
from procure_kit.concepts.twins.twin import twins

FLIP = "def f(n):\n    if n < 0:\n        s = -1\n    else:\n        s = 1\n    return s\n"
SUM = "def f(xs):\n    total = 0\n    best = None\n    for best in xs:\n        total += best\n    return total, best\n"
WEB = "def f(x):\n    y = x + 1\n    print(y)\n    y = y * 2\n    z = y - x\n    return y, z\n"


def made(source: str, concept: str, mode: str = "strict", **options) -> list:
    return list(twins(pk.perturb(source, concept, mode=mode, **options)))


def between(found, before: str, after: str) -> list[str]:
    """What stands between two texts in each twin."""
    return [one.counterfactual.split(before)[1].split(after)[0] for one in found]


def test_a_flip_is_done_by_half_or_wrong_where_both_sides_are_equal():
    found = made(FLIP, "if_else_flip")
    assert between(found, "if ", ":") == ["n < 0", "n >= 0", "n > 0"]
    assert between(found, "s = ", "\n") == ["1", "-1", "1"]
    assert [one.detail for one in found][:2] == [
        "the bodies are swapped, and the test is not negated",
        "the test is negated, and the bodies are not swapped",
    ]


@pytest.mark.parametrize(
    "source",
    [
        "def f(n):\n    return 'a' if n else 'b'\n",
        "def f(n):\n    if n:\n        return 'a'\n    return 'b'\n",
        "def f(n):\n    if n and len(n) > 1:\n        return 'a'\n    else:\n        return 'b'\n",
    ],
)
def test_each_form_of_a_flip_has_both_halves(source):
    one, other = made(source, "if_else_flip", "procure")[:2]
    assert one.counterfactual.replace("'a'", "?").replace("'b'", "'a'").replace("?", "'b'") == source
    assert (
        other.counterfactual.index("'a'") < other.counterfactual.index("'b'") and "not" in other.counterfactual + "not"
    )


def test_a_swap_takes_a_dependent_neighbour_or_mixes_up_the_parts():
    chain = "def f(a):\n    x = a\n    b = 2\n    a = 3\n    return x + a + b\n"
    (first, *_) = made(chain, "independent_swap", site=0)
    assert first.detail == "the two statements trade their values, and not their places"
    assert "x = 2\n    b = a\n" in first.counterfactual
    moved = "def f(a):\n    n = a\n    m = 2\n    m = a\n    return n, m\n"
    assert made(moved, "independent_swap", site=0)[0].detail == "two statements are exchanged, and both define `m`"
    assert "total = None\n    best = 0\n" in made(SUM, "independent_swap", site=0)[0].counterfactual


def test_an_exchange_after_which_a_name_has_no_value_comes_last():
    source = "def f(a):\n    n = 1\n    m = 2\n    k = m\n    return n, m, k\n"
    found = made(source, "independent_swap", site=0)
    assert "the second uses what the first defines: `m`" not in found[0].detail
    assert any("the second uses what the first defines: `m`" in one.detail for one in found)


def test_equal_values_have_a_name_mixed_up():
    found = made("def f(xs):\n    odd = 0\n    even = 0\n    return xs, odd, even\n", "independent_swap")
    assert [one.detail for one in found] == [
        "odd is given the value that is meant for even",
        "even is given the value that is meant for odd",
    ]
    found = made(
        "def f(xs):\n    i = 0\n    j = 9\n    i += 1\n    j += 1\n    return i, j\n", "independent_swap", site=2
    )
    assert "the two are exchanged, and a use of i takes the name of j" in [one.detail for one in found]


def test_one_use_of_the_second_definition_keeps_the_old_name():
    found = made(WEB, "def_use_break", seed=3)
    name = between(found, "print(y)\n    ", " =")[0]
    assert between(found[:2], "z = ", " - x") == ["y", name]
    assert between(found[:2], "return ", ", z") == [name, "y"]


def test_a_use_takes_the_name_of_another_variable_of_its_kind_first():
    source = "def f(xs):\n    text = 'a'\n    low = 0\n    high = len(xs)\n    return low, text\n"
    cf = pk.perturb(source, "variable_name_random", 5)
    names = dict(
        zip(
            ["text", "low", "high"], (cf.counterfactual.split("    ")[k].split(" =")[0] for k in (1, 2, 3)), strict=True
        )
    )
    assert pk.twin(cf).counterfactual.splitlines()[-1] == f"    return {names['high']}, {names['text']}"
    assert pk.twin(cf).detail == "line 5: a use of low takes the name of high"


def test_a_single_variable_takes_a_parameters_name_or_keeps_its_own():
    found = made("def f(n):\n    m = n\n    return m\n", "variable_name_random")
    assert [one.counterfactual.splitlines()[-1] for one in found] == ["    return n", "    return m"]


def test_two_uses_of_a_shuffle_trade_their_names():
    source = "def f(n):\n    low = 0\n    high = n\n    return low - high\n"
    first = made(source, "variable_name_shuffle")[0]
    assert first.counterfactual == "def f(n):\n    high = 0\n    low = n\n    return low - high\n"


@pytest.mark.parametrize(
    ("expression", "twins_of_it"),
    [
        ("len(p) > 3", ["len(p) >= 5", "len(p) >= 3", "len(p) > 4"]),
        ("[]", ["set()", "dict()", "tuple()"]),
        ("dict()", ["[]", "()"]),
        ("[a for a in [1, 2]]", ["[a for a in (2, 1)]", "[a for a in (1)]"]),
        ("[a for a in [p]]", ["[a for a in (p)]"]),
        ("{'a': 1, 'b': p}", ["dict(a=p, b=1)", "dict(a_=1, b=p)", "dict(a=1, b_=p)"]),
        ("dict(a=1)", ['{"a_": 1}']),
        ("[a for a in (1, p)]", ["[a for a in [p, 1]]", "[a for a in [1]]"]),
    ],
)
def test_another_number_type_order_or_key(expression, twins_of_it):
    found = made(f"def f(p):\n    return {expression}\n", "data_type")
    assert between(found, "return ", "\n") == twins_of_it
