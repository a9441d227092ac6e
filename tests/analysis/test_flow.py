"""Webs: which of a variable's occurrences can be renamed apart, over every kind of jump."""

import pytest

from procure_kit.analysis.analysis import analyse
from procure_kit.analysis.evaluation_order import CONSUMERS

# The body of `def f(a, b):`; each x is followed by its web's letter in the expected text.
WEBS = {
    "one after the other": ("x = a\ng(x)\nx = b\ng(x)", "AABB"),
    "joined by a use": ("if a:\n    x = 1\nelse:\n    x = 2\ng(x)", "AAA"),
    "branch that overwrites": ("x = a\nif b:\n    x = 1\n    g(x)\nelse:\n    g(x)", "ABBA"),
    "augmented joins": ("x = 0\nx += 1\ng(x)", "AAA"),
    "loop carries back": ("x = 0\nwhile a:\n    g(x)\n    x = 1", "AAA"),
    "loop defines first": ("x = 0\ng(x)\nfor q in a:\n    x = q\n    g(x)", "AABB"),
    "two loops": ("for x in a: g(x)\nfor x in b: g(x)", "AABB"),
    "break keeps": ("x = 1\nfor q in a:\n    x = 2\n    break\ng(x)", "AAA"),
    "continue skips": ("for q in a:\n    x = 1\n    if q: continue\n    x = 2\n    g(x)", "ABB"),
    "while else": ("x = 1\nwhile a:\n    x = 2\n    break\nelse:\n    g(x)\nx = 3\ng(x)", "ABACC"),
    "return ends": ("x = 1\nif a:\n    x = 2\n    return x\ng(x)", "ABBA"),
    "try may stop anywhere": ("x = 1\ntry:\n    x = 2\n    h()\nexcept E:\n    g(x)\nx = 3\ng(x)", "AAABB"),
    "finally sees all": ("x = 1\ntry:\n    h()\n    x = 2\nfinally:\n    g(x)", "AAA"),
    "finally on the way of a break": (
        "x = 1\nwhile a:\n    try:\n        x = 2\n        break\n    finally:\n        h()\n    x = 3\ng(x)",
        "AAAA",
    ),
    "finally on the way of a return": ("x = 1\ntry:\n    return\nfinally:\n    g(x)\nx = 2\ng(x)", "AABB"),
    "with may swallow": ("x = 1\nwith a:\n    x = 2\ng(x)", "AAA"),
    "with binds": ("x = 1\ng(x)\nwith a as x:\n    g(x)", "AABB"),
    "except binds": ("x = 1\ng(x)\ntry:\n    h()\nexcept E as x:\n    g(x)", "AABB"),
    "except unbinds at its end": ("x = 1\ntry:\n    h()\nexcept E as x:\n    x = 2\ng(x)", "AABA"),
    "except unbinds on a jump": (
        "x = 1\nwhile a:\n    try: h()\n    except E as x:\n        x = 2\n        break\ng(x)",
        "AABA",
    ),
    "except star passes on": ("x = 1\ntry:\n    h()\nexcept* E:\n    x = 2\nexcept* F:\n    g(x)", "AAA"),
    "and may skip": ("x = 1\na and (x := 2)\ng(x)", "AAA"),
    "chain may skip": ("x = 1\na < b < (x := 2)\ng(x)", "AAA"),
    "if expression": ("x = 1\n(x := 2) if a else g(x)\ng(x)", "AAAA"),
    "value before target": ("x = a\nx = g(x)\ng(x)", "ABAB"),
    "comprehension reads": ("x = 1\ny = [x for q in a]\nx = 2\ng(x)", "AABB"),
    "walrus in a comprehension": ("x = 1\ny = [(x := q) for q in a]\ng(x)", "AAA"),
    "consumed on the spot": ("x = 1\ny = sum(x for q in a)\nx = 2\ng(x)", "AABB"),
    "del needs and takes": ("x = 1\ndel x\nx = 2\ng(x)", "AABB"),
    "match captures": ("x = 1\nmatch a:\n    case [x, 1]: h()\n    case _: g(x)", "AAA"),
    "alternatives bind alike": ("x = 1\ng(x)\nmatch a:\n    case [x, 1] | (x, 2): h()", "AABB"),
    "match guard": ("x = 1\ng(x)\nmatch a:\n    case x if x > 1: g(x)", "AABBB"),
    "unpacking": ("x, y = a\ng(x)\n(x, y), z = b\ng(x)", "AABB"),
    "assert stops": ("x = 1\nassert a, (x := 2)\ng(x)", "ABA"),
    "after raise": ("x = 1\nif a:\n    x = 2\n    raise E(x)\ng(x)", "ABBA"),
    "while True ends by a break": ("x = 1\nwhile True:\n    x = 2\n    if a: break\ng(x)", "ABB"),
    "while 1 ends by a break": ("x = 1\nwhile 1:\n    x = 2\n    if a: break\ng(x)", "ABB"),
    "while of a name may end": ("x = 1\nwhile a:\n    x = 2\n    if b: break\ng(x)", "AAA"),
    "condition of a chain may skip": ("x = 1\nif a < b < (x := 2): g(x)\ng(x)", "AAAA"),
    "both sides of an and held": ("x = 1\nif a and (x := 2): g(x)\nelse: x = 3\ng(x)", "ABBBB"),
    "not turns a condition": ("x = 1\nif not (a or (x := 2)): g(x)\nelse: g(x)", "AAAA"),
    "else of a try": ("x = 1\ntry: h()\nexcept E: pass\nelse: x = 2\ng(x)", "AAA"),
    "else of a for": ("x = 1\nfor q in a: h()\nelse: x = 2\ng(x)", "ABB"),
    "attributes and items are no names": ("x = 1\na.x = x\na[x] = 2\na.x += x\na.b[x] += 1\nx = 2\ng(x)", "AAAAABB"),
    "bases and decorators are evaluated": ("x = 1\n@x\nclass C(x, k=x): pass\nx = 2\ng(x)", "AAAABB"),
    "defaults and annotations are evaluated": ("x = 1\n@x\ndef h(p: x = x) -> x: pass\nx = 2\ng(x)", "AAAAABB"),
    "defaults of a lambda are evaluated": ("x = 1\nh = lambda p=x: p\nx = 2\ng(x)", "AABB"),
    "two loops of a comprehension": ("x = 1\ny = {p: q for p in x for q in x if x}\nx = 2\ng(x)", "AAAABB"),
    "except of a name": ("x = 1\ntry: h()\nexcept x: h()\nx = 2\ng(x)", "AABB"),
    "with of a name": ("x = 1\nwith x: h()\nx = 2\ng(x)", "AABB"),
    "yield goes on": ("x = 1\nyield x\nx = 2\ng(x)", "AABB"),
    "type of the name": ("x: int = 1\ng(x)\nx: str = 's'\ng(x)", "AABB"),
}


def flow_of(body, header="def f(a, b):"):
    source = header + "\n" + "\n".join("    " + line for line in body.splitlines())
    analysis = analyse(source)
    function = analysis.functions[0]
    return analysis, function, analysis.flow(function)


@pytest.mark.parametrize(("body", "expected"), WEBS.values(), ids=WEBS)
def test_webs(body, expected):
    _, function, flow = flow_of(body)
    variable = function.variables["x"]
    assert flow.covers(variable)
    letters = {o: "ABC"[n] for n, web in enumerate(flow.webs(variable)) for o in web}
    ordered = sorted(variable.occurrences, key=lambda o: o.span)
    assert "".join(letters[o] for o in ordered) == expected


@pytest.mark.parametrize(
    "body",
    [
        "x = 1\ndef g():\n    return x",
        "x = 1\ng = lambda: x",
        "x = 1\ny = (x for q in a)",
        "x = 1\nclass C:\n    y = x",
        "x = 1\ny = max((x for q in a), key=b)",
        "x = 1\ny = a.join(x for q in b)",
        "x = 1\ny = a(x for q in b)",
        "x = 1\ntype = lambda: x",
        "x = 1\nlist = a\ny = list(x for q in b)",
    ],
)
def test_what_happens_at_another_time_is_not_covered(body):
    _, function, flow = flow_of(body)
    assert not flow.covers(function.variables["x"])


@pytest.mark.parametrize("consumer", [*sorted(CONSUMERS), "', '.join"])
def test_a_generator_that_is_consumed_at_once_is_covered(consumer):
    _, function, flow = flow_of(f"x = 1\ny = {consumer}(x for q in a)\nx = 2\ng(x)")
    assert flow.covers(function.variables["x"]) and len(flow.webs(function.variables["x"])) == 2


def test_a_global_that_one_function_alone_names_is_not_covered():
    analysis, _, flow = flow_of("global x\nx = 1\nx += 1\ng(x)")
    assert not flow.covers(analysis.scopes.module.variables["x"])


@pytest.mark.parametrize(
    ("body", "lines", "unbound"),
    [
        ("x = 1\ng(x)", [2], False),
        ("x = 1\ndel x\ng(x)", [3], True),
        ("for x in a: h()\ng(x)", [2], True),
        ("x = 1\nfor x in a: h()\ng(x)", [2, 3], False),
        ("try: x = h()\nexcept E: pass\ng(x)", [2], True),
        ("try: x = h()\nexcept E: raise\ng(x)", [2], False),
        ("x = 1\ntry: h()\nexcept E as x: h()\ng(x)", [2, 4], True),
        ("while a:\n    if b: continue\n    x = 1\ng(x)", [4], True),
        ("match a:\n    case [x]: h()\n    case {'k': x}: h()\n    case _: return\ng(x)", [3, 4], False),
    ],
)
def test_what_a_use_may_find(body, lines, unbound):
    analysis, function, flow = flow_of(body)
    use = max(function.variables["x"].occurrences, key=lambda o: o.span)
    definitions, nothing = flow.reaching(use)
    assert (sorted(analysis.tree.line(o.span[0]) for o in definitions), nothing) == (lines, unbound)


def test_a_parameter_is_the_first_definition():
    _, function, flow = flow_of("a = list(a)\nreturn a")
    assert [len(web) for web in flow.webs(function.variables["a"])] == [2, 2]


def test_a_use_may_find_nothing():
    analysis, function, flow = flow_of("if a:\n    x = 1\ng(x)")
    use = max(function.variables["x"].occurrences, key=lambda o: o.span)
    definitions, unbound = flow.reaching(use)
    assert unbound and [analysis.tree.line(o.span[0]) for o in definitions] == [3]
