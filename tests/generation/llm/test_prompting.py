"""Each template's worked example is correct, hints name the site, and answers come from the last block."""

import json
import re

import pytest

from procure_kit.concepts.perturbation import find_sites
from procure_kit.concepts.recognition.concept_check import classify
from procure_kit.concepts.table import CONCEPTS
from procure_kit.generation.llm.prompting import FOLDER, answer, hint, prompt, repair, template

CALLS = {"fare": [(3, 1), (7, 1), (7, 3), (6, 4)], "tally": [([True, False, True],), ([],)]}
CALLS |= {
    "label": [(["ab", "c"],), ([],)],
    "spread": [([4, 9, 1],), ([2],)],
    "clip": [("hat",), ("umbrella",), ("umbrellas",)],
    "best": [([3, 7, 7, 1],), ([],), ([-1],)],
    "share": [(1, 4), (2, 0)],
    "seats": [([1, 2, 4, 5],), ([],)],
    "width": [(["ab", ""],), ([],)],
    "evens": [("abcde",), ("",)],
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


def test_a_hint_names_every_variable_and_the_whole_test():
    names = [f"quite_a_long_name_{n}" for n in range(9)]
    source = "def f():\n" + "".join(f"    {name} = 1\n" for name in names)
    source += f"    if {' and '.join(names)}:\n        return 1\n    else:\n        return 2\n"
    for concept in ("variable_name_random", "variable_name_shuffle", "if_else_flip"):
        (site,) = find_sites(source, [concept])
        assert all(name in hint(site) for name in names)


def test_the_answer_is_the_last_block_and_the_reasoning_what_stands_before():
    reply = "First `x`.\n```python\nx = 1\n```\nBetter:\r\n```py\r\nx = 2\r\n```\nDone."
    assert answer(reply, "x = 1\n") == ("x = 2\n", "First `x`.\n```python\nx = 1\n```\nBetter:")
    assert answer(reply, "x = 1")[0] == "x = 2"


def test_a_program_may_hold_fences_and_its_block_may_be_indented():
    source = 'def f(n):\n    """Sign.\n\n```\nf(1)\n```\n    ```\n    """\n'
    source += "    if n:\n        m = 1\n    else:\n        m = 2\n"
    (site,) = find_sites(source, ["if_else_flip"])
    fenced = f"````python\n{source}````\n"
    assert fenced in prompt(source, site)
    assert answer(f"So:\n{fenced}", source) == (source, "So:")
    indented = "1. So:\n   ```python\n   def f():\n       return 1\n   ```\n2. Done."
    assert answer(indented, source)[0] == "def f():\n    return 1\n"


def test_a_stray_fence_at_the_end_does_no_harm():
    assert answer("```python\nx = 2\n```\n```\n", "x = 1\n")[0] == "x = 2\n"


@pytest.mark.parametrize("program", ["x = 2", "x = 2\n", "```python\nx = 2\n```"])
def test_a_structured_reply_has_the_program_in_a_field(program):
    assert answer(json.dumps({"reasoning": "why", "program": program}), "x = 1\n") == ("x = 2\n", "why")


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "no block",
        "```python\nx = 1\n",
        "```python\n\n```",
        "```\nx = 1\n```\n```\nx =",
        "[1]",
        '{"program": 1}',
        "3",
    ],
)
def test_no_block_is_no_answer(reply):
    assert answer(reply, "x = 1\n")[0] is None


def test_a_repair_says_the_validators_own_words():
    assert "tests_fail: expected 3, got 4" in repair("tests_fail", "expected 3, got 4")


def test_a_concept_without_a_template_is_an_error():
    with pytest.raises(ValueError, match="no prompt template for 'loops'"):
        template("loops")
