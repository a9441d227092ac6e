"""What the text of tests tells about what they could see of sharing a process with the program."""

import pytest

from procure_kit.running.plain_tests import traits


def check(body: str) -> str:
    return "def check(candidate):\n" + "".join(f"    {line}\n" for line in body.splitlines())


@pytest.mark.parametrize(
    ("test", "why"),
    [
        (check("assert candidate(1) == 1\nassert f(2) == 2"), ""),
        (check("import math\nassert math.isclose(candidate(1), 1.0)"), ""),
        (check("for x in range(3):\n    assert candidate(x) is None"), ""),
        (check("assert candidate(1) is True or candidate(2) is not False"), ""),
        ("x = [1]\nassert f(x) == x", ""),
        (check("assert candidate(x) == x\nassert g(2)"), "use x, which the program defines"),
        (check("assert list(map(candidate, [1])) == [1]"), "use candidate otherwise than by calling it"),
        (check("assert candidate(1) is f"), "what `is` what"),
        (check("x = []\nassert candidate(x) is x"), "what `is` what"),
        (check("import random\nassert candidate(random.random())"), "draw random numbers"),
        (check("from random import choice\nassert candidate(choice([1]))"), "draw random numbers"),
        ("def len(x): return 3\n" + check("assert candidate(1) == 3"), "define a len of their own"),
        ("def f(x): return 3\n" + check("assert candidate(1) == 3"), "define a f of their own"),
        ("for sum in [1]: pass\n" + check("assert candidate(1)"), "define a sum of their own"),
        (check("global max\nmax = 3\nassert candidate(1)"), "do more than call the program: global max"),
        (check("len = 3\nassert candidate(len)"), ""),
        ("import io\n" + check("assert candidate(1)"), "do more than call the program: import io"),
        ("class A: pass\n" + check("assert candidate(A())"), "do more than call the program: class A"),
    ],
)
def test_what_tests_could_see(test, why):
    doubt = traits(test, "f").doubt
    assert why in doubt if why else doubt == ""


def test_names_that_both_may_know():
    found = traits("import math\nfrom copy import deepcopy as d\nx = 1\n" + check("y = 2\nassert candidate(y, z)"), "f")
    assert found.seen == {"math": "math", "d": "copy.deepcopy", "x": "", "check": "", "y": "", "z": "", "candidate": ""}
