"""What is learnt: the rules' counterfactuals as edits, of programs on which nothing is measured."""

from collections import Counter

import pytest

from procure_kit.concepts.perturbation import find_sites, perturb
from procure_kit.generation.llm.edits import CONCEPTS, edited
from procure_kit.training.rewriter.rows import as_edits, make_rows
from procure_kit.validation.problem_names import load_problems

SOURCE = """def f(x):
    x = x.strip(
    )
    a = x
    if a:
        b = a
        c = 1
    else:
        b = 2
    return b
"""


def row_of(concept, source=SOURCE, seed=0, number=0):
    site = [site for site in find_sites(source, [concept]) if site.refused is None][number]
    return as_edits(perturb(source, concept, seed, site=site), site)


def test_a_flip_names_every_line_of_the_site_in_its_new_order():
    assert row_of("if_else_flip")["answer"] == "5: if not a:\n9\n8\n6\n7"


def test_a_statement_of_several_lines_is_swapped_whole():
    source = "def f(n):\n    a = [\n        1,\n    ]\n    b = 2\n    return a, b, n\n"
    assert row_of("independent_swap", source)["answer"] == "5\n2\n3\n4"


def test_a_line_on_which_the_name_stays_somewhere_is_written_out():
    row = row_of("def_use_break")
    new = row["question"].partition(">")[2][:5]
    assert row["answer"] == f"2: {new} = x.strip(\n4 x>{new}"


@pytest.mark.parametrize("concept", CONCEPTS)
def test_every_answer_about_the_kit_s_problems_says_what_the_rules_do(concept):
    made = 0
    for problem in load_problems("kit"):
        for site in find_sites(problem.program, [concept]):
            if site.refused is None:
                row = as_edits(perturb(problem.program, concept, 1, site=site), site)
                shown = [int(line.split()[0]) for line in row["question"].splitlines()[1:-1]]
                assert edited(problem.program, row["answer"], shown) != problem.program
                made += 1
    assert made >= 15


def test_what_is_more_than_edits_of_lines_is_refused():
    source = "def f(n):\n    a = 1; b = 2\n    return a, b, n\n"
    assert row_of("independent_swap", source)["answer"] == "2: b = 2; a = 1"
    guard = "def f(n):\n    if n: return 1\n    return 2\n"
    (site,) = find_sites(guard, ["if_else_flip"], "procure")
    with pytest.raises(ValueError, match="more than lines of the excerpt differs"):
        as_edits(perturb(guard, "if_else_flip", mode="procure", site=site), site)


@pytest.mark.slow
def test_rows_are_balanced_and_the_same_for_the_same_seed():
    rows = list(make_rows(25))
    assert set(Counter(row["concept"] for row in rows).values()) == {5} and rows == list(make_rows(25))
    assert len({row["set"] for row in rows}) == 3
