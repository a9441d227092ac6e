"""Independent Swap: what trades places, and how sure that is."""

import pytest

from procure_kit import find_sites, perturb


def in_function(body):
    return "def f(a, b):\n" + "".join(f"    {line}\n" for line in body.splitlines())


def only_site(source, mode="strict"):
    (site,) = find_sites(source, ["independent_swap"], mode)
    return site


@pytest.mark.parametrize(
    ("body", "soundness"),
    [
        ("x = 0\ny = []", "syntactic"),
        ("x = 0\nprint(a)", "syntactic"),
        ("a.append(b)\nx = {}", "syntactic"),
        ("x, y = 1, 2\nz = a", "syntactic"),
        ("x = a\nb[0] = 1", "syntactic"),
        ("x = len(a)\ny = len(b)", "tested"),
        ("x = a[0]\ny = b[0]", "tested"),
        ("x = [q for q in a]\ny = [q for q in b]", "tested"),
        ("a = None\nprint(b)", "tested"),  # what `a` named may end with an effect: a file that closes
        ("a = None\nx = 1", "syntactic"),  # and only one of the two can
    ],
)
def test_accepted(body, soundness):
    site = only_site(in_function(body))
    assert (site.refused, site.soundness) == (None, soundness)
    first, second = body.splitlines()
    assert perturb(in_function(body), "independent_swap").counterfactual == in_function(f"{second}\n{first}")


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (in_function("x = 0\ny = x"), "the second uses what the first defines: `x`"),
        (in_function("y = a\na = 0"), "the first uses what the second defines: `a`"),
        (in_function("x = 0\nx = 1"), "both define `x`"),
        (in_function("x = 0\ng = lambda: x"), "the second uses what the first defines: `x`"),
        (in_function("a.b = 1\nb.a = 1"), "stores to"),
        (in_function("x = a.pop()\ny = b.pop()"), "calls"),
        (in_function("a += b\nx = b[0]"), "in place"),
        (in_function("x = locals()\ny = 1"), "`locals` can see variables by their names"),
        (in_function("try:\n    x = 1\n    g()\nexcept E: pass\nreturn x"), "if one of the two fails, the try or with"),
        (in_function("with a:\n    x = 1\n    g()\nreturn x"), "if one of the two fails, the try or with"),
        (
            in_function("x = 1\ng()\ndef g(): return x"),
            "the second calls `g`, which may change state, and the first",
        ),
        (in_function("a.b\na.b"), "the two statements are the same"),
        ("class C:\n    x = 1\n    y = 2\n", "order of a class's names"),
        ("X = 1\nprint(2)\n", "calls `print`"),
    ],
)
def test_refused(source, reason):
    assert reason in only_site(source).refused


def test_names_of_a_module_are_seen_by_others():
    assert only_site("X = 1\nY = 2\n").soundness == "tested"


@pytest.mark.parametrize(
    "body",
    [
        "'''doc'''\nx = 1",
        "x = 1\nreturn x",
        "x = 1\nfor q in a: pass",
        "x = 1\nimport m",
        "x: int\ny = 1",
        "...\nx = 1",
    ],
)
def test_no_site(body):
    assert find_sites(in_function(body), ["independent_swap"]) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = 0  # zero\n\n    # ones\n    y = 1", "y = 1\n\n    # ones\n    x = 0  # zero"),
        ("x = 0; y = 1  # both", "y = 1; x = 0  # both"),
        ("x = [\n        1,\n    ]\n    y = '''\nz'''", "y = '''\nz'''\n    x = [\n        1,\n    ]"),
    ],
)
def test_layout(before, after):
    source = f"def f():\n    {before}"
    assert perturb(source, "independent_swap").counterfactual == f"def f():\n    {after}"


def test_procure_mode_pairs_assignments_further_apart():
    source = in_function("x = a.pop()\nprint(a)\ny = b.pop()\nreturn x")
    site = only_site(source, "procure")
    assert (site.label, site.soundness) == ("x = a.pop() ⇄ y = b.pop()", "tested")
    lines = perturb(source, "independent_swap", mode="procure").counterfactual.splitlines()
    assert lines[1].strip() == "y = b.pop()"


def test_procure_mode_respects_names_between():
    assert find_sites(in_function("x = 1\nprint(y)\ny = 2"), ["independent_swap"], "procure") == []
