"""Before and after of each form, what is known of it, and where it is refused."""

import pytest

from procure_kit import CONCEPTS, classify, find_sites, perturb, perturb_all
from procure_kit.concepts.table import FAMILIES

# Before, after and, where it does not hold for any input, how far it is known; | begins a line.
CHANGES = {
    "mirrored_comparison": [
        ("n = len(p)|if n > 3: p", "n = len(p)|if 3 < n: p"),
        ("return p == 'a'", "return 'a' == p"),
        ("return p <= q", "return q >= p", "tested"),
        ("return p < 3", "return 3 > p", "tested"),  # the error for a string names the operator
        ("return (p + 1) != (q or 2)", "return (q or 2) != (p + 1)", "tested"),
        ("return'a'<p", "return p>'a'", "tested"),
        ("return 1 if'a'==p else 2", "return 1 if p=='a' else 2"),
    ],
    "guard_clause": [
        ("if p:|    return 1|q = 2|return q", "if p:|    return 1|else:|    q = 2|    return q"),
        ("if p: return 1|return 2", "if p: return 1|else:|    return 2"),
        ("if p:|    return 1|else:|    return 2", "if p:|    return 1|return 2"),
        ("if p:|    return 1|else: return 2", "if p:|    return 1|return 2"),
        ("if p:|    return 1|else:  # why|    q = 2|p = 3", "if p:|    return 1|# why|q = 2|p = 3"),
        ("if p:|    return 1|elif q:|    raise p|p = 1", "if p:|    return 1|elif q:|    raise p|else:|    p = 1"),
        ("while p:|    if q: break|    p()|", "while p:|    if q: break|    else:|        p()|"),
        ("if p:|    return 1||# why|q = '''|  x'''", "if p:|    return 1||else:|    # why|    q = '''|  x'''"),
    ],
    "nested_condition": [
        ("if p and q:|    p()", "if p:|    if q:|        p()"),
        ("if p and q and 1: p()", "if p and q:|    if 1: p()"),
        ("if (p and|        q):|    p()", "if (p):|    if (q):|        p()"),
        ("if p:|    if q:|        p()", "if p and q:|    p()"),
        ("if p or 1:|    if (x := q): p()", "if (p or 1) and (x := q): p()"),
        ("if p:|    if q or 1:|        p()", "if p and (q or 1):|    p()"),
    ],
    "augmented_assignment": [
        ("n = 1|n += 2", "n = 1|n = n + 2"),
        ("n = 1|n -= 2 - 1", "n = 1|n = n - (2 - 1)"),
        ("s = 'a'|s += 'b' 'c'", "s = 'a'|s = s + ('b' 'c')"),
        ("n = 1|n *= p", "n = 1|n = n * p", "tested"),
        ("n = 1|n @= 2", "n = 1|n = n @ 2", "tested"),  # the error names the operator
        ("n = 1|n = n << 2", "n = 1|n <<= 2"),
        ("t = ()|t += 1, 2", "t = ()|t = t + (1, 2)"),
        ("n = 1|n = n  +  (2 -|    1)", "n = 1|n += (2 -|    1)"),
    ],
    "for_while": [
        ("for i in range(3): p(i)", "i = 0|while i < 3: p(i); i += 1"),
        ("n = len(p)|for i in range(1, n):|    p(i)  # x", "n = len(p)|i = 1|while i < n:|    p(i)  # x|    i += 1"),
        ("for i in range(len(p)):|    p(i)", "i, stop_i = 0, len(p)|while i < stop_i:|    p(i)|    i += 1"),
        ("for i in range(9, p, -2):|    p(i)", "i = 9|while i > p:|    p(i)|    i -= 2", "tested"),
        ("n = 3|for i in range(n):|    n = p(i)", "n = 3|i, stop_i = 0, n|while i < stop_i:|    n = p(i)|    i += 1"),
        ("for i in range(3):|    p(i)|else:|    p()", "i = 0|while i < 3:|    p(i)|    i += 1|else:|    p()"),
        ("x = ()|for y in x:|    p()", "x = ()|at_x = 0|while at_x < len(x):|    y = x[at_x]|    p()|    at_x += 1"),
        ("xs = 'a'|for x in xs: p(x)", "xs = 'a'|at_xs = 0|while at_xs < len(xs): x = xs[at_xs]; p(x); at_xs += 1"),
    ],
}  # fmt: skip
REFUSED = {
    "mirrored_comparison": [
        ("return 1 < p < 3", "a chain"),
        ("return (x := p) < x", "one side gives a name a value"),
        ("return p() < q()", "one side calls `q`, which may change state, and the other"),
        ("return p == p", "its two sides are the same"),
        ("return f'{p == 1}'", "its text can be seen"),
    ],
    "guard_clause": [
        ("if p:|    q = 1|else:|    q = 2|return q", "runs on to what stands behind"),
        ("if p:|    return 1|\\||return 2", "one of its lines is indented unlike the others, or joined"),
        ("if p:|    return 1|if q:|\t\treturn 2", "its indentation mixes tabs and blanks"),
    ],
    "nested_condition": [
        ("if p and q: p()|else: q()", "it has an else"),
        ("if p:|    if q: p()|    else: q()", "it has an else"),
        ("if p:  # why|    if q: p()", "a comment stands between"),
        ("if ((p and q)): p()", "more than one pair of parentheses"),
    ],
    "augmented_assignment": [
        ("p += 1", "`p` may be of a type that `+=` and its like change in place"),
        ("xs = []|xs += [1]", "a list is changed in place"),
        ("p.x += 1", "would be evaluated twice"),
    ],
    "for_while": [
        ("for x in p: q(x)", "`p` is not known to be a list"),
        ("for x in [1]: q(x)", "evaluated in each round"),
        ("for i in range(3):|    if p: continue|    q()", "a continue in its body would pass over"),
        ("for i in range(3):|    i = p", "`i` is given another value in the loop"),
        ("for i in range(3): p()|return i", "line 3 still uses `i`"),
        ("for i in range(3): p()|else: p(i)", "line 3 still uses `i`"),
        ("for i in range(3): p()|return lambda: i", "can be seen from outside"),
        ("for i in range(0, 3, p): q()", "its step is not written as a number"),
        ("for i in range(*p): q()", "other arguments"),
        ("for i, in range(3): q()", "no plain name"),
        ("stop_i = 1|for i in range(len(p)): q()", "`stop_i` is taken"),
        ("xs = [1]|for x in xs:|    xs = p", "`xs` is given another value"),
        ("xs = [1]|for x in xs: p()|len = p", "`len` may mean something else"),
        ("for i in range(3): p()|return locals()", "`locals` can see variables"),
        ("for i in range(3):|    p() \\|", "one of its lines is indented unlike the others, or joined"),
    ],
}  # fmt: skip


def program(body: str) -> str:
    return "def f(p, q):\n" + "".join(f"    {line}\n" if line.strip() else "\n" for line in body.split("|"))


@pytest.mark.parametrize(("concept", "case"), [(key, case) for key, cases in CHANGES.items() for case in cases])
def test_before_and_after(concept, case):
    before, after, soundness = (*case, "syntactic")[:3]
    strings = [program(text).replace("\n      x'''", "\n  x'''") for text in (before, after)]
    (site,) = (s for s in find_sites(strings[0], [concept]) if s.refused is None)
    cf = perturb(strings[0], concept)
    assert cf.counterfactual.rstrip() == strings[1].rstrip()
    assert site.soundness == cf.soundness == soundness
    found = classify(strings[0], cf.counterfactual, concept)
    assert found.status == "ok" and found.changed and found.changed_original


@pytest.mark.parametrize(("concept", "case"), [(key, case) for key, cases in REFUSED.items() for case in cases])
def test_what_is_not_safe_is_refused_with_the_reason(concept, case):
    body, reason = case
    sites = find_sites(program(body), [concept])
    assert any(reason in (site.refused or "") for site in sites), [site.refused for site in sites]


@pytest.mark.parametrize("concept", FAMILIES["forms"])
def test_a_form_is_refused_outside_functions_or_of_unknown_names(concept):
    """At the top of a file and in a class names are seen from elsewhere; a comparison has no names of its own."""
    source = "n = 1\nn += 1\nif n and n: n\nfor i in range(3): n\n"
    accepted = [site for site in find_sites(source, [concept]) if site.refused is None]
    assert not accepted


@pytest.mark.parametrize(
    ("concept", "broken"),
    [
        ("mirrored_comparison", ("p > q", "q > p")),
        ("mirrored_comparison", ("p > q", "q <= p")),
        ("guard_clause", ("    return 2", "    p = 2")),
        ("nested_condition", ("if q", "if not q")),
        ("augmented_assignment", ("n + 1", "1 + n")),
        ("for_while", ("i < 3", "i <= 3")),
        ("for_while", ("i += 1", "i += 2")),
    ],
)
def test_a_form_that_says_something_else_is_not_this_concept(concept, broken):
    before = "def f(p, q):\n    n = 1\n    n += 1\n    for i in range(3):\n        p(i)\n"
    before += "    if p > q:\n        return 1\n    if p and q:\n        p()\n    return 2\n"
    after = perturb_all(before, [concept]).counterfactual.replace(*broken)
    assert after != perturb_all(before, [concept]).counterfactual or concept == "mirrored_comparison"
    after = before.replace(*broken) if concept == "mirrored_comparison" else after
    assert classify(before, after, concept).status == "not_this_concept"


def test_several_forms_fit_together_or_are_left_out():
    source = program("n = 0|if p and q: return 1|for i in range(3):|    n += i|if n > 2:|    return n|return 0")
    made = perturb_all(source, list(CONCEPTS))
    compile(made.counterfactual, "made", "exec")
    assert {"another site changes the same text"} <= {why for _, why in made.left_out}


@pytest.mark.parametrize("seed", range(4))
def test_a_condition_that_is_taken_apart_is_not_negated_whole(seed):
    """The looser mode puts `not (...)` around half of the tests."""
    source = program("if len(p) > 1 and q: return 1|return 2")
    for concepts in (["if_else_flip", "nested_condition"], ["nested_condition", "if_else_flip"]):
        made = perturb_all(source, concepts, seed, "procure")
        assert len(made.sites) == 1 and len(made.left_out) >= 1
        compile(made.counterfactual, "made", "exec")
