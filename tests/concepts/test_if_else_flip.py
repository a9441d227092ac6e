"""If-Else Flip, before and after."""

from textwrap import indent

import pytest

from procure_kit import NotApplicable, find_sites, perturb

FLIPS = {
    "plain": (
        "if a < b:\n    x = 1\nelse:\n    x = 2\n",
        "if a >= b:\n    x = 2\nelse:\n    x = 1\n",
    ),
    "elif with else": (
        "if a:\n    x = 1\nelif b == 2:\n    x = 2\nelse:\n    x = 3\n",
        "if a:\n    x = 1\nelif b != 2:\n    x = 3\nelse:\n    x = 2\n",
    ),
    "comments move with their bodies": (
        "if a:  # yes\n    # one\n    x = 1  # 1\n    # end\n# middle\nelse:  # no\n    x = 2\n    # z\n# after\n",
        "if not a:  # no\n    x = 2\n    # z\n# middle\nelse:  # yes\n    # one\n    x = 1  # 1\n    # end\n# after\n",
    ),
    "one line": ("if a: x = 1; y = 2\nelse: x = 3", "if not a: x = 3\nelse: x = 1; y = 2"),
    "one line and a block": ("if a: x = 1\nelse:\n    x = 2", "if not a:\n    x = 2\nelse: x = 1"),
    "tabs and crlf": ("if a:\r\n\tx = 1\r\nelse:\r\n\tx = 2", "if not a:\r\n\tx = 2\r\nelse:\r\n\tx = 1"),
    "strings keep their lines": (
        "if a:\n    x = '''\n  else:\n'''\nelse:\n    x = 2\n",
        "if not a:\n    x = 2\nelse:\n    x = '''\n  else:\n'''\n",
    ),
    "a test on several lines": (
        "if (a and  # why\n        b):\n    x = 1\nelse:\n    x = 2\n",
        "if (not a or  # why\n        not b):\n    x = 2\nelse:\n    x = 1\n",
    ),
    "a colon in the test": ("if a[1:]:\n    x = 1\nelse:\n    x = 2\n", "if not a[1:]:\n    x = 2\nelse:\n    x = 1\n"),
    "nested": (
        "def f():\n    if a:\n        if b:\n            x = 1\n    else:\n        x = 2\n",
        "def f():\n    if not a:\n        x = 2\n    else:\n        if b:\n            x = 1\n",
    ),
}


@pytest.mark.parametrize(("before", "after"), FLIPS.values(), ids=FLIPS)
def test_flip(before, after):
    assert perturb(before, "if_else_flip").counterfactual == after


@pytest.mark.parametrize(
    ("test", "negated", "sure"),
    [
        ("a == b", "a != b", False), ("1 == len(a)", "1 != len(a)", True), ("a is None", "a is not None", True),
        ("a is not b", "a is b", True), ("a in b", "a not in b", True), ("a  not  in b", "a  in b", True),
        ("len(a) > 0", "len(a) <= 0", True), ("a > 0", "a <= 0", False), ("a < 1.5", "not (a < 1.5)", True),
        ("{1} <= a", "not ({1} <= a)", True), ("a < b < c", "not (a < b < c)", True), ("a", "not a", True),
        ("not a", "a", True), ("not (a or b)", "(a or b)", True), ("a and b", "not a or not b", True),
        ("a or b and c", "not a and (not b or not c)", True), ("(a or b) and c", "(not a and not b) or not c", True),
        ("a and b and not c", "not a or not b or c", True), ("a if b else c", "not (a if b else c)", True),
        ("a + 1", "not (a + 1)", True), ("a.b[0]", "not a.b[0]", True), ("(a)", "not (a)", True),
        ("'x'in a", "'x'not in a", True), ("lambda: a", "not (lambda: a)", True),
        ("a and(b)", "not a or not (b)", True),
        ("len(a) == 1 and a[0] < 1", "len(a) != 1 or a[0] >= 1", False),
    ],
)  # fmt: skip
def test_negation(test, negated, sure):
    cf = perturb(f"if {test}:\n    x = 1\nelse:\n    x = 2\n", "if_else_flip")
    assert cf.counterfactual.splitlines()[0] == f"if {negated}:"
    assert cf.soundness == ("syntactic" if sure else "tested")


@pytest.mark.parametrize(("before", "after"), [("if(a):", "if not (a):"), ("if(a or b):", "if(not a and not b):")])
def test_words_do_not_run_together(before, after):
    assert perturb(f"{before} x\nelse: y", "if_else_flip").counterfactual.splitlines()[0].startswith(after[:-1])


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("if a:\n    x = 1\n", "no else"),
        ("if a: x\nelif b: y\n", "an elif follows"),
        ("x = 1 if a else 2\n", "conditional expression"),
        ("def f(): \n    if a: return 1\n    return 2\n", "a guard clause"),
        ("if a: g(1)\nmatch b:\n    case _: x\n", "no else"),
        ("def f():\n    if a: x; return 1\n    return 2\n", "no else"),
        ("def f():\n    if a: return 1\n    return 2; x\n", "no else"),
        ("while a: x\nelse: y", "a loop's else is no second body"),
        ("for x in a: x\nelse: y", "a loop's else is no second body"),
        ("async def f():\n    if await a: x\n    else: y", "its test awaits something"),
        ("if a.pop():\n    x = 1\nelse:\n    x = 2\n", "its test calls `a.pop`, which may change state"),
        ("if (m := a):\n    x = 1\nelse:\n    x = 2\n", "it gives `m` a value"),
        ("def f():\n    if a:\n        global x\n        x = 1\n    else:\n        x = 2\n", "global"),
    ],
)
def test_refused(source, reason):
    assert reason in find_sites(source, ["if_else_flip"])[0].refused
    with pytest.raises(NotApplicable, match="if_else_flip, site 0 on line"):
        perturb(source, "if_else_flip", site=0)


LOOSE = {  # with the negation by operators
    "value": ("x = a if b == 1 else c", "x = c if b != 1 else a"),
    "value of a lambda": ("x = a if b == 1 else lambda: c", "x = (lambda: c) if b != 1 else a"),
    "chain of values": ("x = a if b == 1 else c if d else e", "x = (c if d else e) if b != 1 else a"),
    "words": ("return[a]if b == 1 else'c'", "return 'c'if b != 1 else [a]"),
    "numbers": ("return[1]if b == 1 else 2", "return 2 if b != 1 else [1]"),
    "lines": ("x = (a  # a\n  if b == 1  # b\n  else c)  # c", "x = (c  # a\n  if b != 1  # b\n  else a)  # c"),
    "guard": ("if b == 1: return a\nreturn c", "if b != 1: return c\nreturn a"),
    "guard on lines": (
        "if b == 1:\n    return a  # a\n# between\nreturn c  # c",
        "if b != 1:\n    return c  # c\n# between\nreturn a  # a",
    ),
    "guard without a value": ("if b == 1:\n    return\nreturn c", "if b != 1:\n    return c\nreturn"),
    "value of a lambda in parentheses": ("x = a if b == 1 else (lambda: c)", "x = (lambda: c) if b != 1 else a"),
    "guard on more lines": (
        "if b == 1:\n    return [\n  a]\nreturn c",
        "if b != 1:\n    return c\nreturn [\n  a]",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after"), LOOSE.values(), ids=LOOSE)
def test_forms_of_the_looser_mode(before, after):
    before, after = (f"def f(a, b, c, d, e):\n{indent(text, '    ')}\n" for text in (before, after))
    assert find_sites(before, "if_else_flip")[0].refused
    site = find_sites(before, "if_else_flip", "procure")[0]
    made = {perturb(before, "if_else_flip", seed, "procure", site).counterfactual for seed in range(9)}
    assert after in made and all(compile(text, "p", "exec") for text in made)


def test_no_value_of_an_f_string_turns():
    (site,) = find_sites("x = f'{a if b else {1}}'", "if_else_flip", "procure")
    assert "f-string" in site.refused


def test_procure_mode_negates_in_both_ways():
    source = "if a.pop() < 1:\n    x = 1\nelse:\n    x = 2\n"
    seen = {perturb(source, "if_else_flip", seed, "procure").counterfactual.splitlines()[0] for seed in range(20)}
    assert seen == {"if a.pop() >= 1:", "if not (a.pop() < 1):"}


def test_spans_leave_out_what_both_bodies_begin_with():
    cf = perturb("if a == 1:\n    x = 1\nelse:\n    x = 2\n", "if_else_flip")
    assert [cf.counterfactual[slice(*span)] for span in cf.changed] == ["!=", "x = 2", "x = 1"]
    assert [cf.original[slice(*span)] for span in cf.changed_original] == ["==", "x = 1", "x = 2"]


def test_what_is_no_site():
    assert find_sites("for x in a: x\nwhile a: x\nx = a and b\nassert a\n[x for x in a if x]\n", "if_else_flip") == []


def test_sites_are_told_by_their_tests():
    source = "if a: x\nelif (b and  # why\n  c): y\nelse: z\nwhile d: x\nelse: y\nfor e in f: x\nelse: y\n"
    sites = find_sites(source, "if_else_flip")
    assert [(site.label, site.line) for site in sites] == [
        ("if a", 1),
        ("if b and # why c", 2),
        ("while … else", 5),
        ("for … else", 7),
    ]
