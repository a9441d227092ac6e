"""One row for each problem and concept, or for each site; and a row that says why there is none."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from procure_kit.concepts.perturbation import find_sites
from procure_kit.concepts.table import DEFAULT_CONCEPTS, PAPER_CONCEPTS
from procure_kit.generation.rules import generate, identity, pairs_of
from procure_kit.problems.problem import Problem
from procure_kit.validation.problem_names import load_problems

SOURCE = """def f(n):
    total = 0
    best = 1
    if n < 0:
        total = 1
    else:
        best = 2
    if n > 5:
        total = 2
    else:
        best = 3
    return total, best
"""
PLAIN = "def g(n):\n    return n\n"


def problem(source: str, task_id: str = "t") -> Problem:
    return Problem(task_id, source, "", "def check(candidate): pass\n", "f")


def rows(*problems, **options):
    return list(generate(problems, **options))


def test_one_for_each_problem_and_concept():
    made = rows(problem(SOURCE, "a"), problem(SOURCE, "b"))
    assert [(cf.task_id, cf.concept) for cf in made] == [(task, key) for task in "ab" for key in DEFAULT_CONCEPTS]
    assert all(cf.generator == "rules" and cf.mode == "strict" and cf.original == SOURCE for cf in made)
    flip = next(cf for cf in made if cf.concept == "if_else_flip")
    assert flip.counterfactual != SOURCE and flip.changed and flip.changed_original


def test_one_for_each_site():
    sites = [s.index for s in find_sites(SOURCE, ["if_else_flip"]) if s.refused is None]
    made = rows(problem(SOURCE), concepts=["if_else_flip"], every_site=True)
    assert [cf.site for cf in made] == sites
    assert len(sites) == len({cf.counterfactual for cf in made}) == 2


@pytest.mark.parametrize("every_site", [False, True])
def test_none_says_why(every_site):
    (cf,) = rows(problem(PLAIN), concepts=["if_else_flip"], every_site=every_site)
    assert (cf.status, cf.site, cf.changed, cf.counterfactual) == ("not_applicable", -1, (), PLAIN)
    assert "no place of its kind" in cf.detail


def test_a_source_that_does_not_parse():
    (cf,) = rows(problem("def f(:\n"), concepts=["if_else_flip"])
    assert (cf.status, cf.counterfactual) == ("unparsable", "def f(:\n")
    assert cf.detail


def test_same_seed_same_rows_and_another_seed_other_names():
    assert rows(problem(SOURCE), seed=3) == rows(problem(SOURCE), seed=3)
    names = {rows(problem(SOURCE), concepts=["variable_name_random"], seed=seed)[0].counterfactual for seed in range(3)}
    assert len(names) == 3


@pytest.mark.parametrize("every_site", [False, True])
@pytest.mark.parametrize("keep", [0, 1, 3])
def test_what_is_done_is_left_out(every_site, keep):
    every = rows(problem(SOURCE), problem(PLAIN, "u"), every_site=every_site)
    done = {identity(cf.to_row()) for cf in every[:keep]}
    assert rows(problem(SOURCE), problem(PLAIN, "u"), every_site=every_site, done=done) == every[keep:]
    other = rows(problem(SOURCE), problem(PLAIN, "u"), every_site=every_site, done=done, seed=1)
    assert len(other) == len(every)


@pytest.mark.parametrize(
    ("options", "message"), [({"concepts": ["loops"]}, "no concept 'loops'"), ({"mode": "loose"}, "no mode 'loose'")]
)
def test_unknown_names_are_errors(options, message):
    with pytest.raises(ValueError, match=message):
        rows(problem(SOURCE), **options)


def test_an_executor_makes_the_same_rows():
    problems = load_problems("kit")[:4]
    alone = list(generate(problems, seed=3, every_site=True))
    done = [identity(alone[0].to_row())]
    with ThreadPoolExecutor(2) as executor:
        assert list(generate(problems, seed=3, every_site=True, executor=executor)) == alone
        assert list(generate(problems, seed=3, every_site=True, done=done, executor=executor)) == alone[1:]
        assert list(generate([], executor=executor)) == []


@pytest.mark.slow
def test_a_dask_cluster_makes_the_same_rows():
    distributed = pytest.importorskip("distributed", reason="needs the extra 'peers'")
    problems = load_problems("kit")
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        made = list(generate(problems, seed=1, executor=client.get_executor()))
        ran = client.run(lambda: "procure_kit.generation.rules" in __import__("sys").modules)
    assert list(ran.values()) == [True, True]
    assert made == list(generate(problems, seed=1))


def test_every_pair_of_a_problem_is_strict_and_drawn_by_its_number():
    problems = load_problems("world")[:12]
    pairs = list(pairs_of(problems))
    assert {cf.task_id for cf, _ in pairs} <= {problem.task_id for problem in problems}
    assert {cf.concept for cf, _ in pairs} == set(PAPER_CONCEPTS) and {cf.mode for cf, _ in pairs} == {"strict"}
    assert all(cf.seed == problems.index(problem) and cf.original == problem.program for cf, problem in pairs)
    (cf, _), *_ = pairs_of(problems, ["variable_name_random"], "procure", seed=7)
    assert (cf.concept, cf.mode, cf.seed) == ("variable_name_random", "procure", 7)
