"""The concept check on pairs that somebody else may have written."""

import pytest

from procure_kit import CONCEPTS, find_sites, perturb
from procure_kit.concepts.recognition.concept_check import classify
from procure_kit.concepts.table import FAMILIES

FUNCTION = """\
def f(p):
    x = p
    g(x)
    x = x + 1
    y = 2
    if x < y:
        z = x
    else:
        z = y
    return z
"""


def changed(*replacements):
    text = FUNCTION
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    return text


FLIPPED = changed(("x < y:\n        z = x", "x >= y:\n        z = Y"), ("else:\n        z = y", "else:\n        z = x"))
FLIPPED = FLIPPED.replace("Y", "y")
SWAPPED = changed(("x = x + 1\n    y = 2", "y = 2\n    x = x + 1"))
BROKEN = changed(("x = x + 1", "abcde = x + 1"), ("if x", "if abcde"), ("z = x", "z = abcde"))
RANDOM = changed(("x", "qwert"), ("y", "asdfg"), ("z", "yxcvb"))
SHUFFLED = changed(("x", "T"), ("y", "x"), ("z", "y"), ("T", "z"))


@pytest.mark.parametrize(
    ("concept", "counterfactual"),
    [
        ("if_else_flip", FLIPPED),
        ("if_else_flip", FLIPPED.replace("x >= y", "not x < y")),
        ("if_else_flip", FLIPPED.replace("x >= y", "(not (x < y))") + "# and a comment\n"),
        ("independent_swap", SWAPPED),
        ("def_use_break", BROKEN),
        ("def_use_break", changed(("y", "abcde"))),  # the whole variable: the looser reading
        ("variable_name_random", RANDOM),
        ("variable_name_random", RANDOM.replace("p", "param")),
        ("variable_name_shuffle", SHUFFLED),
        ("variable_name_shuffle", changed(("x", "T"), ("y", "x"), ("T", "y"))),
    ],
)
def test_ok(concept, counterfactual):
    found = classify(FUNCTION, counterfactual, concept)
    assert (found.status, bool(found.changed), bool(found.changed_original)) == ("ok", True, True), found.detail


@pytest.mark.parametrize(
    ("concept", "counterfactual", "detail"),
    [
        ("if_else_flip", FLIPPED.replace(">=", ">"), "`x > y` is not the negation of `x < y`"),
        ("if_else_flip", changed(("x < y", "x >= y")), "the two bodies are not swapped"),
        ("if_else_flip", changed(("x < y", "y > x")), "the bodies are not swapped, and"),
        ("if_else_flip", FLIPPED.replace("y = 2", "y = 3"), "something else than one if"),
        ("if_else_flip", FLIPPED.replace("+ 1", "+ True"), "something else than one if"),
        ("if_else_flip", FLIPPED.replace("= 2", "= 2.0"), "something else than one if"),
        ("if_else_flip", SWAPPED, "something else than one if"),
        ("independent_swap", FLIPPED, "more than the order of statements"),
        ("independent_swap", changed(("g(x)\n    x = x + 1", "x = x + 1\n    g(x)")), "4 depend on each other: x"),
        ("independent_swap", changed(("y = 2", "y = 3")), "more than the order"),
        ("independent_swap", RANDOM, "more than the order"),
        ("def_use_break", BROKEN.replace("z = abcde", "z = x"), "line 7: x keeps its name"),
        ("def_use_break", BROKEN.replace("g(x)", "g(abcde)"), "line 3: x is renamed, but does not belong"),
        ("def_use_break", changed(("x = p\n    g(x)", "abcde = p\n    g(abcde)")), "line 2: x is renamed|line 4: x"),
        ("def_use_break", BROKEN.replace("abcde", "abcd"), "has 5 characters"),
        ("def_use_break", BROKEN.replace("abcde", "print"), "already means something"),
        ("def_use_break", RANDOM.replace("return yxcvb", "return qqqqq"), "z has several new names"),
        ("def_use_break", BROKEN.replace("return z", "return 0"), "line 10: the programs differ in more than names"),
        ("variable_name_random", RANDOM.replace("yxcvb", "z"), "line 7: z keeps its name"),
        ("variable_name_random", RANDOM.replace("return yxcvb", "return z"), "no longer stands for"),
        ("variable_name_random", RANDOM.replace("yxcvb", "asdfg"), "no longer stands for"),
        ("variable_name_random", RANDOM.replace("yxcvb", "total"), None),
        ("variable_name_random", RANDOM.replace("yxcvb", "total_sum"), "has 5 characters"),
        ("variable_name_random", RANDOM.replace("yxcvb", "p"), "no longer stands for"),
        ("variable_name_random", RANDOM.replace("yxcvb", "input"), "already means something"),
        ("variable_name_random", SHUFFLED, "has 5 characters"),
        ("variable_name_random", RANDOM.replace("def f", "def fghij"), "more than names"),
        ("variable_name_random", changed(("g", "qwert")), "is no variable of a function"),
        ("variable_name_shuffle", RANDOM, "not the same names in another order"),
        ("variable_name_shuffle", SHUFFLED.replace("return y", "return z"), "no longer stands for"),
        ("variable_name_shuffle", SHUFFLED.replace("2", "3"), "more than names"),
    ],
)  # fmt: skip
def test_not_this_concept(concept, counterfactual, detail):
    found = classify(FUNCTION, counterfactual, concept)
    if detail is None:
        assert found.status == "ok"
        return
    assert found.status == "not_this_concept"
    assert any(part in found.detail for part in detail.split("|")), found.detail


@pytest.mark.parametrize("concept", ["if_else_flip", "independent_swap", "def_use_break", "variable_name_random"])
@pytest.mark.parametrize("same", [FUNCTION, FUNCTION + "# comment\n", FUNCTION.replace("2", "(2)")])
def test_no_change(concept, same):
    assert classify(FUNCTION, same, concept).status == "no_change"


def test_unparsable_says_which_and_where():
    assert classify(FUNCTION, "def f(:", "if_else_flip").detail.startswith("the counterfactual: line 1")
    assert classify("x = = 1", FUNCTION, "if_else_flip").detail.startswith("the original: line 1")
    assert classify(FUNCTION, FUNCTION + "\0", "independent_swap").status == "unparsable"
    assert "are not analysed" in classify(FUNCTION, "x = 1\n" * 1_700_000, "independent_swap").detail


@pytest.mark.parametrize(
    ("before", "after", "status"),
    [
        ("a = 1\nb = 2\nc = 3\nd = 4", "b = 2\na = 1\nd = 4\nc = 3", "ok"),  # two swaps
        ("a = 1\nb = 2\nc = 3", "c = 3\nb = 2\na = 1", "ok"),
        ("a = 1\nb = 2\nc = a", "c = a\nb = 2\na = 1", "not_this_concept"),
        ("a = 1\nb = 2\nc = 3", "b = 2\nc = 3\na = 1", "ok"),  # two neighbouring blocks
        ("a = 1\nb = 2\nc = b", "b = 2\nc = b\na = 1", "ok"),
        ("for a in b: c(a)\nd = 1", "d = 1\nfor a in b: c(a)", "ok"),
        ("x = [q for q in a]\ny = [q for q in b]", "y = [q for q in b]\nx = [q for q in a]", "ok"),
        ("f = lambda q: q\nq = 1", "q = 1\nf = lambda q: q", "ok"),
        ("def f():\n    'doc'\n    g()", "def f():\n    g()\n    'doc'", "not_this_concept"),
        ("def f():\n    g()\n    return 1", "def f():\n    return 1\n    g()", "not_this_concept"),
        ("while a:\n    if b: break\n    c = 1", "while a:\n    c = 1\n    if b: break", "not_this_concept"),
        ("import a\nb = 1", "b = 1\nimport a", "ok"),
        ("import a.b\nc = a", "c = a\nimport a.b", "not_this_concept"),
        ("x += 1\ny = x", "y = x\nx += 1", "not_this_concept"),
    ],
)
def test_swaps(before, after, status):
    found = classify(before, after, "independent_swap")
    assert found.status == status, found.detail


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        ("a = 1\nb = 2\nc = 3", "b = 2\nc = 3\na = 1", ["b = 2\nc = 3", "a = 1"]),  # a run of statements moves
        ("a = 1\nb = 2\nc = 3\nd = 4", "c = 3\nd = 4\na = 1\nb = 2", ["c = 3\nd = 4", "a = 1\nb = 2"]),
        ("a = 1\nb = 2\nc = 3\nd = 4", "c = 3\na = 1\nd = 4\nb = 2", "more than two statements"),
        (
            "for i in a:\n x = 1\n y = 2\nz = 3",
            "z = 3\nfor i in a:\n y = 2\n x = 1",
            ["z = 3", "for i in a:\n y = 2\n x = 1"],
        ),
        ("import a, b\nx = 1", "x = 1\nimport b, a", "more than the order of statements"),
        ("def g(): return 1\nx = 1", "x = 1\ndef g(): return 1", ["x = 1", "def g(): return 1"]),
        ("async def g(): return 1\nx = 1", "x = 1\nasync def g(): return 1", ["x = 1", "async def g(): return 1"]),
        (
            "class C:\n def g(): return 1\nx = 1",
            "x = 1\nclass C:\n def g(): return 1",
            ["x = 1", "class C:\n def g(): return 1"],
        ),
        ("x = 1\nclass C:\n x += 1", "class C:\n x += 1\nx = 1", "lines 1 and 2 depend on each other: x"),
        (
            "try: a = 1\nexcept E as e: b = 1\ne = 2",
            "e = 2\ntry: a = 1\nexcept E as e: b = 1",
            "depend on each other: e",
        ),
        ("match v:\n case [*r]: pass\nr = 1", "r = 1\nmatch v:\n case [*r]: pass", "depend on each other: r"),
        ("match v:\n case {**r}: pass\nr = 1", "r = 1\nmatch v:\n case {**r}: pass", "depend on each other: r"),
        ("match v:\n case r: pass\nr = 1", "r = 1\nmatch v:\n case r: pass", "depend on each other: r"),
        ("del x\ny = x", "y = x\ndel x", "depend on each other: x"),
        ("import m as x\ny = x", "y = x\nimport m as x", "depend on each other: x"),
        ("from m import n as x\ny = n", "y = n\nfrom m import n as x", ["y = n", "from m import n as x"]),
        ("y = [x for x in x]\nx = 1", "x = 1\ny = [x for x in x]", "depend on each other: x"),  # the first is outside
        ("y = [x for x in z]\nx = 1", "x = 1\ny = [x for x in z]", ["x = 1", "y = [x for x in z]"]),
        (
            "y = {w for x in z for w in x}\nw = 1",
            "w = 1\ny = {w for x in z for w in x}",
            ["w = 1", "y = {w for x in z for w in x}"],
        ),
        ("g = lambda x=x: x\nx = 1", "x = 1\ng = lambda x=x: x", "depend on each other: x"),
        ("def f():\n global x\n y = 1", "def f():\n y = 1\n global x", "jumps or declares"),
        ("def f():\n 1\n y = 1", "def f():\n y = 1\n 1", "a bare constant"),
        ("if a: raise E\ny = 1", "y = 1\nif a: raise E", "line 1: a statement that jumps"),
    ],
)
def test_what_trades_places_or_why_it_may_not(before, after, changed):
    found = classify(before, after, "independent_swap")
    if isinstance(changed, str):
        assert found.status == "not_this_concept" and changed in found.detail, found.detail
    else:
        assert [after[slice(*span)] for span in found.changed] == changed, found.detail


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        ("x = [1]", "x = (1,)", ["(1,)"]), ("x = list()", "x = []", ["[]"]), ("x = []", "x = list()", ["list()"]),
        ("x = tuple()", "x = ()", ["()"]), ("x = dict(a=1)", "x = {'a': 1}", ["{'a': 1}"]),
        ("x = {'a': [1]}", "x = dict(a=(1,))", ["dict(a=(1,))"]), ("x = [(1, 2)]", "x = ([1, 2],)", ["([1, 2],)"]),
        ("x = dict(a=1, b=2)", "x = {'b': 2, 'a': 1}", ""),  # another order
        ("x = {'if': 1}", "x = dict(a=1)", ""), ("x = {1: 1}", "x = dict(a=1)", ""), ("x = {**a}", "x = dict(a=1)", ""),
        ("x = {'a': 1, 'a': 2}", "x = dict(a=2)", ""), ("x = list(a)", "x = [a]", ""), ("x = [1, 2]", "x = (1,)", ""),
        ("for [a, b] in c: pass", "for (a, b) in c: pass", ""),  # targets are no values
        ("x = []\nimport a as list", "x = list()\nimport a as list", "list may mean something else in the program"),
        ("x = []\nimport list.b", "x = list()\nimport list.b", "list may mean something else"),
        ("def list(): x = []", "def list(): x = list()", "list may mean something else"),
        ("def f(list): x = []", "def f(list): x = list()", "list may mean something else"),
        ("for list in y: x = []", "for list in y: x = list()", "list may mean something else"),
        ("try: pass\nexcept E as list: x = []", "try: pass\nexcept E as list: x = list()", "list may mean"),
        ("match y:\n case [*list]: x = []", "match y:\n case [*list]: x = list()", "list may mean something else"),
        ("match y:\n case list: x = []", "match y:\n case list: x = list()", "list may mean something else"),
        ("x = a < 3", "x = a <= 2", ["a <= 2"]), ("x = a >= -1", "x = a > -2", ["a > -2"]),
        ("x = 3 > a", "x = 2 >= a", ["2 >= a"]), ("x = a < 3", "x = a <= 3", "`a <= 3` is not `a < 3`, not even"),
        ("x = a < 3", "x = a >= 3", "`a >= 3` is not `a < 3`"), ("x = 3 > a", "x = a < 3", ""),
        ("x = len(a) == 0", "x = len(a) < 1", ["len(a) < 1"]), ("x = len(a) != 0", "x = len(a) >= 1", ["len(a) >= 1"]),
        ("x = len(a) == 1", "x = len(a) < 1", ""), ("x = a == 0", "x = a < 1", ""), ("x = a < True", "x = a <= 0", ""),
        ("x = 1 < 2", "x = 1 <= 1", ""), ("x = a < 3 < b", "x = a <= 2 < b", ""), ("x = f(a) < 3", "x = g(a) <= 2", ""),
    ],
)  # fmt: skip
def test_forms_of_a_value(before, after, changed):
    found = classify(before, after, "data_type")
    if isinstance(changed, str):
        told = changed or "something else than the type or form"
        assert found.status == "not_this_concept" and told in found.detail, found.detail
    else:
        assert [after[slice(*span)] for span in found.changed] == changed, found.detail


@pytest.mark.parametrize(
    ("test", "negated", "status"),
    [
        ("a and b", "not a or not b", "ok"), ("a and b", "not (a and b)", "ok"), ("a and b", "not a and not b", "no"),
        ("a < b < c", "not a < b < c", "ok"), ("a < b < c", "a >= b or b >= c", "ok"),
        ("a < b() < c", "a >= b() or b() >= c", "no"), ("not a", "a", "ok"),
        ("a or (b or c)", "not (a or b or c)", "ok"),
        ("a == b", "b != a", "no"), ("a is None", "a is not None", "ok"), ("a in b", "not a in b", "ok"),
        ("a", "not not a", "no"), ("a > b", "a < b", "no"),
    ],
)  # fmt: skip
def test_negations(test, negated, status):
    before = f"if {test}:\n    x\nelse:\n    y"
    found = classify(before, f"if {negated}:\n    y\nelse:\n    x", "if_else_flip")
    assert (found.status == "ok") == (status == "ok"), found.detail


def test_a_nested_else_is_a_flip_too():
    before = "if a: x\nelif b: y\nelse: z"
    after = "if not a:\n    if b: y\n    else: z\nelse: x"
    assert classify(before, after, "if_else_flip").status == "ok"


@pytest.mark.parametrize("concept", CONCEPTS)
@pytest.mark.parametrize("mode", ["strict", "procure"])
def test_several_sites_are_counted(concept, mode):
    body = "    x = p\n    y = [1, 2]\n    print(x, y[0])\n    x = 1\n"
    body += "    if x < 2: y = {}\n    else: y = 1\n    return x, y\n"
    if concept in FAMILIES["forms"]:
        body = "    x = 1\n    for y in range(2):\n        x += 3\n    if p and x == 2: return 1\n    return x\n"
    source = f"def f(p):\n{body}def g(p):\n{body}"
    accepted = [site for site in find_sites(source, concept, mode) if site.refused is None]
    cf = perturb(source, concept, mode=mode, site=[accepted[0], accepted[-1]])
    found = classify(source, cf.counterfactual, concept)
    assert (found.status, found.detail.partition(";")[0]) == ("ok", "2 sites"), found
    assert len(found.changed) == len(found.changed_original)


def test_a_flip_inside_a_flip():
    before = "if a:\n    if b: x\n    else: y\nelse: z"
    after = "if not a: z\nelse:\n    if not b: y\n    else: x"
    found = classify(before, after, "if_else_flip")
    assert (found.status, found.detail) == ("ok", "2 sites")
    assert classify(before, after.replace("not b", "b"), "if_else_flip").status == "not_this_concept"


@pytest.mark.parametrize(
    ("before", "after", "status"),
    [
        ("x = a if b else c", "x = c if not b else a", "ok"),
        ("x = a if b else c", "x = c if b else a", "not_this_concept"),
        ("x = a if b else (c if d else e)", "x = (c if d else e) if not b else a", "ok"),
        ("x = a if b else (c if d else e)", "x = (e if not d else c) if not b else a", "ok"),
        ("if a if b else c: x", "if c if not b else a: x", "ok"),
        ("if (a if b else c): x\nelse: y", "if not (c if not b else a): y\nelse: x", "ok"),
        ("if a: return x\nreturn y", "if not a: return y\nreturn x", "ok"),
        ("if a: return x\nreturn y", "if not a: return x\nreturn y", "not_this_concept"),
        ("if a: return x\nreturn y", "if not a: return y\nelse: return x", "not_this_concept"),
        ("x = 1\nreturn y", "if a: return x\nreturn y", "not_this_concept"),
        ("if a: x = 1\nreturn y", "if not a: return x\nreturn y", "not_this_concept"),
    ],
)
def test_other_forms_of_a_flip(before, after, status):
    wrapped = [
        f"def f(a, b, c, d, e, x, y):\n    {text.replace(chr(10), chr(10) + '    ')}\n" for text in (before, after)
    ]
    found = classify(*wrapped, "if_else_flip")
    assert found.status == status, found.detail


@pytest.mark.parametrize(
    ("before", "after", "changed", "detail"),
    [
        ("if a: x\nelse: x", "if not a: x\nelse: x", ["not a"], ""),  # equal bodies do not differ
        ("if a: x\nelse: y", "if not a: y\nelse: x", ["not a", "y", "x"], ""),
        (
            "if a: x\nelse: y",
            "if b: y\nelse: x",
            [],
            "line 1: the bodies are swapped, but `b` is not the negation of `a`",
        ),
        (
            "if a: x\nelse: y",
            "if b: y\nelse: z",
            [],
            "line 1: the bodies are not swapped, and `b` is not the negation of `a`",
        ),
        (
            "x\nif a: x\nelse: y",
            "x\nif not a: x\nelse: y",
            [],
            "line 2: the test is negated, but the two bodies are not swapped",
        ),
    ],
)
def test_what_a_flip_changed_or_what_is_wrong_with_it(before, after, changed, detail):
    found = classify(before, after, "if_else_flip")
    assert ([after[slice(*span)] for span in found.changed], found.detail) == (changed, detail)


@pytest.mark.parametrize("prefix", ["", "\ufeff", "# größe\r\n\f\r\n"])
def test_spans_are_characters(prefix):
    before = prefix + "x = 'ä'; y = 'ö'"
    found = classify(before, prefix + "y = 'ö'; x = 'ä'", "independent_swap")
    assert [before[slice(*span)] for span in found.changed_original] == ["x = 'ä'", "y = 'ö'"]


def test_unknown_concept():
    with pytest.raises(ValueError, match="no concept 'flip': use one of if_else_flip"):
        classify("x", "y", "flip")
