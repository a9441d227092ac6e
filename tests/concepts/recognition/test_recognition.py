"""Which concept it is, when nobody says."""

import ast

import pytest

import procure_kit as pk
from procure_kit.concepts.recognition import flip, forms, swap, types
from procure_kit.concepts.recognition.mixture import mixture
from procure_kit.concepts.recognition.syntax_pairs import Alike

SOURCE = """\
def f(p, q):
    x = 1
    y = [2, 3]
    if len(p) > 3:
        x = y[0]
    else:
        x = q
    return x
"""
# What a concept needs to have a site.
ENDS = {
    "def_use_break": "    x = x\n    return x",
    "guard_clause": "    if p:\n        return x\n    return x",
    "nested_condition": "    if p and q:\n        x = 1\n    return x",
    "augmented_assignment": "    y = 1\n    y += 1\n    return x",
    "for_while": "    for n in range(3):\n        x = n\n    return x",
}


@pytest.mark.parametrize("mode", ["strict", "procure"])
@pytest.mark.parametrize("concept", pk.CONCEPTS)
def test_each_concept_is_recognised(concept, mode):
    source = SOURCE.replace("    return x", ENDS.get(concept, "    return x"))
    found = pk.recognise(source, pk.perturb(source.replace("x = q", "x = q; z = x"), concept, mode=mode).counterfactual)
    assert found.status == "not_this_concept"  # another program
    cf = pk.perturb(source, concept, mode=mode)
    found = pk.recognise(source, cf.counterfactual)
    assert (found.status, found.concept) == ("ok", concept), found.detail
    assert found.changed == pk.classify(source, cf.counterfactual, concept).changed != ()


@pytest.mark.parametrize(
    ("concepts", "kinds"),
    [
        (["if_else_flip", "data_type"], "branches and types"),
        (["independent_swap", "data_type"], "order and types"),
        (["variable_name_random", "if_else_flip"], "branches and names"),
        (["variable_name_shuffle", "independent_swap"], "order and names"),
        (["variable_name_random", "if_else_flip", "independent_swap"], "branches and order and names"),
    ],
)
def test_mixtures_name_their_kinds(concepts, kinds):
    made = pk.perturb_all(SOURCE, concepts)
    assert made.concept == "+".join(concepts)
    found = pk.recognise(SOURCE, made.counterfactual)
    assert (found.status, found.concept, found.detail) == ("mixed", "", f"several concepts at once: {kinds}")


def test_forms_are_a_kind_of_their_own():
    source = "def f(p, q):\n    x = 1\n    y = [2, 3]\n    if p > q:\n        x = y[0]\n    return x\n"
    found = pk.recognise(source, pk.perturb_all(source, ["mirrored_comparison", "data_type"]).counterfactual)
    assert (found.status, found.detail) == ("mixed", "several concepts at once: types and forms")


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (("x = q", "x = p"), "not_this_concept"), (("> 3", ">= 3"), "not_this_concept"),
        (("return x", "return y"), "not_this_concept"), (("def f", "# def\ndef f"), "no_change"),
        (("def f", "def"), "unparsable"), (("> 3", "<= 3"), "not_this_concept"),
    ],
)  # fmt: skip
def test_all_else_is_told_apart(change, status):
    assert pk.recognise(SOURCE, SOURCE.replace(*change)).status == status


@pytest.mark.parametrize(
    ("count", "status"), [(150, "not_this_concept"), (450, "not_this_concept"), (4000, "unparsable")]
)
def test_long_expressions_end_in_time(count, status):
    """The texts that are compared grow with the program alone, however deep it is nested."""
    source = f"if x:\n    y = {' + '.join(['a'] * count)}\nelse:\n    y = 2\n"
    found = pk.recognise(source, source.replace("if x", "if not x"))
    assert (found.status, "nested too deeply" in found.detail) == (status, count > 3000)


@pytest.mark.parametrize(
    ("last", "status"), [("x = -1\n    else: x = -2\n", "ok"), ("x = -3\n    else: x = -1\n", "not_this_concept")]
)
@pytest.mark.slow
def test_a_long_chain_of_elifs_takes_time_as_it_grows(monkeypatch, last, status):
    """Counted are the parts that are looked at: for twice the chain no more than about twice as many."""
    looked = []

    class Counting(Alike):
        def key(self, part):
            looked[-1] += 1
            return super().key(part)

    for module in (flip, forms, swap, types):
        monkeypatch.setattr(module, "Alike", Counting)
    for count in (100, 200):
        looked.append(0)
        chain = "".join(f"    elif a == {k}: x = {k}\n" for k in range(count))
        source = f"def f(a):\n    if a: x = 1\n{chain}    elif a < 0: x = -2\n    else: x = -1\n    return x\n"
        other = source.replace("a < 0: x = -2\n    else: x = -1\n", f"a >= 0: {last}")
        assert pk.recognise(source, other).status == status
    assert looked[0] > 1_000 and looked[1] < 2.2 * looked[0]


def test_nested_blocks_end_in_time():
    head = "".join("    " * depth + f"if a > {depth}:\n" for depth in range(19))
    first, second = ("    " * 19 + f"{name} = 1\n" for name in "xy")
    assert pk.recognise(head + first + second, head + second + first).concept == "independent_swap"


FLIP, TYPES, ORDER, NAMES = "if_else_flip", "data_type", "independent_swap", "names"


@pytest.mark.parametrize(
    ("one", "other", "kinds"),
    [
        ("x = 1\nif a: return x\nelse: return 2", "y = 1\nif not a: return 2\nelse: return y", (FLIP, NAMES)),
        ("if a: return 1\nreturn [2]", "if not a: return (2,)\nreturn 1", (FLIP, TYPES)),  # a guard
        ("x = [1 if a else 2]", "x = (2 if not a else 1,)", (FLIP, TYPES)),
        ("x = 1\ny = 2", "q = 2\np = 1", (ORDER, NAMES)),
        ("if a: x = 1\nelse:\n y = 2\n z = 3", "if not a:\n z = 3\n y = 2\nelse: x = 1", (FLIP, ORDER)),
        ("try: g()\nexcept E as e: h(e, [1])", "try: g()\nexcept E as v: h(v, (1,))", (TYPES, NAMES)),
        ("match a:\n case [*r, s]: h(r, s, [1])", "match a:\n case [*p, q]: h(p, q, (1,))", (TYPES, NAMES)),
        ("h(lambda p: p, [1])", "h(lambda q: q, (1,))", (TYPES, NAMES)),
        ("x = 1", "y = 1", (NAMES,)),
        ("if a: x\nelse: y", "if not a: y\nelse: x", (FLIP,)),
        ("x = [1]\nif a: g()\nelse: h()", "x = (2,)\nif not a: h()\nelse: g()", None),
        ("a.x = [1]\ny = 2", "a.z = (1,)\nq = 2", None),  # attributes, keywords and globals are no such names
        ("x = 1\ng(k=[1])", "y = 1\ng(m=(1,))", None),
        ("x = 1\ng([1])", "y = 1\nh((1,))", None),
    ],
)
def test_the_fewest_kinds_that_all_differences_can_come_from(one, other, kinds):
    both = (ast.parse("def f(a):\n " + text.replace("\n", "\n ")) for text in (one, other))
    assert mixture(*both) == kinds
