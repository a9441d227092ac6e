"""The program of a reply, however it is fenced, and never a shown result, a diff or a cut-off block."""

import json

import pytest

from procure_kit.generation.llm.prompting import answer

X = "def f():\n    return 2"


@pytest.mark.parametrize(
    "reply",
    [
        f"```python\n{X}\n```\nOutput:\n```text\n2\n```",
        f"```python\n{X}\n```\nOutput:\n```\n2\n```",
        f"```\n{X}\n```\nOutput:\n```\n2\n```",
        f"```python\n{X}\n```\n```diff\n- return 1\n+ return 2\n```",
        f"```Python3 title=f\n{X}\n```\nRun it:\n```bash\npython f.py\n```",
        f"``` {{.python .numberLines}}\n{X}\n```",
        f"~~~python\n{X}\n~~~\nDone.",
        f"~~~\n{X}\n~~~",
        f"```python\n{X}```\nDone.",
        f"```python\n{X} ```\nOutput:\n```text\n2\n```",
        f"````python\n{X}\n````",
        f"```text\n1\n```\n```py\n{X}\n```",
        "```json\n" + json.dumps({"reasoning": "why", "program": X}) + "\n```",
        "```\n" + json.dumps({"reasoning": "why", "program": f"```python\n{X}\n```"}, indent=1) + "\n```",
        json.dumps({"reasoning": "why", "program": X}),
    ],
)
def test_the_program_is_found(reply):
    assert answer(reply, "x = 1\n")[0] == X + "\n"


@pytest.mark.parametrize(
    "reply",
    [
        f"```python\n{X}\n```\n```python\ndef f(",
        f"```python\n{X}",
        "~~~python\nx = 1\n```",
        '```json\n{"program": 1}',
        '{"program": ["x"], "reasoning": 2}',
    ],
)
def test_what_was_cut_off_is_no_program(reply):
    assert answer(reply, "x = 1\n")[0] is None


def test_code_with_fences_of_its_own_is_whole():
    doc = 'def f():\n    """Use ```x```\n\n    ```\n    f()\n    ```\n    """\n    return 2'
    assert answer(f"So:\n```python\n{doc}\n```\n", "x = 1\n") == (doc + "\n", "So:")
