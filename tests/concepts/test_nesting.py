"""Sources nested nearly as deep as Python reads: what is rewritten of them compiles, or is refused with the reason."""

import pytest

import procure_kit as pk
from procure_kit.concepts.table import CONCEPTS, MODES


def elses(count: int) -> str:
    """Conditional expressions, each in the else of the last one: flipped, they stand in brackets in each other."""
    return "def f(p):\n    return " + "".join(f"{k} if p == {k} else " for k in range(count)) + "-1\n"


def groups(count: int) -> str:
    """Brackets in each other, as many again of which De Morgan's laws ask for."""
    test = "p"
    for _ in range(count):
        test = f"p and (q or {test})"
    return f"def f(p, q=0):\n    if {test}:\n        return 1\n    else:\n        return 2\n"


def ladder(count: int) -> str:
    """An if in an if, and so on, down to one with an `and`."""
    lines = [f"{' ' * (k + 1)}if p != {-k}:\n" for k in range(count)]
    innermost = f"{' ' * (count + 1)}if p and p > 0:\n{' ' * (count + 2)}return 1\n"
    return "def f(p):\n" + "".join(lines) + innermost + " return 2\n"


DEEP = {"elses": elses(250), "groups": groups(90), "more groups": groups(180), "ladder": ladder(97)}


def value(source: str, given: int) -> object:
    scope = {}
    exec(compile(source, "source", "exec"), scope)
    return scope["f"](given)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("source", DEEP.values(), ids=DEEP)
def test_all_at_once_compile_and_do_the_same(source, mode):
    for concepts in (["if_else_flip"], [*CONCEPTS]):
        made = pk.perturb_all(source, concepts, mode=mode)
        assert [value(made.counterfactual, p) for p in (0, 3, 777)] == [value(source, p) for p in (0, 3, 777)]


def test_as_many_as_can_be_read_are_rewritten_and_the_others_say_why():
    made = pk.perturb_all(DEEP["elses"], ["if_else_flip"], mode="procure")
    assert 190 < len(made.sites) < 210 and len(made.sites) + len(made.left_out) == 250
    assert {why for _, why in made.left_out} == {
        "rewritten, the program would be nested deeper than Python reads: "
        "line 2: the source does not parse as Python: too many nested parentheses"
    }
    assert len(pk.perturb_all(elses(150), ["if_else_flip"], mode="procure").sites) == 150


@pytest.mark.parametrize(
    ("name", "concept", "why"),
    [
        ("more groups", "if_else_flip", ("parentheses", "nested too deeply")),
        ("ladder", "nested_condition", ("indentation",)),
    ],
)
def test_a_site_that_would_not_compile_is_refused_and_every_other_one_does(name, concept, why):
    sites = pk.find_sites(DEEP[name], [concept])
    for site in (site for site in sites if site.refused is None):
        compile(pk.perturb(DEEP[name], concept, site=site).counterfactual, "rewritten", "exec")
    assert any(word in (site.refused or "") for site in sites for word in why), [site.refused for site in sites]
