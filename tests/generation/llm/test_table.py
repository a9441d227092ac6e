"""The table of generators counts what the rows hold, and nothing else."""

from procure_kit.concepts.perturbation import find_sites
from procure_kit.concepts.table import CONCEPTS
from procure_kit.generation.llm.table import COLUMNS, compare, markdown, rules_rows, with_sites
from procure_kit.validation.problem_names import load_problems

LAST, FIRST = list(CONCEPTS)[-1], list(CONCEPTS)[0]


def row(concept, generator, status, turns=1, tokens=10, seconds=0.5):
    return {
        "concept": concept, "generator": generator, "status": status, "turns": turns, "tokens": tokens,
        "seconds": seconds,
    }  # fmt: skip


def test_a_line_for_each_concept_and_generator_in_order():
    made = [row(LAST, "rules", "valid"), row(FIRST, "openai:m", "tests_fail", 5), row(FIRST, "openai:m", "valid")]
    made += [row(FIRST, "openai:m", "tests_fail"), row(FIRST, "openai:m", "not_applicable")]
    model, rules = compare(made)
    assert model == dict(zip(COLUMNS, (FIRST, "openai:m", 3, 1, "2 tests_fail", 7, 30, 1.5), strict=True))
    assert (rules["concept"], rules["valid"], rules["why not"]) == (LAST, 1, "–")
    assert markdown([rules]).splitlines()[-1] == f"| {LAST} | rules | 1 | 1 | – | 1 | 10 | 0.5 |"


def test_nothing_run_is_nothing_printed():
    assert compare([]) == []


def test_the_rules_rows_are_validated():
    problems = with_sites(load_problems("kit"), FIRST, 2)
    assert len(problems) == 2
    assert all(any(s.refused is None for s in find_sites(p.program, [FIRST])) for p in problems)
    made = list(rules_rows(problems, FIRST))
    assert [r["status"] for r in made] == ["valid", "valid"]
    (line,) = compare(made)
    assert (line["generator"], line["attempts"], line["tokens"]) == ("rules", 2, 0)
