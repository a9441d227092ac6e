"""What the gallery tells of problems: sites, refusals, pairs with verdicts, twins, and what a model makes of them."""

import base64

import pytest

from procure_kit import Problem
from procure_kit.views.gallery.collecting import collect
from tests.training.loss.test_attention import model as lm
from tests.training.test_examples import byte_tokenizer

PROGRAM = '''def longer(a: list, b: list) -> list:
    """The longer of two lists."""
    if len(a) > len(b):
        best = a
    else:
        best = b
    if not best:
        return []
    return best
'''
TEST = "def check(candidate):\n    assert candidate([1], []) == [1]\n    assert candidate([], [2, 3]) == [2, 3]\n"
PROBLEM = Problem("mine/0", "", PROGRAM, TEST + "    assert candidate([], []) == []\n", "longer")
BROKEN = Problem("mine/1", "", "def f(:\n", TEST, "f")


@pytest.fixture(scope="module")
def told():
    return collect([PROBLEM, BROKEN], lm(), byte_tokenizer())


def sites(told, concept: str) -> list[dict]:
    return [site for site in told[0]["sites"] if site["concept"] == concept]


def test_every_site_has_its_pair_or_its_refusal(told):
    assert all(("pair" in site) != ("refused" in site) for site in told[0]["sites"])
    flip, guard = sites(told, "if_else_flip")
    assert flip["line"] == 3 and flip["soundness"] == "syntactic" and flip["pair"]["status"] == "valid"
    assert "guard clause" in guard["refused"]
    assert len(flip["pair"]["flow"]) == 4 and all(svg.startswith("<svg") for svg in flip["pair"]["flow"])


def test_a_program_that_cannot_be_read_says_so(told):
    assert told[1] == {"id": "mine/1", "program": "def f(:\n", "sites": [], "unread": told[1]["unread"]}
    assert "line 1" in told[1]["unread"]


def test_a_valid_pair_has_a_twin_that_its_tests_see(told):
    twin = sites(told, "if_else_flip")[0]["pair"]["twin"]
    assert twin["program"] not in (PROGRAM, sites(told, "if_else_flip")[0]["pair"]["program"])
    assert "swapped" in twin["detail"] or "negated" in twin["detail"]
    assert "candidate(" in twin["detail"]


def test_what_the_model_writes_and_where_it_looks(told):
    pair = sites(told, "if_else_flip")[0]["pair"]
    for side, program in zip(pair["writes"], (PROGRAM, pair["program"]), strict=True):
        assert program[: side["cut"]].endswith(":") and side["passed"] is False  # a random model
    for looks, program in zip(pair["looks"], (PROGRAM, pair["program"]), strict=True):
        layers, lines = len(looks["mass"]), len(looks["starts"])
        assert lines == len(program.splitlines())
        assert len(base64.b64decode(looks["lines"])) == layers * lines * (lines + 1) // 2
        assert all(0 <= share <= 1 for heads in looks["mass"] for share in heads)


def test_without_a_model_nothing_is_told_of_one():
    (told,) = collect([PROBLEM])
    pairs = [site["pair"] for site in told["sites"] if "pair" in site]
    assert pairs and not any({"writes", "looks"} & set(pair) for pair in pairs)


def test_code_outside_of_functions_has_no_flow():
    problem = Problem(
        "mine/2", "", "x = [1]\nif len(x) > 1:\n    y = 1\nelse:\n    y = 2\nprint(y)\n", "", "", cases=(("", "2"),)
    )
    (told,) = collect([problem])
    (flip,) = [site for site in told["sites"] if site["concept"] == "if_else_flip"]
    assert flip["pair"]["flow"] == []
