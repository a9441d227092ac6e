"""Pairs that do not behave alike, each by one oversight of a rewriter: no concept check takes them for its concept."""

import pytest

from procure_kit import classify, recognise

BROKEN = {
    "a use in a star belongs to the first definition": (
        "def_use_break",
        "def f():\n    sep = 1\n    print(sep)\n    return show(end=(sep := 2), *[sep])\n",
        "def f():\n    sep = 1\n    print(sep)\n    return show(end=(abcde := 2), *[abcde])\n",
    ),
    "a pattern reads before it binds": (
        "def_use_break",
        "def f(p):\n    n = 2\n    print(n)\n    match p:\n        case (n, n.real):\n            return n\n",
        "def f(p):\n    n = 2\n    print(n)\n    match p:\n        case (abcde, abcde.real):\n"
        "            return abcde\n",
    ),
    "annotations have an order of their own": (
        "def_use_break",
        "def f():\n    t = 1\n    print(t)\n    def g(a: (t := 2), /, b: t): pass\n    return g\n",
        "def f():\n    t = 1\n    print(t)\n    def g(a: (abcde := 2), /, b: abcde): pass\n    return g\n",
    ),
    "one private name in two spellings": (
        "independent_swap",
        "class Box:\n    def load(self):\n        __a = 1\n        _Box__a = 2\n        return __a\n",
        "class Box:\n    def load(self):\n        _Box__a = 2\n        __a = 1\n        return __a\n",
    ),
    "a class's global is not its methods'": (
        "variable_name_random",
        "m = 0\ndef f():\n    m = 1\n    class C:\n        global m\n        m = 2\n        def t(self): return m\n"
        "    return C\n",
        "m = 0\ndef f():\n    abcde = 1\n    class C:\n        global m\n        m = 2\n        def t(self): return m\n"
        "    return C\n",
    ),
    "a metaclass may bring the name": (
        "variable_name_random",
        "def f():\n    metre = 1\n    class T(metaclass=U):\n        length = metre\n    return T\n",
        "def f():\n    abcde = 1\n    class T(metaclass=U):\n        length = abcde\n    return T\n",
    ),
    "a built-in is patched": (
        "data_type",
        "def f():\n    with mock.patch('builtins.dict', X):\n        return type({})\n",
        "def f():\n    with mock.patch('builtins.dict', X):\n        return type(dict())\n",
    ),
    "a query names the variable": (
        "variable_name_random",
        "def f():\n    people = g()\n    return pl.sql('SELECT * FROM people')\n",
        "def f():\n    abcde = g()\n    return pl.sql('SELECT * FROM people')\n",
    ),
    "a query reads what the other statement sets": (
        "independent_swap",
        "def f(t):\n    low = 2\n    found = t.where('x > low')\n    return found\n",
        "def f(t):\n    found = t.where('x > low')\n    low = 2\n    return found\n",
    ),
    "a decorator names the variable": (
        "variable_name_random",
        "@numba.njit(locals={'acc': numba.int8})\ndef f(x):\n    acc = x + 1\n    return acc\n",
        "@numba.njit(locals={'acc': numba.int8})\ndef f(x):\n    abcde = x + 1\n    return abcde\n",
    ),
    "a decorator names the variable as a keyword": (
        "variable_name_random",
        "KINDS = dict(acc=int)\n@typed(KINDS)\ndef f(x):\n    acc = x + 1\n    return acc\n",
        "KINDS = dict(acc=int)\n@typed(KINDS)\ndef f(x):\n    abcde = x + 1\n    return abcde\n",
    ),
    "a reader in other letters": (
        "variable_name_random",
        "def f():\n    width = 1\n    return sorted(ｌocals())\n",
        "def f():\n    abcde = 1\n    return sorted(ｌocals())\n",
    ),
    "frames are read": (
        "def_use_break",
        "def f():\n    a = 1\n    print(a)\n    a = 2\n    return g().f_locals, a\n",
        "def f():\n    a = 1\n    print(a)\n    abcde = 2\n    return g().f_locals, abcde\n",
    ),
    "keywords that name no parameter stay": (
        "variable_name_random",
        "def g(a, **rest): return a, rest\ndef f(): return g(1, rest=2)\n",
        "def g(a, **abcde): return a, abcde\ndef f(): return g(1, abcde=2)\n",
    ),
    "a dictionary names the parameters": (
        "variable_name_random",
        "def g(w): return w\ndef call(fn, v): return fn(**v)\ndef f(): return call(g, {'w': 3})\n",
        "def g(abcde): return abcde\ndef call(fn, v): return fn(**v)\ndef f(): return call(g, {'w': 3})\n",
    ),
    "a decorator sees the parameters": (
        "variable_name_random",
        "@with_unit\ndef f(amount): return amount\n",
        "@with_unit\ndef f(abcde): return abcde\n",
    ),
    "a shown keyword": (
        "def_use_break",
        "def g(value=1): return value\ndef f(): return f'{g(value=4)=}'\n",
        "def g(abcde=1): return abcde\ndef f(): return f'{g(abcde=4)=}'\n",
    ),
    "a definition that lets go": (
        "def_use_break",
        "def f():\n    box = B()\n    seen = ref(box)\n    box = None\n    return seen()\n",
        "def f():\n    box = B()\n    seen = ref(box)\n    abcde = None\n    return seen()\n",
    ),
    "a tuple in an assert": ("data_type", "def f(p):\n    assert [p, 1]\n", "def f(p):\n    assert (p, 1)\n"),
    "a class's own name read before it is set": (
        "independent_swap",
        "x = 1\nclass C:\n    x += 1\n",
        "class C:\n    x += 1\nx = 1\n",
    ),
}


@pytest.mark.parametrize(("concept", "original", "broken"), BROKEN.values(), ids=BROKEN)
def test_a_broken_pair_is_never_the_concept(concept, original, broken):
    found = classify(original, broken, concept)
    assert found.status == "not_this_concept" and found.detail, found
    assert recognise(original, broken).status != "ok"


ALIKE = {
    "a global named like a local, and types": (
        "mixed",
        "total = 5\ndef f(p):\n    total = []\n    for x in p: total.append(x)\n    return total\n",
        "total = 5\ndef f(p):\n    abcde = list()\n    for x in p: abcde.append(x)\n    return abcde\n",
    ),
    "a class's name and a comprehension in it": (
        "ok",
        "def f():\n    n = 'l'\n    class C:\n        n = 'c'\n        first = [n for _ in [0]]\n    return C\n",
        "def f():\n    n = 'l'\n    class C:\n        first = [n for _ in [0]]\n        n = 'c'\n    return C\n",
    ),
    "a number of thousands of digits": (
        "ok",
        f"def f(p):\n    if p: x = 0x{'f' * 5000}\n    else: x = 2\n    return x\n",
        f"def f(p):\n    if not p: x = 2\n    else: x = 0x{'f' * 5000}\n    return x\n",
    ),
    "functions that set the same global change places": (
        "ok",
        "def a():\n    global n\n    n = 1\ndef b():\n    global n\n    n = 2\n",
        "def b():\n    global n\n    n = 2\ndef a():\n    global n\n    n = 1\n",
    ),
}


@pytest.mark.parametrize(("status", "original", "other"), ALIKE.values(), ids=ALIKE)
def test_a_sound_pair_is_known(status, original, other):
    found = recognise(original, other)
    assert found.status == status, found
