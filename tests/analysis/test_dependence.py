"""Dependence as a reader would label it by hand: which lines define what a line uses, and which neighbours may trade
places. All of it in code that is easy to get wrong."""

import pytest

from procure_kit import find_sites
from procure_kit.analysis.analysis import analyse

# The body of `def f(a, b):` (its first line is line 2); {line of a use of x: lines whose definitions it may see},
# with "unbound" where x may have none. Line 1 is the parameter's.
REACHING = {
    "try else": (
        "x = 1\ntry:\n    x = g()\nexcept E:\n    x = 2\nelse:\n    h(x)\nreturn x",
        {8: {4}, 9: {4, 6}},
    ),
    "an exception before the store": ("x = 1\ntry:\n    g(); x = 2\nexcept E:\n    h(x)", {6: {2, 4}}),
    "the first of two handlers": (
        "try:\n    x = g()\nexcept E:\n    x = 1\nexcept F:\n    h(x)",
        {7: {3, "unbound"}},
    ),
    "finally after a return": ("x = 1\ntry:\n    x = 2\n    return x\nfinally:\n    h(x)", {5: {4}, 7: {2, 4}}),
    "finally that overwrites": ("x = 1\ntry:\n    g(x)\nfinally:\n    x = 2\nh(x)", {4: {2}, 7: {6}}),
    "nested finally": (
        "x = 1\ntry:\n    try:\n        x = 2\n    finally:\n        h(x)\nfinally:\n    x = 3\nh(x)",
        {7: {2, 5}, 10: {9}},
    ),
    "continue in a try": (
        "x = 1\nfor q in a:\n    try:\n        if q: continue\n        x = 2\n    finally:\n        h(x)",
        {8: {2, 6}},
    ),
    "break leaves else out": (
        "for q in a:\n    if q:\n        x = 1\n        break\nelse:\n    x = 2\nh(x)",
        {8: {4, 7}},
    ),
    "while else with continue": (
        "x = 1\nwhile a:\n    if b:\n        continue\n    x = 2\nelse:\n    h(x)",
        {8: {2, 6}},
    ),
    "del in one branch": ("x = 1\nif a:\n    del x\nh(x)", {4: {2}, 5: {2, 4, "unbound"}}),
    "loop variable after the loop": ("for x in a: pass\nh(x)", {3: {2, "unbound"}}),
    "loop variable over itself": ("x = a\nfor x in x: h(x)", {3: {2, 3}}),
    "walrus in a while test": ("while (x := g()) and h(x):\n    h(x)\nreturn x", {2: {2}, 3: {2}, 4: {2}}),
    "walrus behind or": ("x = 1\nif a or (x := 2):\n    h(x)", {4: {2, 3}}),
    "walrus in a comprehension's test": ("x = 1\ny = [q for q in a if (x := q)]\nh(x)", {4: {2, 3}}),
    "comprehension's own x": ("x = 1\ny = [x for x in a]\nh(x)", {4: {2}}),
    "the first iterable is outside": ("x = 1\ny = [x for x in x]", {}),
    "match with a guard that fails": (
        "x = 1\nmatch a:\n    case [x] if b: h(x)\n    case {'k': x}: h(x)\n    case _: h(x)",
        {4: {4}, 5: {5}, 6: {2, 4, 5}},
    ),
    "match binds star and rest": ("match a:\n    case [*x]: h(x)\n    case {**x}: h(x)", {3: {3}, 4: {4}}),
    "with binds, body may not finish": (
        "x = 1\nwith g() as x:\n    x = 2\n    h(x)\nh(x)",
        {5: {4}, 6: {2, 3, 4}},
    ),
    "two items of a with": ("with g() as x, h(x) as y: h(x)", {2: {2}}),
    "except unbinds": ("x = 1\ntry: g()\nexcept E as x: pass\nh(x)", {5: {2, 4, "unbound"}}),
    "conditional expression": ("x = 1\nh(x) if (x := a) else h(x)\nh(x)", {3: {3}, 4: {3}}),
    "assert with a walrus": ("x = 1\nassert (x := a), x\nh(x)", {3: {3}, 4: {3}}),
    "chained targets": ("x = y = x = a\nh(x)", {3: {2}}),
    "augmented in a loop": ("x = 0\nfor q in a:\n    x += q\nh(x)", {4: {2, 4}, 5: {2, 4}}),
    "default of an inner function": ("x = 1\ndef g(q=x): pass\nx = 2\nh(x)", {3: {2}, 5: {4}}),
    "decorator of an inner function": ("x = 1\n@h(x)\ndef g(): pass\nx = 2", {3: {2}}),
    "base of an inner class": ("x = 1\nclass C(h(x)): pass\nx = 2", {3: {2}}),
    "an annotation is not evaluated": ("x: g\nx = 1\nh(x)", None),
    "a parameter, then its own": ("a = a or 1\nh(a)", {}),
    "async": ("x = 1\nasync for q in a:\n    x = await g(x)\nasync with b as y:\n    h(x)", {4: {2, 4}, 6: {2, 4}}),
    "return in a loop's else": ("x = 1\nfor q in a: break\nelse:\n    x = 2\n    return\nh(x)", {7: {2}}),
    "starred target": ("x, *y = a\n*x, y = b\nh(x)", {4: {3}}),
    "alternatives of a pattern": (
        "x = 0\nmatch a:\n    case [x, 1] | (2, x): h(x)\n    case b: h(x)\nh(x)",
        {4: {4}, 5: {2, 4}, 6: {2, 4}},
    ),
    "a pattern that takes all": ("match a:\n    case 1: x = 1\n    case b: x = 2\nh(x)", {5: {3, 4}}),
    "while true has no other end": ("x = 0\nwhile True:\n    x = g()\n    if x: break\nh(x)", {6: {4}}),
    "what a true test has bound": ("if a and (x := b): h(x)\nelse: h(x)", {2: {2}, 3: {2, "unbound"}}),
    "what a false test has bound": ("while not (a or (x := b)): h(x)\nh(x)", {2: {2}, 3: {2, "unbound"}}),
    "a chain that holds": ("x = 0\nif a < b < (x := a): h(x)\nelse: h(x)", {3: {3}, 4: {2, 3}}),
    "a comprehension's test that holds": ("y = [h(x) for q in a if q and (x := q)]\nh(x)", {2: {2}, 3: {2, "unbound"}}),
    "a guard that holds": ("match a:\n    case _ if b and (x := 1): h(x)\nh(x)", {3: {3}, 4: {3, "unbound"}}),
    "an assert that holds": ("x = 0\nassert a and (x := b)\nh(x)", {4: {3}}),
    "jumps through finally": (
        "x = 0\nfor q in a:\n    try:\n        if h(x): break\n        continue\n    finally:\n        x = 1\nh(x)",
        {5: {2, 8}, 9: {2, 8}},
    ),
    "keyword arguments in order": ("x = 0\nh(x, k=(x := 1), j=x)\nh(x)", {3: {2, 3}, 4: {3}}),
    "targets in order": ("x = 0\nx = a[x] = 5\nh(x)", {3: {3}, 4: {3}}),
    "subscript target reads": ("x = []\nx[0] = x\nx.y = 1\nh(x)", {3: {2}, 4: {2}, 5: {2}}),
}


@pytest.mark.parametrize(("body", "expected"), REACHING.values(), ids=REACHING)
def test_reaching_definitions(body, expected):
    header = "async def f(a, b):\n" if "await" in body else "def f(a, b):\n"
    analysis = analyse(header + "".join(f"    {line}\n" for line in body.splitlines()))
    function = analysis.functions[0]
    flow, variable = analysis.flow(function), function.variables.get("x")
    if variable is None:
        return
    assert flow.covers(variable) == (expected is not None)
    found = {}
    for use in variable.occurrences:
        if use.kind in ("load", "update", "delete") and expected:
            definitions, unbound = flow.reaching(use)
            lines = {analysis.tree.line(o.span[0]) for o in definitions} | ({"unbound"} if unbound else set())
            found.setdefault(analysis.tree.line(use.span[0]), set()).update(lines)
    assert {line: found.get(line) for line in expected or {}} == (expected or {})


# Two statements at the end of `def f(self, a, b, n):` and what may happen to them: "no" (one needs the other, or both
# act), "tested" (what one does might be seen by the other, rarely), "syntactic" (nothing can tell).
NEIGHBOURS = {
    "literals": ("o = 1", "p = 2", "syntactic"),
    "names": ("o = a", "p = b", "syntactic"),
    "a name and a call": ("o = a", "g()", "syntactic"),
    "flow": ("x = 1", "y = x", "no"),
    "anti": ("x = y", "y = 1", "no"),
    "output": ("x = 1", "x = 2", "no"),
    "the same twice": ("x += 1", "x += 1", "no"),
    "two calls": ("x = g()", "y = h()", "no"),
    "call and attribute": ("x = g()", "y = self.y", "no"),
    "call and parameter's length": ("g(a)", "y = len(a)", "no"),
    "mutation through an alias": ("x.append(1)", "y = len(z)", "no"),
    "mutation and a copied name": ("x.append(1)", "w = z", "syntactic"),
    "item store and item": ("a[0] = 1", "y = b[0]", "no"),
    "attribute store and attribute": ("self.x = 1", "y = self.y", "no"),
    "two item stores": ("a[0] = 1", "b[0] = 1", "no"),
    "in place on an unknown": ("a += b", "y = len(x)", "no"),
    "in place on a list with an alias": ("z += [1]", "y = x[0]", "no"),
    "in place on a number": ("k += 1", "y = 2", "syntactic"),
    "operators of unknown types": ("x = a + b", "y = a * b", "tested"),
    "properties": ("x = a.p", "y = a.q", "tested"),
    "may raise, and a plain name": ("x = a[0]", "p = 1", "syntactic"),
    "two that may raise": ("x = a[0]", "y = b[0]", "tested"),
    "one iterator, taken twice": ("x = list(it)", "y = list(it)", "no"),
    "iterator through an alias": ("x = list(it)", "y = sum(again)", "no"),
    "unpacked iterator": ("x, y = it", "w = max(it)", "no"),
    "sequences read twice": ("x = max(a)", "y = min(a)", "tested"),
    "captured and called": ("seen = 1", "y = g()", "no"),
    "captured and not called": ("seen = 1", "y = 2", "tested"),
    "nonlocal of an inner function": ("inner()", "y = counted", "no"),
    "an object may end here": ("x = 1", "y = g()", "tested"),
    "walrus": ("x = (w := 1)", "y = w", "no"),
    "walrus apart": ("x = (w := 1)", "p = 2", "syntactic"),
    "global": ("shared = 1", "y = g()", "no"),
    "two yields": ("x = yield 1", "y = yield 2", "no"),
    "yield and a name": ("x = yield 1", "p = 2", "syntactic"),
    "comprehension that calls": ("x = [g(q) for q in a]", "y = [h(q) for q in a]", "no"),
    "lambda waits": ("o = lambda: g()", "y = h()", "syntactic"),
    "default does not": ("x = lambda q=g(): q", "y = h()", "no"),
    "generator waits for its elements only": ("x = (g(q) for q in h())", "y = g()", "no"),
    "f-string of an unknown": ("x = f'{a}'", "y = f'{b}'", "tested"),
    "f-string of a long integer": ("x = f'{k}'", "y = a[0]", "tested"),
    "annotated": ("o: int = 1", "p: g() = 2", "syntactic"),
    "format method": ("x = '{}'.format(a)", "y = a.strip()", "tested"),
    "pop and index": ("x = a.pop()", "y = a[0]", "no"),
    "queue and queue": ("x = a.get()", "y = a.get()", "no"),
    "printing": ("print(1)", "print(2)", "no"),
}
BEFORE = (
    "def f(self, a, b, n):\n    global shared\n    k = 1\n    w = counted = 0\n    x = []\n    y = z = x\n"
    "    it = iter(a)\n    again = it\n    def inner():\n        nonlocal counted\n        counted = seen\n"
)


@pytest.mark.parametrize(("one", "other", "expected"), NEIGHBOURS.values(), ids=NEIGHBOURS)
def test_which_neighbours_may_trade_places(one, other, expected):
    source = f"{BEFORE}    if b: pass\n    {one}\n    {other}\n    if b: return x, y, z, w, k, counted, again\n"
    last = [s for s in find_sites(source, ["independent_swap"]) if source[slice(*s.span)] == f"{one}\n    {other}"]
    assert len(last) == 1
    assert ("no" if last[0].refused else last[0].soundness) == expected, last[0].refused


@pytest.mark.parametrize(
    "source",
    [
        "ev = eval\ndef f():\n    x = 1\n    return ev('x')",
        "from builtins import eval as ev\ndef f():\n    x = 1\n    return ev('x')",
        "def run(do, text): return do(text)\ndef f():\n    x = 1\n    return run(eval, 'x')",
        "def f():\n    x = 1\n    return f.__code__.co_varnames, x",
        "import inspect\ndef f():\n    x = 1\n    yield x\nprint(inspect.getgeneratorlocals(f()))",
        "import traceback\ndef f():\n    x = 1\n    return traceback.TracebackException(1, 2, 3, capture_locals=True)",
        "def f():\n    x = 1\n    return [locals() for q in 'a']",
        "def f():\n    x = 1\n    return (lambda: eval('x'))(), x",
        "def f():\n    x = 1\n    class C:\n        y = vars()\n    return x",
        "from m import *\ndef f():\n    x = 1\n    return x",
        "import builtins\ndef f():\n    x = 1\n    return builtins.locals()",
        "import builtins\ndef f():\n    x = 1\n    return getattr(builtins, 'vars')()",
        "def f():\n    x = 1\n    return __builtins__['dir'](), x",
        "def f():\n    x = 1\n    return (lambda: x).__closure__",
        "import numexpr\ndef f():\n    x = 1\n    return numexpr.evaluate('x + 1')",
        "from __future__ import annotations\ndef f():\n    x = int\n    def g(a: x): pass\n    return g",
    ],
)
def test_names_that_something_reads_are_kept(source):
    sites = find_sites(source, ["variable_name_random", "variable_name_shuffle", "def_use_break"])
    assert sites and all(site.refused for site in sites)
