"""The kit's own problem set: every row is right, its tests have power, and the data card counts what is there."""

import ast
import contextlib
import doctest
import re
import signal
from collections.abc import Callable, Iterator
from itertools import combinations, pairwise

import pytest

from procure_kit.problems.problem import Problem
from procure_kit.shipped import DATA
from procure_kit.validation.problem_names import load_problems

PROBLEMS = load_problems("kit")
each_problem = pytest.mark.parametrize("problem", PROBLEMS, ids=lambda p: p.entry_point)

FLIPPED = {
    ast.Lt: ast.GtE,
    ast.GtE: ast.Lt,
    ast.Gt: ast.LtE,
    ast.LtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}


def passes(problem: Problem, program: str) -> bool:
    """Run the problem's own check here: the data is ours. A mutant that loops forever is stopped by its CPU time."""
    namespace: dict = {}
    try:
        exec(program + "\n" + problem.test, namespace)
        with cpu_limit(0.1):
            namespace["check"](namespace[problem.entry_point])
    except Exception:  # whatever a mutant raises is a failure of its check
        return False
    return True


@contextlib.contextmanager
def cpu_limit(seconds: float):
    def stop(signum, frame):
        raise TimeoutError

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def mutants(program: str, edit: Callable[[ast.AST], str | None]) -> Iterator[tuple[str, str]]:
    """Yield (what was done, mutant) for each node that `edit` changes, one at a time."""
    tree = ast.parse(program)
    for node in ast.walk(tree):
        before = dict(vars(node))
        if done := edit(node):
            yield f"line {node.lineno}: {done}", ast.unparse(tree)
        vars(node).update(before)


def return_none(node: ast.AST) -> str | None:
    if isinstance(node, ast.Return) and ast.unparse(node) != "return None":
        before, node.value = ast.unparse(node), ast.Constant(None)
        return f"{before} -> return None"


def flip_comparison(node: ast.AST) -> str | None:
    if isinstance(node, ast.Compare):
        before, node.ops = ast.unparse(node), [FLIPPED[type(node.ops[0])]()]
        return f"{before} -> {ast.unparse(node)}"


def negate_test(node: ast.AST) -> str | None:
    if isinstance(node, ast.If | ast.IfExp):
        node.test = ast.UnaryOp(ast.Not(), node.test)
        return f"the test becomes {ast.unparse(node.test)}"


def test_the_set_loads_whole():
    assert [p.task_id for p in PROBLEMS] == [f"kit/{n}" for n in range(48)]
    assert len({p.entry_point for p in PROBLEMS}) == len({p.canonical_solution for p in PROBLEMS}) == 48


@each_problem
def test_each_solution_passes_its_own_check(problem):
    assert passes(problem, problem.program)


@each_problem
def test_each_row_has_the_fields_shape(problem):
    assert re.search(r'\n    """\n$', problem.prompt), "the prompt ends after the docstring"
    assert re.match(r" {4}\S|\n {4}\S", problem.canonical_solution) and problem.canonical_solution.endswith("\n")
    assert max(len(line) for line in problem.program.splitlines()) <= 100
    check = ast.parse(problem.test).body[0]
    assert check.name == "check" and [arg.arg for arg in check.args.args] == ["candidate"]
    assert 6 <= sum(isinstance(node, ast.Assert) for node in check.body) <= 12
    assert function(problem).name == problem.entry_point


@each_problem
def test_the_docstring_has_two_true_examples(problem):
    namespace: dict = {}
    exec(problem.program, namespace)
    docstring = namespace[problem.entry_point].__doc__
    examples = doctest.DocTestParser().get_doctest(docstring, namespace, problem.task_id, None, None)
    report: list[str] = []
    outcome = doctest.DocTestRunner(verbose=False).run(examples, out=report.append)
    assert (outcome.attempted, outcome.failed) == (2, 0), "".join(report)


@pytest.mark.parametrize("edit", [return_none, flip_comparison, negate_test], ids=lambda edit: edit.__name__)
def test_every_broken_version_fails_its_check(edit):
    broken = [(problem, *mutant) for problem in PROBLEMS for mutant in mutants(problem.program, edit)]
    assert len(broken) >= 48
    survivors = [
        f"{problem.task_id} {problem.entry_point}, {done}" for problem, done, m in broken if passes(problem, m)
    ]
    assert not survivors, "tests too weak:\n" + "\n".join(survivors)


def test_a_mutant_that_never_ends_is_a_failure():
    problem = PROBLEMS[0]
    assert not passes(problem, f"def {problem.entry_point}(level, low, high):\n    while True:\n        pass\n")


# What an operator must refuse, shown by doing it anyway: the first of the two fragments swaps places with the second,
# or (for the captured variable) the second definition is renamed without the closure.
@pytest.mark.parametrize(
    ("name", "fragment", "wrong"),
    [
        ("run_stack_program", ("right = stack.pop()", "left = stack.pop()"), None),
        ("deal_alternately", ("ann.append(pile.pop())", "ben.append(pile.pop())"), None),
        ("outline_sections", ("lines.append(title.upper())", 'lines.append("-" * len(title))'), None),
        ("issue_tickets", ('ticket = f"{desk}-{number:03d}"', "number += 1"), None),
        ("count_alarms", ("threshold = limit + margin",), "qzvxk = limit + margin"),
    ],
)
def test_what_an_operator_must_refuse_would_break(name, fragment, wrong):
    problem = next(p for p in PROBLEMS if p.entry_point == name)
    assert all(piece in problem.program for piece in fragment)
    if wrong is None:
        pair = re.escape(fragment[0]) + r"(\s+)" + re.escape(fragment[1])
        broken, count = re.subn(pair, lambda m: fragment[1] + m[1] + fragment[0], problem.program, count=1)
        assert count == 1
    else:
        broken = problem.program.replace(fragment[0], wrong)
    assert not passes(problem, broken)


# The counts of the data card: each feature is a question to one function's syntax tree.


def function(problem: Problem) -> ast.FunctionDef:
    return ast.parse(problem.program).body[-1]


def has(*kinds: type) -> Callable[[ast.FunctionDef], bool]:
    return lambda tree: any(isinstance(node, kinds) for node in ast.walk(tree))


def blocks(tree: ast.AST) -> Iterator[list[ast.stmt]]:
    for node in ast.walk(tree):
        for _, value in ast.iter_fields(node):
            if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
                yield value


def names(tree: ast.AST, context: type) -> set[str]:
    return {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, context)}


def defines_names(statement: ast.stmt) -> bool:
    """Whether it is an assignment to plain names whose right side calls nothing that could have an effect."""
    pure = {"len", "sum", "min", "max", "abs", "list", "dict", "set", "sorted", "strip", "split", "lower", "join"}
    if not isinstance(statement, ast.Assign) or any(has(ast.Subscript, ast.Attribute)(t) for t in statement.targets):
        return False
    calls = [node.func for node in ast.walk(statement.value) if isinstance(node, ast.Call)]
    return all((c.id if isinstance(c, ast.Name) else c.attr) in pure for c in calls)


def has_independent_neighbours(tree: ast.FunctionDef) -> bool:
    """Two adjacent assignments with def1∩def2 = use1∩def2 = def1∩use2 = ∅."""
    for block in blocks(tree):
        for one, two in pairwise(block):
            if not (defines_names(one) and defines_names(two)):
                continue
            def1, def2 = names(one, ast.Store), names(two, ast.Store)
            if not (def1 & def2 or names(one, ast.Load) & def2 or def1 & names(two, ast.Load)):
                return True
    return False


def has_second_web(tree: ast.FunctionDef) -> bool:
    """A local defined twice in one block, used in between (or by the second definition) and again afterwards."""
    for block in blocks(tree):
        definitions = [
            (i, name) for i, s in enumerate(block) if isinstance(s, ast.Assign) for name in names(s, ast.Store)
        ]
        for (i, first), (j, second) in combinations(definitions, 2):
            if first != second or i == j:
                continue
            between = set().union(*(names(s, ast.Load) for s in block[i + 1 : j + 1]))
            after = set().union(*(names(s, ast.Load) for s in block[j + 1 :]))
            if first in between and first in after:
                return True
    return False


FEATURES = {
    "an `if` with an `else` or `elif`": lambda tree: any(isinstance(n, ast.If) and n.orelse for n in ast.walk(tree)),
    "an `if` chain with `elif`": lambda tree: any(
        isinstance(n, ast.If) and len(n.orelse) == 1 and isinstance(n.orelse[0], ast.If) for n in ast.walk(tree)
    ),
    "a conditional expression": has(ast.IfExp),
    "two adjacent independent assignments": has_independent_neighbours,
    "a local variable with two definition–use webs": has_second_web,
    "two or more local variables": lambda tree: len(names(tree, ast.Store)) >= 2,
    "a `for` loop": has(ast.For),
    "a `while` loop": has(ast.While),
    "a `return` inside an `if`, loop or `try`": lambda tree: any(
        has(ast.Return)(n) for n in ast.walk(tree) if isinstance(n, ast.If | ast.For | ast.While | ast.Try)
    ),
    "a comprehension or generator": has(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
    "an f-string": has(ast.JoinedStr),
    "a nested function": lambda tree: sum(isinstance(n, ast.FunctionDef) for n in ast.walk(tree)) >= 2,
    "`try` … `except`": has(ast.Try),
    "`match`": has(ast.Match),
}
# At least so much of each kind of site, or the operators have too little to do.
FLOORS = {
    "an `if` with an `else` or `elif`": 28,
    "two adjacent independent assignments": 24,
    "a local variable with two definition–use webs": 16,
    "two or more local variables": 44,
    "an f-string": 4,
    "a nested function": 3,
    "`try` … `except`": 3,
    "`match`": 1,
}


def test_the_data_card_counts_what_is_there():
    card = (DATA / "README.md").read_text(encoding="utf-8")
    section = card.split("\n## Counts\n")[1].split("\n## ")[0]
    promised = {feature: int(count) for feature, count in re.findall(r"^\| (.+) \| (\d+) \|$", section, re.MULTILINE)}
    counted = {feature: sum(asks(function(p)) for p in PROBLEMS) for feature, asks in FEATURES.items()}
    assert promised == counted
    assert {f: counted[f] for f in FLOORS if counted[f] < FLOORS[f]} == {}
