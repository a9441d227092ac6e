"""The family of forms gone wrong: the same statement in another form that does not say the same.

if low < high:    →    if high < low:
"""

import re
from collections.abc import Iterator
from dataclasses import replace

import libcst as cst

from procure_kit.analysis.analysis import Analysis
from procure_kit.concepts.negation import negate
from procure_kit.concepts.twins.flip import Breaking
from procure_kit.problems.counterfactual import Edit, Span

_AT_EQUAL = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}
_OTHER_SIGN = {"+": "-", "-": "+", "*": "+", "//": "*", "/": "*", "%": "//", "**": "*", "&": "|", "|": "&", "^": "&"}
_OTHER_SIGN |= {"<<": ">>", ">>": "<<", "@": "*"}


def breaking_mirrors(analysis: Analysis, span: Span, edits: list[Edit]) -> Iterator[Breaking]:
    operator = next(edit for edit in edits if edit.moved is None)
    operands = [edit for edit in edits if edit is not operator]
    if operator.text in ("==", "!="):
        wrong = replace(operator, text=_AT_EQUAL[operator.text])
        yield f"the operands trade places, and {operator.text} becomes {wrong.text}", [*operands, wrong]
        return
    yield "the operands trade places, and the operator stays", operands
    yield "the operator turns round, and the operands stay", [operator]
    wrong = replace(operator, text=_AT_EQUAL[operator.text])
    yield f"it turns round to {wrong.text}, which is wrong where both sides are equal", [*operands, wrong]


def breaking_guards(analysis: Analysis, span: Span, edits: list[Edit]) -> Iterator[Breaking]:
    """The test turned round, and lines that come to stand where nothing reaches them."""
    yield from _turned(analysis, span, edits, "the test is turned round, too")
    said = "what runs otherwise comes to stand behind the jump"
    _, first, *lines = edits  # without the `else`, or its removal alone
    if "else:" in first.text:
        yield said, [replace(first, text=re.sub(r"^[ \t]*else:(\r\n?|\n)", "", first.text)), *lines]
    elif lines:
        yield said, [first]


def breaking_nests(analysis: Analysis, span: Span, edits: list[Edit]) -> Iterator[Breaking]:
    for edit in edits:
        if " and " in edit.text:
            yield (
                "both becomes one of the two",
                [replace(e, text=e.text.replace(" and ", " or ")) if e is edit else e for e in edits],
            )
    yield from _turned(analysis, span, edits, "one of the two conditions is turned round")


def _turned(analysis: Analysis, span: Span, edits: list[Edit], said: str) -> Iterator[Breaking]:
    """The same edits, with a test or a half of it negated."""
    node = next(n for n in analysis.nodes if isinstance(n, cst.If) and analysis.tree.span(n) == span)
    halves = [node.test]
    if isinstance(node.test, cst.BooleanOperation):
        halves = [node.test.left, node.test.right]
    for half in reversed(halves):
        negated = negate(analysis, half)[0]
        kept = [e for e in edits if e.text != analysis.source[e.start : e.end]]
        yield said, [*kept, *negated]


def breaking_updates(analysis: Analysis, span: Span, edits: list[Edit]) -> Iterator[Breaking]:
    """Another operator, or the operands in the wrong order."""
    first, *rest = edits
    spelled = re.fullmatch(r"(\w+) = \1 (\S+) (\(?)", first.text)
    name, sign = spelled.groups()[:2] if spelled else re.fullmatch(r"(\w+) (\S+)= ", first.text).groups()
    wrong = _OTHER_SIGN[sign]
    if spelled:
        value_end = span[1]
        value = analysis.source[first.end : value_end]
        text = f"({value})" if spelled[3] else value
        yield "the operands are in the wrong order", [Edit(first.start, value_end, f"{name} = {text} {sign} {name}")]
        yield f"{sign} becomes {wrong}", [replace(first, text=f"{name} = {name} {wrong} {spelled[3]}"), *rest]
    else:
        yield f"{sign} becomes {wrong}", [replace(first, text=f"{name} {wrong}= ")]
        yield "the value before is forgotten", [replace(first, text=f"{name} = ")]


def breaking_loops(analysis: Analysis, span: Span, edits: list[Edit]) -> Iterator[Breaking]:
    """Off by one: at the end, or in the step."""
    head, *rest = edits
    test = re.search(r"while \S+ ([<>])", head.text)
    sign = test.span(1)
    text = f"{head.text[: sign[0]]}{test[1]}={head.text[sign[1] :]}"
    yield "the loop goes one step too far", [replace(head, text=text), *rest]
    step = int(re.search(r"\d+$", rest[-1].text)[0])
    wrong = replace(rest[-1], text=re.sub(r"\d+$", str(step + 1), rest[-1].text))
    yield f"the step is {step + 1} instead of {step}", [head, *rest[:-1], wrong]
