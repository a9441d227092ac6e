"""Where a function ends: what Python takes for no statement ends none, whatever stands at the margin."""

import ast

import pytest

from procure_kit.evaluation.function_end import END, function_rest, left_open, statements

WHOLE = [
    '\n    s = """\nhello\n"""\n    return s\n',
    "\n    s = '''\ndef g():\n    \"\"\"\nclass A: '''\n    return s\n",
    "\n    s = r'''\\'\nx'''\n    return s\n",
    '\n    s = f"""\n{x}\n"""\n    return s\n',
    "\n    xs = [\n1,\n2]\n    return xs\n",
    "\n    d = {\n'a': (\n1)\n}\n    return d\n",
    "\n    return 1 + \\\n2\n",
    "\n    s = 'a\\\nb'\n    return s\n",
    "\n# a comment's quote\n    return x\n",
    "\n    return x  # it's (\n    # [\n",
    "\n    s = '('  # not open\n    return s\n",
    "\n\n\n    return x\n\n",
    " return x\n",
]


@pytest.mark.parametrize("text", WHOLE)
def test_a_whole_function_stays_whole_and_what_follows_goes(text):
    ast.parse("def f(x):" + text)
    assert function_rest(text) == text
    for more in ("print(f(1))", "def g():\n    pass", "@wraps\ndef g(): pass", "```\nThat is it.", '"""', "x = f(2)"):
        assert function_rest(f"{text}\n{more}\n") == text


@pytest.mark.parametrize(
    ("before", "text", "rest"),
    [
        ('def f():\n    """Say', '\nhello.\n"""\n    return 1\nf()', '\nhello.\n"""\n    return 1'),
        ("def f():\n    return g(1,", "\n2)\nf()", "\n2)"),
        ("def f():\n    return [(1,", "\n2)\n, 3]\nf()", "\n2)\n, 3]"),
        ("def f(x):\n    '''It's (''' # [\n", "\n    return 1\nf()", "\n    return 1"),
    ],
)
def test_a_prompt_may_leave_a_string_or_a_bracket_open(before, text, rest):
    assert function_rest(text, 0, before) == rest


def test_a_method_ends_at_its_own_margin():
    assert function_rest("\n        return '''\n'''\n    def g", 4) == "\n        return '''\n'''"


@pytest.mark.parametrize(
    "text", ['\n    """abc\\', "\n    'abc\\", '\n    s = """', "\n    x = (", "\n    'a", "\\", "", ")\n)"]
)
def test_what_was_cut_off_anywhere_is_looked_through_all_the_same(text):
    assert function_rest(text, 0) in (text, ")")


@pytest.mark.parametrize(
    "mark", ["<|endoftext|>", "<|im_end|>", "<|eot_id|>", "</s>", "<eos>", "<|fim_pad|>", "<file_sep>"]
)
def test_a_mark_of_the_end_of_text_ends_functions_and_programs(mark):
    for indent in (0, -1):
        assert function_rest(f"\n    return 1{mark}", indent) == "\n    return 1"
        assert function_rest(f"\n    return '{mark}'\n{mark}{mark}", indent).rstrip() == f"\n    return '{mark}'"
    assert statements(f"x{mark}") == [(1, END)]


def test_comparisons_are_no_marks():
    assert function_rest("\n    return a <eos> b and c < pad > d") == "\n    return a <eos> b and c < pad > d"


@pytest.mark.parametrize(
    ("text", "is_open"), [("f(", True), ("'''a", True), ("'a", False), ("f('(')", False), ("(')'", True)]
)
def test_what_is_left_open(text, is_open):
    assert left_open(text) is is_open
