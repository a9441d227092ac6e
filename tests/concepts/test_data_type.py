"""Data Type: what turns into what, and what is refused for which reason; and how the concept check judges it."""

import re

import pytest

from procure_kit import find_sites, perturb, perturb_all
from procure_kit.concepts.recognition.concept_check import classify

SAME = [  # before, after, in a function f(p): one site each
    ("for x in [1, p]: g(x)", "for x in (1, p): g(x)"),
    ("for x in (1, p,): g(x)", "for x in [1, p,]: g(x)"),
    ("for x in 1, p: g(x)", "for x in [1, p]: g(x)"),
    ("for x in [p]: g(x)", "for x in (p,): g(x)"),
    ("for x in[p, # one\n  ]: g(x)", "for x in(p, # one\n  ): g(x)"),
    ("a, b = p, 1", "a, b = [p, 1]"),
    ("x = [1, p]\n    return x[0], len(x), 1 in x", "x = (1, p)\n    return x[0], len(x), 1 in x"),
    ("x = [1, p]\n    for i in range(2): g(x[i])", "x = (1, p)\n    for i in range(2): g(x[i])"),
    ("x = ('a', 'b')\n    return ''.join(x)", "x = ['a', 'b']\n    return ''.join(x)"),
    ("x = [1]\n    g(x[0])\n    x = p\n    g(x)", "x = (1,)\n    g(x[0])\n    x = p\n    g(x)"),
    ("return sorted({*[1, p]}, key=g)", "return sorted({*(1, p)}, key=g)"),
    ("return[]", "return list()"),
    ("return ()", "return tuple()"),
    ("return {}", "return dict()"),
    ("return list()", "return []"),
    ("return dict ()", "return {}"),
    ("return dict(ﬁ=1, b = (p))", 'return {"fi": 1, "b": (p)}'),
    ("return {'a': 1, ('b') : (p), }", "return dict(a=1, b=(p), )"),
    ("return len(p) >= 4", "return len(p) > 3"),
    ("return 3 < len(p)", "return 4 <= len(p)"),
    ("return not-1 < len(p)", "return not 0 <= len(p)"),
    ("x = len(p) - 3\n    return x <= -1", "x = len(p) - 3\n    return x < 0"),
    ("return len(p) == 0", "return len(p) < 1"),
    ("n = 0\n    for x in p: n += 1\n    return n > 0x10", "n = 0\n    for x in p: n += 1\n    return n >= 17"),
]
REFUSED = [
    ("return [1, p]", "handed to the caller"),
    ("return g([1, p])", "passed to `g`, which can see its type"),
    ("return max([1, p], [2])", "passed to `max`"),
    ("return [1] + p", "an operand"),
    ("return '%s %s' % (1, p)", "an operand"),
    ("return p == [1]", "a list never equals a tuple"),
    ("return p in [1] in p", "a list never equals a tuple"),
    ("return [1, p][p]", r"`\[p\]` may be a slice"),
    ("return [1, p][1:]", "a slice of it is taken, and has its type"),
    ("x = [1]\n    x.append(p)", "line 3, `x`: its `.append` is used"),
    ("x = [1]\n    x[0] = p", "line 3, `x`: an element of it is changed"),
    ("x = [1]\n    x += p", "line 3: `x` is changed in place"),
    ("x = [1]\n    y = x\n    return y", "line 3: `x` gets another name"),
    ("x = [1]\n    return lambda: x", "used in a function, class or generator inside"),
    ("x = [1]\n    return (x[0] for _ in p)", "used in a function, class or generator inside"),
    ("x = [1]\n    return x[0], locals()", "`locals` can see"),
    ("x = [1]\n    print(f'{x[0]}{x}')", "handed on"),
    ("global x\n    x = [1]", "`x` can be seen from outside of the function"),
    ("p.x = [1]", "kept where others can see"),
    ("return p > 3", "`p` is not known to be an int"),
    ("return f'{len(p) > 3}'", "it stands in an f-string"),
    ("return {1: p}", "its key `1` cannot be a keyword"),
    ("return {'a': 1, 'a': p}", "its key `'a'` cannot be a keyword: it is no plain name, or stands there twice"),
    ("return {'if': p}", "its key `'if'` cannot"),
    ("return {**p}", "another dictionary, whose keys the text does not show"),
    ("list = p\n    return []", "`list` may mean something else in this file"),
    ("import builtins\n    return []", "`list` may mean something else in this file"),
    ("exec(p)\n    return {'a': 1}", "`dict` may mean something else in this file"),
    ("return dict(__a=1)", "may mean another name in a class"),
    ("return (dict)(a=1)", "a comment or a parenthesis stands between"),
    ("return dict(a= # one\n  1)", "a comment stands between a name and its value"),
    ("return {'a' # one\n  : 1}", "a comment stands between a name and its value"),
    ("dict = p\n    return {'a': 1}", "`dict` may mean something else in this file"),
    ("return {'a': 1, b'b': 2}", "its key `b'b'` cannot"),
    ("return {'__a': 1}", "its key `'__a'` cannot"),
    ("return [[1, p]]", "it becomes part of another object"),
    ("return {1: [1, p]}", "it becomes part of another object"),
    ("return (1, p)[0, 1]", "a slice of it is taken"),
    ("return p.join(('a', 'b'))", "passed to `p.join`"),
    ("return ''.join(p, ('a', 'b'))", "passed to `''.join`"),
    ("return sorted(p, [1, p])", "passed to `sorted`"),
    ("return sum([1, p], start=p, *p)", "passed to `sum`"),
    ("return map([1, p], p)", "passed to `map`"),
    ("return len(obj=[1, p])", "passed to `len`"),
    ("return [1, p].index(p)", "its `.index` is used"),
    ("a = b = [1, p]", "kept where others can see"),
    ("p[0] = [1, p]", "kept where others can see"),
    ("del [1, p][0]", "an element of it is changed"),
    ("return len(p) > 10 ** 18 or len(p) > 1000000000000000001", "the number is too long"),
]  # fmt: skip
NONE = ["[a, b] = p", "for [a, b] in p: g()", "x: dict[list[int], (1, 2)] = p", "return p > 3 > 2", "return dict(p)"]


def function(body):
    return f"def f(p):\n    {body}\n"


@pytest.mark.parametrize(("before", "after"), SAME)
def test_forms_of_one_value(before, after):
    original, expected = function(before), function(after)
    (site,) = (site for site in find_sites(original, "data_type") if site.refused is None)
    made = {perturb(original, "data_type", seed, site=site).counterfactual for seed in range(8)}
    assert expected in made and site.soundness == "syntactic"
    for text in made:
        assert classify(original, text, "data_type").status == "ok"
        assert classify(text, original, "data_type").status == "ok"


@pytest.mark.parametrize(("body", "reason"), REFUSED)
def test_refusals(body, reason):
    refused = [site.refused for site in find_sites(function(body), "data_type") if site.refused]
    assert any(re.search(reason, why) for why in refused), refused


@pytest.mark.parametrize("body", NONE)
def test_what_is_no_site(body):
    assert find_sites(function(body), "data_type") == []


TAKERS = "all any bool enumerate frozenset len list max min set sorted sum tuple zip"


@pytest.mark.parametrize("name", [*TAKERS.split(), "''.join", "filter(None, ", "map(p, "])
def test_who_only_takes_the_elements_does_not_see_the_type(name):
    call = f"{name}[1, p])" if name[-1] == " " else f"{name}([1, p])"
    (site,) = find_sites(function(f"return {call}"), "data_type")
    assert site.refused is None and site.soundness == "syntactic"


@pytest.mark.parametrize(
    "body",
    [
        "if [1, p]: g()", "while [1, p]: g()", "return 1 if [1, p] else 2", "return not [1, p]",
        "return g(*[1, p])", "return 2 not in [1, p]", "return {q for q in p if [1, p]}", "[a, b] = c, d = [1, p]",
    ],
)  # fmt: skip
def test_where_the_type_does_not_matter(body):
    assert [site.refused for site in find_sites(function(body), "data_type") if site.label == "[1, p]"] == [None]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("len(p) == 0", {"len(p) < 1"}),
        ("len(p) != 0", {"len(p) > 0", "len(p) >= 1"}),
        ("len(p) < 1", {"len(p) <= 0", "len(p) == 0"}),
        ("len(p) <= 0", {"len(p) < 1", "len(p) == 0"}),
        ("len(p) > 0", {"len(p) >= 1", "len(p) != 0"}),
        ("len(p) >= 1", {"len(p) > 0", "len(p) != 0"}),
        ("0 < len(p)", {"1 <= len(p)", "0 != len(p)"}),
        ("0 == len(p)", {"1 > len(p)"}),
        ("len(p) < 0x_7", {"len(p) <= 6"}),
        ("len(p) == 1", set()),
        ("abs(1) == 0", set()),
        ("3 < 4", set()),
    ],
)
def test_all_ways_to_say_an_order(before, after):
    source = function(f"return {before}")
    sites = find_sites(source, "data_type")
    made = {perturb(source, "data_type", seed, site=site).counterfactual for site in sites for seed in range(12)}
    assert made == {function(f"return {text}") for text in after}


def test_the_looser_mode_believes_an_annotation_and_an_index():
    source = "def f(n: int, i):\n    x = [1, 2]\n    return n > 3 or x[i]\n"
    assert [site.refused is None for site in find_sites(source, "data_type")] == [False, False]
    sites = find_sites(source, "data_type", "procure")
    assert [(site.refused, site.soundness) for site in sites] == [(None, "tested")] * 2
    assert find_sites(source.replace("    x", "    n = i\n    x"), "data_type", "procure")[1].refused


def test_a_metaclass_may_bring_names_of_its_own():
    for head, soundness in (("class C:", "syntactic"), ("class C(B):", "tested"), ("class C(metaclass=M):", "tested")):
        source = f"{head}\n    x = []\n    def m(self): return []\n"
        assert [site.soundness for site in find_sites(source, "data_type")] == [soundness, "syntactic"]


def test_with_the_other_concepts_all_at_once():
    source = "def f(p):\n    x = [1, 2]\n    y = {'a': len(p)}\n    return [z for z in x if len(p) > z], y\n"
    made = perturb_all(source, ["data_type", "variable_name_random"])
    assert not made.left_out and len(made.sites) == 3
    scope: dict = {}
    exec(made.counterfactual, scope)
    assert scope["f"]("ab") == ([1], {"a": 2})


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("x = p > 3", "x = p >= 3", "not `p > 3`, not even for integers"),
        ("x = p > 3", "x = p >= 4; y = 1", "something else"),
        ("x = len(p) == 0", "x = not p", "something else"),
        ("x = [1, 2]", "x = (1, 3)", "something else"),
        ("x = [1, 2]", "x = (1, 2, 3)", "something else"),
        ("x = []", "x = tuple()", "something else"),
        ("x = [1]; y = q", "x = (1,); y = z", "something else"),
        ("dict = p; x = {}", "dict = p; x = dict()", "dict may mean something else"),
        ("x = {'a': 1, 'b': 2}", "x = dict(b=2, a=1)", "something else"),
        ("x = p == 0", "x = p < 1", "something else"),
    ],
)
def test_what_is_not_this_concept(before, after, said):
    found = classify(before, after, "data_type")
    assert found.status == "not_this_concept" and said in found.detail, found


def test_several_places_are_counted():
    found = classify("x = [1, [2]]; y = {}", "x = (1, (2,)); y = dict()", "data_type")
    assert (found.status, found.detail) == ("ok", "3 sites")
    assert found.changed == ((4, 13), (19, 25))
