"""Data frames and series, which stay on their own side: the verdict is that of one process, or says why there is none.

pandas is no part of the kit; what stands for it here, in the program and in the tests, has the same names and does as
much as these tests ask. The program's module is not the tests' module, as with the real one.
"""

import pytest

from procure_kit.problems.problem import Problem
from procure_kit.running.runner import run_tests

PANDAS = """
import sys, types
class Series:
    def __init__(self, values): self.values = list(values)
    def sum(self): return sum(self.values)
    def tolist(self): return list(self.values)
    def equals(self, other): return type(self) is type(other) and self.values == other.values
    def __iter__(self): return iter(self.values)
    def __len__(self): return len(self.values)
    def __eq__(self, other): return Series(a == b for a, b in zip(self.values, other.values))
    def __mul__(self, by): return Series(value * by for value in self.values)
    def all(self): return all(self.values)
class DataFrame:
    def __init__(self, columns): self.data = {name: Series(values) for name, values in columns.items()}
    columns = property(lambda self: list(self.data))
    def __getitem__(self, name): return self.data[name]
    def __setitem__(self, name, value): self.data[name] = Series([value] * len(next(iter(self.data.values()))))
    def equals(self, other): return all(self[name].equals(other[name]) for name in self.columns)
pd = sys.modules.setdefault("pandas", types.ModuleType("pandas"))
for kind in (Series, DataFrame):
    kind.__module__ = "pandas"
    kind = vars(pd).setdefault(kind.__name__, kind)
"""
FRAME = "df = pd.DataFrame({'a': [1, 2]})\n"
CASES = {  # a right program, what makes it wrong, the tests
    "a frame as argument": ("f(df): return df['a'].sum()", ("sum()", "sum() + 1"), FRAME + "assert candidate(df) == 3"),
    "its columns": ("f(df): return df.columns", ("columns", "data"), FRAME + "assert candidate(df) == ['a']"),
    "changed in place": ("f(df): df['b'] = 1", ("= 1", "= 2"), FRAME + "candidate(df)\nassert list(df['b']) == [1, 1]"),
    "a series and back": ("f(s): return s * 2", ("2", "3"), "assert candidate(pd.Series([1])).tolist() == [2]"),
    "a series as result": ("f(x): return pd.Series([x])", ("[x]", "[0]"), "assert list(candidate(1)) == [1]"),
    "compared": ("f(x): return pd.Series([x])", ("[x]", "[0]"), "assert (candidate(1) == pd.Series([1])).all()"),
    "equals": ("f(x): return pd.Series([x])", ("[x]", "[0]"), "assert candidate(1).equals(pd.Series([1]))"),
    "its class": ("f(x): return pd.Series([x])", ("pd.Series", ""), "assert isinstance(candidate(1), pd.Series)"),
    "inside": ("f(x): return {'s': pd.Series([x])}", ("[x]", "[0]"), "assert candidate(1)['s'].tolist() == [1]"),
}


def run(program: str, body: str, **limits):
    test = PANDAS + "def check(candidate):\n" + "".join(f"    {line}\n" for line in body.splitlines())
    program = f"{PANDAS}\npd = sys.modules['pandas']\ndef {program}\n"
    return run_tests(program, Problem("t", program, "\n", test, "f"), **limits)


@pytest.mark.parametrize(("program", "change", "body"), CASES.values(), ids=CASES)
def test_the_verdict_is_that_of_one_process_or_says_why_there_is_none(program, change, body):
    right, asked, wrong = run(program, body), run(program, body, own_process=True), run(program.replace(*change), body)
    assert right.passed or right.status == "needs_own_process", right
    if not right.passed:
        assert (
            "type DataFrame crossed, which stays" in right.detail or "type Series crossed, which stays" in right.detail
        )
    assert asked.passed and asked.status in ("passed", "passed_in_own_process"), asked
    assert wrong.status == "tests_fail" and "offered on this side" not in wrong.detail, wrong


def test_most_of_them_need_their_own_process():
    """What works through a handle may pass without: it is few things, and none of those that take a real frame."""
    statuses = {name: run(program, body).status for name, (program, _, body) in CASES.items()}
    assert [name for name, status in statuses.items() if status == "passed"] == [
        "a series as result",
        "compared",
        "inside",
    ]
