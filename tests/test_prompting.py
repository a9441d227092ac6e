"""Each template's worked example is correct, hints name the site, and answers come from the last block."""

import json
import re

import pytest

from procure_kit.concept_check import classify
from procure_kit.concepts import CONCEPTS, find_sites
from procure_kit.prompting import FOLDER, answer, hint, prompt, repair, template

CALLS = {"fare": [(3, 1), (7, 1), (7, 3), (6, 4)], "tally": [([True, False, True],), ([],)]}
CALLS |= {
    "label": [(["ab", "c"],), ([],)],
    "spread": [([4, 9, 1],), ([2],)],
    "clip": [("hat",), ("umbrella",), ("umbrellas",)],
}


def example(concept: str) -> tuple[str, str, str]:
    text = template(concept).partition("# Example")[2]
    before, after = re.findall(r"```python\n(.*?)```", text, re.S)
    return before, after, re.search(r"found where: (.*)", text)[1]


def results(program: str) -> list:
    scope: dict = {}
    exec(program, scope)
    (name,) = CALLS.keys() & scope.keys()
    return [scope[name](*arguments) for arguments in CALLS[name]]


def test_there_is_a_template_for_each_concept_and_no_other():
    assert {path.stem for path in FOLDER.glob("*.txt")} == set(CONCEPTS)


@pytest.mark.parametrize("concept", CONCEPTS)
def test_the_worked_example_is_a_valid_counterfactual(concept):
    before, after, where = example(concept)
    found = classify(before, after, concept)
    assert found.status == "ok" and found.changed, found.detail
    assert results(before) == results(after)
    assert where in [hint(site) for site in find_sites(before, [concept]) if site.refused is None]
    assert '"""' in after  # the docstring is kept


@pytest.mark.parametrize("concept", CONCEPTS)
def test_the_prompt_has_its_sections_and_the_source_as_it_is(concept):
    before, _, where = example(concept)
    source = before.replace('"""', '"""{hint} {source} ', 1)
    site = next(site for site in find_sites(source, [concept]) if site.refused is None)
    text = prompt(source, site)
    sections = ["# Instruction", "# Original Code", "# Processing Steps", "# Example"]
    assert [line for line in text.splitlines() if line.startswith("# ")] == sections
    assert f"```python\n{source}```\nStatic analysis found where: {where}\n" in text


def test_the_answer_is_the_last_block_and_the_reasoning_what_stands_before():
    reply = "First `x`.\n```python\nx = 1\n```\nBetter:\r\n```py\r\nx = 2\r\n```\nDone."
    assert answer(reply, "x = 1\n") == ("x = 2\n", "First `x`.\n```python\nx = 1\n```\nBetter:")
    assert answer(reply, "x = 1")[0] == "x = 2"


@pytest.mark.parametrize("program", ["x = 2", "x = 2\n", "```python\nx = 2\n```"])
def test_a_structured_reply_has_the_program_in_a_field(program):
    assert answer(json.dumps({"reasoning": "why", "program": program}), "x = 1\n") == ("x = 2\n", "why")


@pytest.mark.parametrize(
    "reply", ["", "no block", "```python\nx = 1\n", "```python\n\n```", "[1]", '{"program": 1}', "3"]
)
def test_no_block_is_no_answer(reply):
    assert answer(reply, "x = 1\n")[0] is None


def test_a_repair_says_the_validators_own_words():
    assert "tests_fail: expected 3, got 4" in repair("tests_fail", "expected 3, got 4")


def test_a_concept_without_a_template_is_an_error():
    with pytest.raises(ValueError, match="no prompt template for 'loops'"):
        template("loops")
