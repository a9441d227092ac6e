"""Def-Use Break and the two renamings: which names change, and which must not."""

import re

import pytest

from procure_kit import classify, find_sites, perturb


def renamed(source, concept, mode="strict", site=None):
    """The counterfactual with random names replaced by A, B, ... in the order of their first use."""
    cf = perturb(source, concept, seed=1, mode=mode, site=site)
    text, old = cf.counterfactual, set(re.findall(r"\w+", source))
    for number, name in enumerate(dict.fromkeys(n for n in re.findall(r"\w+", text) if n not in old)):
        assert re.fullmatch("[a-z]{5}", name)
        text = re.sub(rf"\b{name}\b", "ABCDEF"[number], text)
    return text


RANDOM = {  # capitals stand for the names that must change
    "assignment": "def f(p):\n    A = p\n    return A",
    "loop": "def f(p):\n    for A, B in p: print(A, B)",
    "comprehension": "def f(p):\n    return [A + 1 for A in p if A]",
    "parameters inside": "def f():\n    A = 1\n    def g(x): return x\n    return g(A)",
    "nonlocal": "def f():\n    A = 1\n    def g():\n        nonlocal A\n        A += 1\n    return g, A",
    "f-string": "def f():\n    A = 1\n    return f'{A:>{A}} x {A!r}'",
    "except": "def f():\n    try: g()\n    except E as A: raise X from A",
    "match": "def f(p):\n    match p:\n        case [A, *B] | {'x': A, **B}: return A\n        case K(x=C): return C",
    "walrus and del": "def f(p):\n    if (A := p) > 1: return A\n    del A",
    "keywords and attributes": "def f(x):\n    A = g(x=x, y=1).y\n    return A",
    "class bodies": "def f():\n    A = B = 1\n    class C1:\n        x = B\n        y = x",
    "imports": "def f():\n    import os\n    A: os.P = 1\n    return A",
    "global": "X1 = 1\ndef f():\n    global X1\n    X1 = A = 2\n    return A",
    "method": "class K:\n    def m(self):\n        A = self.x\n        return A",
    "interface": "def f(a, *b, c=1, **d):\n    'x'\n    A = a  # x\n    return A",
    "harmless namesakes": "def f(eval):\n    eval.dir = A = eval.vars\n    return A",
    "async": "async def f(p):\n    async with p as A: return [B async for B in A]",
}


@pytest.mark.parametrize("expected", RANDOM.values(), ids=RANDOM)
def test_random_names(expected):
    source = re.sub(r"\b[A-C]\b", lambda name: {"A": "y", "B": "größe", "C": "z"}[name[0]], expected)
    assert renamed(source, "variable_name_random") == expected


def test_random_names_follow_what_unicode_holds_equal():
    source = "def f():\n    ﬁ = 1\n    return fi"
    assert renamed(source, "variable_name_random") == "def f():\n    A = 1\n    return A"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("def f(p):\n    return p", "no variable of its own"),
        ("def f():\n    x = 1\n    return locals()", "`locals` can see"),
        ("def f():\n    x = 1\n    exec('x')", "`exec` can see"),
        ("def f():\n    x = 1\n    return np.bmat('x, x')", "`bmat` can see"),
        ("def f():\n    x = 1\n    return eval('x')", "`eval` can see"),
        ("def f():\n    x = 1\n    return sys._getframe()", "`_getframe` can see"),
        ("def f():\n    x = 1\n    return g()\ndef g(): return h(1).f_locals['x']", "the file has the word `f_locals`"),
        ("def f(df):\n    x = 1\n    return df.query('a > @x')", "`query` can see"),
        ("from m import *\ndef f():\n    x = 1", "`from … import *` may bring in"),
        ("def f():\n    x = 1\n    return f'{x=}'", "show the name of `x` as text"),
        ("def f():\n    __x = 1\n    return __x", "no variable of its own"),
    ],
)
def test_random_names_refused(source, reason):
    assert reason in find_sites(source, ["variable_name_random"])[0].refused


def test_shuffled_names_keep_none_in_place():
    source = "def f(p):\n    a, b, c, d = p\n    return a + 2 * b + 3 * c + 4 * d\n"
    for seed in range(20):
        first = re.findall(r"\b[abcd]\b", perturb(source, "variable_name_shuffle", seed).counterfactual)
        assert sorted(first[:4]) == list("abcd") and first[:4] == first[4:]
        assert all(old != new for old, new in zip("abcd", first[:4], strict=True))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def f(p):\n    x = p\n    y = x\n    return y", "def f(p):\n    y = p\n    x = y\n    return x"),
        ("def f():\n    x = y = 1\n    g = lambda: x\n    x, y, _ = g\n    match x:\n        case _: return _", None),
    ],
)
def test_shuffled_names(before, after):
    cf = perturb(before, "variable_name_shuffle")
    if after is None:
        assert cf.counterfactual.count("_") == before.count("_") and "case _: return _" in cf.counterfactual
    else:
        assert cf.counterfactual == after


@pytest.mark.parametrize(
    "source",
    [
        "def f(p):\n    x = p\n    return x",
        "def f(p):\n    x = y = p\n    def g(x): return y",  # y named x would be hidden by the parameter
        "def f(p):\n    x = y = p\n    class C:\n        x = y",
        "def f(p):\n    x = len = p\n    return [x(len) for x in p], g(lambda len: x)",
    ],
)
def test_shuffle_refused_where_a_name_means_two_things(source):
    assert "fewer than two" in find_sites(source, ["variable_name_shuffle"])[0].refused


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def f(p):\n    x = p\n    g(x)\n    x = 2\n    g(x)", "def f(p):\n    x = p\n    g(x)\n    A = 2\n    g(A)"),
        ("def f(p):\n    p = list(p)\n    return p", "def f(p):\n    A = list(p)\n    return A"),
        (
            "def f(p):\n    for i in p: g(i)\n    for i in p: g(i)",
            "def f(p):\n    for i in p: g(i)\n    for A in p: g(A)",
        ),
        (
            "def f(p):\n    x = p; g(x)\n    x = 2; g(x)\n    x = 3; g(x)",
            "def f(p):\n    x = p; g(x)\n    A = 2; g(A)\n    x = 3; g(x)",
        ),
        (
            "def f(p):\n    x = p\n    x = x + 1\n    return f'{x}'",
            "def f(p):\n    x = p\n    A = x + 1\n    return f'{A}'",
        ),
    ],
)
def test_def_use_break(before, after):
    assert renamed(before, "def_use_break") == after


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("def f(p):\n    x = 0\n    x += 1\n    return x", "line 3 reads `x` and changes it in one step"),
        (
            "def f(p):\n    x = 0\n    if p: x = 1\n    return x",
            "line 4 may see what `x` is given on line 2 or on",
        ),
        ("def f(p):\n    x = 0\n    x = 1\n    return lambda: x", "may run at any time"),
        ("def f(p):\n    x = 0\n    import x\n    return x", "`x` is no plain variable: on line 3 it is imported"),
        ("def f(p):\n    x = 0\n    x = 1\n    return f'{x=}'", "show the name of `x` as text"),
        ("def f(p):\n    x = 0\n    x = 1\n    return eval('x')", "`eval` can see"),
    ],
)
def test_def_use_break_refused(source, reason):
    assert reason in find_sites(source, ["def_use_break"])[0].refused


@pytest.mark.parametrize(
    ("source", "soundness"),
    [
        ("def f(p):\n    x = 1\n    g(x)\n    x = p\n    return x", "syntactic"),
        ("def f(p):\n    x = p\n    g(x)\n    x = 1\n    return x", "tested"),  # what p was lives on
        ("def f(p):\n    x = 1\n    g(x)\n    x = p\n    g(x)\n    x = 3\n    return x", "tested"),
    ],
)
def test_def_use_break_soundness(source, soundness):
    assert find_sites(source, ["def_use_break"])[0].soundness == soundness


def test_defined_once_is_no_site():
    assert find_sites("def f(p):\n    x = p\n    return x", ["def_use_break"]) == []


@pytest.mark.parametrize(
    ("concept", "before", "after"),
    [
        ("variable_name_random", "def f(p):\n    x = p\n    return x", "def f(A):\n    B = A\n    return B"),
        (
            "variable_name_random",
            "def f(p):\n    x = p\n    return x\nf(p=1)",
            "def f(A):\n    B = A\n    return B\nf(A=1)",
        ),
        ("def_use_break", "def f(p):\n    return p", "def f(A):\n    return A"),
        ("variable_name_shuffle", "def f(p):\n    x = p\n    return x", "def f(x):\n    p = x\n    return p"),
    ],
)
def test_procure_mode_renames_parameters(concept, before, after):
    assert renamed(before, concept, "procure") == after
    sites = find_sites(before, [concept], "procure")
    assert {site.soundness for site in sites} == {"tested"}


def test_procure_mode_leaves_parameters_that_are_passed_by_name_in_a_doctest():
    source = "def f(p):\n    '''>>> g(p=1)'''\n    return p"
    assert "pass it by its name" in find_sites(source, ["def_use_break"], "procure")[0].refused


FOLLOWED = {  # in procure mode a parameter's keywords go with it
    "call": ("def f(p): return p\nf(p=1)", "def f(A): return A\nf(A=1)"),
    "two functions": ("def f(p): return p\ndef g(p): return f(p=p)", "def f(A): return A\ndef g(p): return f(A=p)"),
    "built-in": ("def f(key): return sorted(key, key=len)", "def f(A): return sorted(A, key=len)"),
    "doctest": (
        "def f(p):\n    '''\n    >>> f( p=1)\n    1\n    >>> [f(\n    ...   p=x) for x in 'ä']\n    '''\n    return p",
        "def f(A):\n    '''\n    >>> f( A=1)\n    1\n    >>> [f(\n    ...   A=x) for x in 'ä']\n    '''\n    return A",
    ),
    "closure": (
        "def h():\n    def f(p): return p\n    return f(p=1)",
        "def h():\n    def f(A): return A\n    return f(A=1)",
    ),
}


@pytest.mark.parametrize(("before", "after"), FOLLOWED.values(), ids=FOLLOWED)
def test_keywords_follow_their_parameters(before, after):
    site = next(site for site in find_sites(before, "def_use_break", "procure") if site.refused is None)
    assert renamed(before, "def_use_break", "procure", site) == after
    made = perturb(before, "def_use_break", 0, "procure", site).counterfactual
    assert classify(before, made, "def_use_break").status == "ok"


@pytest.mark.parametrize(
    "rest",
    [
        "g(p=1)", "x.f(p=1)", "class C: pass\nC(p=1)",
        "f(**x)", "f = g\nf(p=1)", "class C(g, p=1): pass", "'call f with p=1'", "h(f, p=1)",
        "@g\ndef f(q): pass\nf(p=1)", "match x:\n    case C(p=1): pass", "'''\n>>> g(p=1)\n'''", "'\\n>>> f(p=1)'",
    ],
)  # fmt: skip
def test_no_parameter_is_renamed_that_something_else_may_name(rest):
    source = f"def f(p): return p\n{rest}"
    sites = find_sites(source, "def_use_break", "procure")
    assert [site.refused is None for site in sites if site.label == "p"] == [False]


def test_no_parameter_of_a_method_is_renamed_where_a_dictionary_may_name_it():
    source = "class C:\n    def __init__(self, p):\n        self.p = p\n"
    for rest, refused in (("C(1)\ndict(**x)", False), ("C(**x)", True), ("C.__init__(y, **x)", True)):
        (site,) = find_sites(source + rest, "variable_name_random", "procure")
        assert (site.refused is not None) == refused


def test_the_check_asks_for_the_keywords_too():
    source = "def f(p): return p\nf(p=1)\n"
    assert classify(source, source.replace("p): return p", "abcde): return abcde"), "def_use_break").status != "ok"
    assert classify(source, source.replace("f(p=1)", "f(abcde=1)"), "def_use_break").status != "ok"


@pytest.mark.parametrize("name", ["__x", "_C__x"])
def test_mangled_names_stay(name):
    source = f"class C:\n    def m(self):\n        {name} = 1\n        return __x + _C__x\n"
    assert find_sites(source, "variable_name_random")[0].refused


@pytest.mark.parametrize("name", ["_x", "a__b", "x_", "_", "match"])
def test_names_that_only_look_special_are_renamed(name):
    source = f"def f():\n    {name} = 1\n    return {name}\n"
    assert renamed(source, "variable_name_random") == "def f():\n    A = 1\n    return A\n"


@pytest.mark.parametrize(
    ("source", "expected", "soundness"),
    [
        ("def f():\n    g = lambda q: q\n    return g", "def f():\n    A = lambda B: B\n    return A", "tested"),
        ("class C:\n    def f(cls, x): return x", "class C:\n    def f(cls, A): return A", "tested"),
        ("class C:\n    def f(self):\n        x = 1", "class C:\n    def f(self):\n        A = 1", "syntactic"),
        ("def f(*p, **q): return p, q", "def f(*A, **B): return A, B", "tested"),
        ("def f(p, /, *, q=1): return p, q", "def f(A, /, *, B=1): return A, B", "tested"),
    ],
)
def test_what_the_looser_mode_renames_and_how_sure_that_is(source, expected, soundness):
    assert renamed(source, "variable_name_random", "procure") == expected
    assert [site.soundness for site in find_sites(source, "variable_name_random", "procure")] == [soundness]
