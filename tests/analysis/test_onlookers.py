"""Who may look at variables by their names: whom the text shows, what it hands on, and whom it cannot exclude."""

import builtins

import pytest

from procure_kit import find_sites
from procure_kit.analysis.analysis import analyse


def renamed(source: str) -> tuple[str | None, str, str]:
    """Of the last function's random names: why not, how sure, and which."""
    site = find_sites(source, "variable_name_random")[-1]
    return site.refused, site.soundness, site.label.partition(": ")[2]


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("def f(t):\n    low = b = 2\n    return t.where('x > low'), b", "b"),
        ("def f(t):\n    low = b = 2\n    return t.where(f'x > {b} + low')", "b"),
        ("def f(t):\n    low = b = 2\n    q = 'x' ' > low'\n    return t.where(q)", "b, q"),
        ("Q = 'x > low'\ndef f(t):\n    low = b = 2\n    return t.where(Q), b", "b"),
        ("def f(t):\n    low = b = 2\n    return t.where('a\\nlow'), b", "b"),
        ("def f(t):\n    low = b = 2\n    return t.where('l\\x6fw'), b", "b"),
        ("@d('low')\ndef f():\n    low = b = 2\n    return low", "b"),
        ("@d(k=dict(low=1))\ndef f():\n    low = b = 2\n    return low", "b"),
        ("W = {'low': 1}\nK = dict(W)\n@d(K)\ndef f():\n    low = b = 2\n    return low", "b"),
        ("@d('low')\nclass C:\n    def f(self):\n        low = b = 2\n        return low", "b"),
        # where the text shows what becomes of it, a string is only a string
        ("def f(t):\n    low = b = 2\n    raise g.E('low')", "low, b"),
        ("def f(t):\n    low = b = 2\n    print('low')\n    return t.get('low') == 'low', {'low': 1}['low']", "low, b"),
        ("def f(t):\n    'low'\n    low = b = 2\n    return t.where(b)", "low, b"),
        ("def f(t):\n    low = b = 2\n    return 'low'", "low, b"),
        ("def f(t):\n    low: 'low' = 1\n    b = t.g(low)\n    assert b, 'low'", "low, b"),
    ],
)
def test_names_that_a_text_hands_on_stay(source, names):
    assert renamed(source) == (None, "syntactic", names)


@pytest.mark.parametrize(
    "source",
    [
        "def f(t):\n    low = 2\n    return t.where('x > low')",
        "def f():\n    who = 1\n    return _('hi $who')",
        "@njit(locals={'low': 1})\ndef f():\n    low = 2\n    return low",
    ],
)
def test_a_function_without_another_variable_says_why(source, monkeypatch):
    monkeypatch.setattr(builtins, "_", 3, raising=False)  # as an interactive interpreter does
    assert "may look up the variable of that name" in renamed(source)[0]


@pytest.mark.parametrize(
    ("source", "soundness"),
    [
        ("import lib\ndef f():\n    a = lib.name()\n    return a", "tested"),
        (
            "from lib import name as n\nclass C:\n    def __init__(s): s.x = n()\ndef f():\n    a = C()\n    return a",
            "tested",
        ),
        ("import lib\n@lib.trace\ndef f():\n    a = 1\n    return a", "tested"),
        ("import lib\n@lib.trace(1)\ndef f():\n    a = 1\n    return a", "tested"),
        ("import lib\ndef g(): return lib.name()\ndef f():\n    a = g()\n    return a", "tested"),
        ("import lib\ndef g(): return lib.name()\ndef f():\n    a = 1\n    return a", "syntactic"),
        ("import lib\ndef f():\n    a = lib.name(1)\n    return a", "syntactic"),
        ("import time\ndef f():\n    a = time.time()\n    return a", "syntactic"),
        ("from .lib import name\ndef f():\n    a = name()\n    return a", "syntactic"),  # the tree knows what it does
    ],
)
def test_other_peoples_code_that_gets_no_value_may_look_for_itself(source, soundness):
    assert renamed(source)[:2] == (None, soundness)


@pytest.mark.parametrize(
    "word", ["f_locals", "co_varnames", "varname", "register_globals", "getattr(g, 'f_\\u006cocals')", "ｆ_locals"]
)
def test_a_word_that_tells_of_frames_stops_all_renaming(word):
    assert "see a function's variables" in renamed(f"def f():\n    a = 1\n    return a\ndef g(): return {word}\n"
                                                       "def h():\n    b = 1\n    return b\n")[0]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("x = 1", True),
        ("x.len = 1", False),
        ("for x.len in y: pass", False),
        ("a, x.len = y", False),
        ("patch('app.len')", False),
        ("setattr(x, 'len', 1)", False),
        ("patch.multiple(x, len=1)", False),
        ("x = 'the len of it'", True),
        ("y.__globals__", False),
        ("y.__self__", False),
        ("y.f_builtins", False),
        ("patch('builtins.print')", False),
        ("g = __import__('built' 'ins')", False),
        ("g = __import__(y)", False),
        ("g = __import__('json')", True),
        ("importlib.import_module(f'{y}')", False),
        ("sys.modules[y]", False),
        ("sys.modules['json']", True),
        ("'json' in sys.modules", True),
        ("g = vars(sys)['mo' 'dules']; h = sys.modules", False),
        ("globals()", False),
        ("from x import *", False),
    ],
)
def test_when_the_name_of_a_built_in_means_it(text, known):
    analysis = analyse(f"{text}\ndef f(p): return len(p)\n")
    call = next(
        node for node in analysis.nodes if getattr(node, "value", None) == "len" and node in analysis.scopes.occurrence
    )
    assert (analysis.is_builtin(call) == "len") is known


def test_a_metaclass_may_bring_a_built_in_of_its_own():
    source = "class C{}:\n    if len(p) > 1: x = 1\n    else: x = 2\n"
    plain, with_base = (find_sites(source.format(base), "if_else_flip")[0] for base in ("", "(B)"))
    assert plain.soundness == "syntactic" and "calls `len`, which may mean something else" in with_base.refused
