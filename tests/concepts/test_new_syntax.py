"""Syntax that Python 3.12 and 3.13 brought: read and rewritten there, one clear sentence where it does not parse."""

import sys

import pytest

import procure_kit as pk
from procure_kit.analysis.analysis import analyse

# What it is, since which version, and a program whose `f` is called with 3 and with 8.
PROGRAMS = {
    "type parameters of a function": (12, """\
def f(n):
    T = 1
    first = [T, n]
    def pick[T](items: list[T], place: int = T) -> T:
        found = items[place]
        return found
    if n > 5:
        T = 2
    else:
        T = 3
    return pick(first), T, len(pick.__type_params__), str(pick.__annotations__["return"])
"""),
    "bounds and several kinds": (12, """\
def f(n):
    low = int
    def g[T: low, *Ts, **P](x: T, *rest: *Ts) -> T:
        y = x
        z = rest
        return y, z
    bound = g.__type_params__[0].__bound__
    low = str
    return g(n, 1), bound is int, low
"""),
    "constraints that read a later value": (12, """\
def f(n):
    kind = int
    def g[T: (kind, bytes)](x: T) -> T:
        return x
    kind = str
    return g(n), str(g.__type_params__[0].__constraints__)
"""),
    "type parameters of a class": (12, """\
class Box[T]:
    kept: T
    def __init__(self, item: T):
        other = item
        self.item = other
    def swap[S](self, new: S) -> "Box[S]":
        old = self.item
        made = Box(new)
        return made, old
def f(n):
    T = 7
    class Inner[T](Box[T]):
        size = T.__name__
    box = Inner(n)
    made, old = box.swap(T)
    return made.item, old, Inner.size
"""),
    "type statements": (12, """\
def f(n):
    item = int
    type Row = list[item]
    type Table[T] = dict[str, T]
    item = str
    type Pair = tuple[Row, Table]
    x, y = n, 2
    if n > 5:
        x = y
    else:
        y = x
    return str(Row.__value__), str(Table[int]), x, y, Pair.__name__
"""),
    "soft keyword": (11, """\
def f(n):
    type = 5
    type = type + n
    match = type
    type (match)if 0 else None
    return type, match
"""),
    "f-strings with the same quotes": (12, '''\
def f(n):
    row = {"name": n, "next": n + 1}
    rows = [row, row]
    text = f"{row["name"]} and {"".join(f"{r["next"]}" for r in rows)}"
    nested = f"{f"{f"{text!r:>{n + 30}}"}"}"
    shown = f"{n=} {row["name"] = }"
    return text, nested, shown
'''),
    "f-strings over lines, with comments and backslashes": (12, '''\
def f(n):
    low = n - 1
    high = n + 1
    text = f"{
        low  # the lower one, } and "
        + high
    } {"\\n".join([str(low), str(high)])} {'\\'' * 2}"
    return text
'''),
    "defaults of type parameters": (13, """\
def f(n):
    base = int
    def g[T = base, *Ts = *tuple[base, ...]](x: T) -> T:
        y = x
        return y
    base = str
    class Box[T: base = base]:
        pass
    type Row[T = base] = list[T]
    return g(n), str(g.__type_params__[0].__default__), str(Box.__type_params__[0].__default__), Row.__name__
"""),
}  # fmt: skip
HERE = sys.version_info[:2]


def result(source: str) -> list:
    names: dict = {}
    exec(compile(source, "<program>", "exec", dont_inherit=True), names)
    return [names["f"](3), names["f"](8)]


@pytest.mark.parametrize(("minor", "source"), PROGRAMS.values(), ids=PROGRAMS)
def test_it_is_rewritten_or_refused_with_one_sentence(minor, source):
    if (3, minor) > HERE:
        with pytest.raises(ValueError, match=r"line \d+: the source does not parse as Python|f-string") as caught:
            pk.find_sites(source)
        assert "\n" not in str(caught.value)
        return
    expected, made = result(source), 0
    for mode in ("strict", "procure"):
        for site in pk.find_sites(source, mode=mode):
            if site.refused or (mode == "procure" and site.concept == "independent_swap"):  # effects are not checked
                continue
            cf = pk.perturb(source, site.concept, mode=mode, site=site)
            if site.soundness == "syntactic":
                assert result(cf.counterfactual) == expected, cf.counterfactual
            said = pk.classify(source, cf.counterfactual, site.concept)
            assert said.status == "ok", said.detail
            made += 1
        assert result(pk.perturb_all(source, soundness="syntactic").counterfactual) == expected
    assert made


def bound(source: str, wanted: str) -> list[tuple[str, set[str]]]:
    """The scopes that bind a name: their kind, and the kinds of the name's occurrences."""
    return [(s.kind, s.variables[wanted].kinds) for s in analyse(source).scopes.all if wanted in s.variables]


@pytest.mark.skipif(HERE < (3, 12), reason="Python 3.12's syntax, which an older parser refuses")
@pytest.mark.parametrize(
    ("source", "scopes"),
    [
        ("def g[T](x: T) -> T: return T", [("type parameters", {"type parameter", "load"})]),
        ("class A[T](list[T]): x: T", [("type parameters", {"type parameter", "load"})]),
        ("type T[T] = list[T]", [("module", {"type"}), ("type parameters", {"type parameter", "load"})]),
        ("T = 1\n@d(T)\ndef g[T](x=T): pass", [("module", {"store", "load"}), ("type parameters", {"type parameter"})]),
        (
            "class A[T]:\n T = 1\n def m(self): return T",
            [("type parameters", {"type parameter", "load"}), ("class", {"store"})],
        ),
    ],
)  # fmt: skip
def test_type_parameters_open_a_scope(source, scopes):
    assert bound(source, "T") == scopes
