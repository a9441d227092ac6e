"""The concept check on renamings: wherever names stand, and where a new name would mean something else."""

import re

import pytest

from procure_kit.concepts.recognition.concept_check import classify


def function(*lines: str) -> str:
    return "def f(p, q):\n" + "".join(f"    {line}\n" for line in lines)


ALL_PATTERNS = function("match p:", "    case [*x]: return x", "    case {**y}: return y", "    case z: return z")
DOCTEST = function('"""', ">>> f(1, q=2)", "3", '"""', "return p + q, 's'")


@pytest.mark.parametrize(
    ("concept", "before", "changes", "detail"),
    [
        ("random", ALL_PATTERNS, {"x": "abcde", "y": "fghij", "z": "klmno"}, ""),
        ("shuffle", ALL_PATTERNS, {"x": "y", "y": "z", "z": "x"}, ""),
        ("random", function("x = 1", "def g():", "    nonlocal x", "    x = 2", "return x"), {"x": "abcde"}, ""),
        ("random", function("try: g()", "except E as e: h(e)"), {"e": "abcde"}, ""),
        ("random", function("x = 1", "return x"), {"x": "match"}, "x became match, which already means something"),
        ("random", DOCTEST, {"q": "abcde"}, ""),  # the example follows
        ("random", DOCTEST, {"q": "abcde", "3": "4"}, "keywords of calls do not follow"),
        ("random", DOCTEST, {"q": "abcde", "'s'": "'t'"}, "more than names"),
        ("random", DOCTEST, {"    return p + q": "    return p + abcde", "p, q": "p, abcde"}, ""),  # or stays
        ("shuffle", function("x = 1", "y = 2"), {"x": "y", "y": "z"}, "f: not the same names in another order: z"),
        (
            "shuffle",
            function("x = 1", "y = 2", "return [x for x in q], y"),
            {"x = 1": "z = 1", "y = 2": "x = 2", "[x for x in q], y": "[y for y in q], x"},
            "f: x became one name here and another there",
        ),
        (
            "break",
            function("x = p", "g(x)", "x = 1", "return x"),
            {"x = 1": "abcde = 1", "return x": "return abcde"},
            "",
        ),
        ("break", function("x = p", "g(x)"), {"g(x)": "g(abcde)"}, "abcde does not stand for the variable that x was"),
        (
            "break",
            function("x = p", "if q: x = 1", "return x"),
            {"if q: x": "if q: abcde"},
            "x has no second definition whose uses",
        ),
        (
            "break",
            function("x = p", "x = 1", "return lambda: x"),
            {"x = 1": "abcde = 1"},
            "x is also used at another time",
        ),
    ],
)
def test_names_wherever_they_stand(concept, before, changes, detail):
    after = before
    for number, old in enumerate(changes):  # at once: names may trade places
        pattern = rf"\b{old}\b" if old.isidentifier() else re.escape(old)
        after = re.sub(pattern, f"@{number}@", after)
    for number, new in enumerate(changes.values()):
        after = after.replace(f"@{number}@", new)
    keys = {"random": "variable_name_random", "shuffle": "variable_name_shuffle", "break": "def_use_break"}
    found = classify(before, after, keys[concept])
    assert (found.status == "ok") == (not detail) and detail in found.detail, (after, found.detail)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def f(p):\n    x = p\n    return len(x)", "def f(p):\n    abcde = p\n    return abcde(abcde)"),
        ("def f():\n    x = 1\n    def g(abcde): return x", "def f():\n    abcde = 1\n    def g(abcde): return abcde"),
        ("def f():\n    x = 1\n    return abcde", "def f():\n    abcde = 1\n    return abcde"),
        ("def f():\n    x = 1\n    return lambda: x", "def f():\n    abcde = 1\n    return lambda: x"),
    ],
)
def test_captures(before, after):
    assert classify(before, after, "variable_name_random").status == "not_this_concept"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = lambda q: q", "x = lambda abcde: abcde"),
        ("def f():\n    global a, b\n    a = 1", "def f():\n    global a\n    a = 1"),
        ("def f(p):\n    match p:\n        case {**r}: return r", "def f(p):\n    match p:\n        case {}: return r"),
    ],
)
@pytest.mark.parametrize("concept", ["variable_name_random", "variable_name_shuffle"])
def test_names_that_cannot_be_paired_or_belong_to_no_function(before, after, concept):
    assert classify(before, after, concept).status == "not_this_concept"
