"""Scopes: held to CPython's own `symtable`, and by hand where a position decides."""

import importlib
import inspect
import symtable
import sys

import pytest

from procure_kit.analysis.scope_rules import resolve_scopes
from procure_kit.analysis.source_tree import parse_source

COMPREHENSIONS = {"genexpr", "listcomp", "setcomp", "dictcomp"}


def ours(source):
    scopes = resolve_scopes(parse_source(source)).all[1:]
    return sorted((scope.kind, sorted(scope.variables)) for scope in scopes)


def cpython(source):
    found, tables = [], [symtable.symtable(source, "source", "exec")]
    while tables:
        table = tables.pop()
        tables += table.get_children()
        if table.get_type() == "module":
            continue
        name = table.get_name()
        kind = "comprehension" if name in COMPREHENSIONS else "lambda" if name == "lambda" else table.get_type()
        found.append((kind, sorted(s.get_name() for s in table.get_symbols() if s.is_local() and s.get_name() != ".0")))
    return sorted(found)


inlined = pytest.mark.skipif(
    sys.version_info >= (3, 12), reason="from 3.12 on symtable puts a comprehension's names into the scope around it"
)


@inlined
@pytest.mark.parametrize(
    "module",
    ["textwrap", "heapq", "json.decoder", "contextlib", "functools", pytest.param("argparse", marks=pytest.mark.slow)],
)
def test_scopes_bind_what_cpython_says(module):
    source = inspect.getsource(importlib.import_module(module))
    assert ours(source) == cpython(source)


@inlined
@pytest.mark.parametrize(
    "source",
    [
        "def f(a):\n    def g():\n        nonlocal a\n        a = 1\n    class C:\n        a = a\n    return g",
        "def f():\n    global x\n    x = 1\n    [y := 1 for z in range(2)]\n    return lambda q=x: q",
        "def f(p):\n    match p:\n        case [a, *b] | {'k': a, **b}: pass\n        case C(x=1, y=c) as d: pass",
        "async def f():\n    async with a as (b, c), d as e.f: pass\n    async for g in h: pass\n    del g",
        "def f():\n    try: pass\n    except* E as e: pass\n    import a.b, c.d as g\n    from m import n as o",
        "class A:\n    x = [x for y in x if y]\n    def m(self): return x, __class__\n    z += 1",
    ],
)
def test_scopes_of_single_constructs(source):
    if "__class__" in source:
        source = source.replace("__class__", "A")  # CPython adds a cell of that name
    assert ours(source) == cpython(source)


@pytest.mark.parametrize(
    ("source", "name", "expected"),
    [
        # the lines of all occurrences of the variable that `name` on line 1 or first below stands for
        ("def f(x):\n    def g():\n        return x\n    def h(x):\n        return x\n    return x", "x", [1, 3, 6]),
        (
            "def f(x):\n    class C:\n        x = 1\n        y = x\n        def m(self):\n            return x",
            "x",
            [1, 6],
        ),
        ("x = 1\ndef f():\n    global x\n    x = 2\ndef g():\n    return x", "x", [1, 3, 4, 6]),
        ("def f(x):\n    return [x for x in x]", "x", [1, 2]),
        ("def f(n):\n    return f'{n!r:>{n}} n'", "n", [1, 2, 2]),
        ("def f(x):\n    return g(x=x).x", "x", [1, 2]),
    ],
)
def test_a_name_stands_for_one_variable(source, name, expected):
    tree = parse_source(source)
    scopes = resolve_scopes(tree)
    variable = next(o for o in scopes.in_order() if o.name == name).variable
    assert sorted(tree.line(o.span[0]) for o in variable.occurrences) == expected


def test_names_that_unicode_holds_equal_are_one_variable():
    scopes = resolve_scopes(parse_source("def f():\n    ﬁ = 1\n    return fi"))
    assert {o.name for o in scopes.in_order()} == {"f", "fi"}
    assert len(scopes.all[1].variables["fi"].occurrences) == 2


@pytest.mark.parametrize(
    ("source", "kinds"),
    [
        ("x = None, True, False", {"x": "store"}),
        ("def f(p=d): pass", {"f": "def", "p": "parameter", "d": "load"}),
        ("f = lambda p=d: p", {"f": "store", "p": "parameter load", "d": "load"}),
        ("class C(B, k=v): pass", {"C": "class", "B": "load", "v": "load"}),
        ("import a.b, c as d", {"a": "import", "d": "import"}),
        ("from m import n, o as p", {"n": "import", "p": "import"}),
        ("from m import *", {}),
        ("x += y", {"x": "update", "y": "load"}),
        ("x: T = 1", {"x": "store", "T": "load"}),
        ("x: T", {"x": "store", "T": "load"}),
        ("a.b, c[d], (e, *f) = g", {"a": "load", "c": "load", "d": "load", "e": "store", "f": "store", "g": "load"}),
        ("del x, y.z", {"x": "delete", "y": "load"}),
        ("with a as b, c as (d, e): pass", {"a": "load", "b": "store", "c": "load", "d": "store", "e": "store"}),
        ("try: pass\nexcept E as e: pass", {"E": "load", "e": "store"}),
        ("match a:\n    case {'k': b}: pass", {"a": "load", "b": "store"}),
        ("match a:\n    case {'k': 1, **r}: pass", {"a": "load", "r": "store"}),
        ("match a:\n    case [*_, C(k=b)]: pass", {"a": "load", "C": "load", "b": "store"}),
        ("for i in a: pass\nelse: b", {"i": "store", "a": "load", "b": "load"}),
        ("def f():\n    global x\n    x = 1", {"f": "def", "x": "declare store"}),
        ("(x := y)", {"x": "store", "y": "load"}),
        ("f'{a!r:{b}}'", {"a": "load", "b": "load"}),
    ],
)
def test_what_is_done_with_each_name(source, kinds):
    found = {}
    for occurrence in resolve_scopes(parse_source(source)).in_order():
        found[occurrence.name] = f"{found.get(occurrence.name, '')} {occurrence.kind}".strip()
    assert found == kinds


def test_scopes_hold_each_other_and_a_comprehension_runs_in_its_function():
    scopes = resolve_scopes(parse_source("def f(a):\n    return [b for b in a if (lambda: b)]\nclass C: pass"))
    kinds = [(scope.kind, scope.number, scope.frame.kind, len(list(scope.inside()))) for scope in scopes.all]
    assert kinds == [
        ("module", 0, "module", 5),
        ("function", 1, "function", 3),
        ("comprehension", 2, "function", 2),
        ("lambda", 3, "lambda", 1),
        ("class", 4, "class", 1),
    ]
    assert scopes.module is scopes.all[0]
