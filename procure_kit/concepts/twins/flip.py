"""If-Else Flip done by half: the bodies trade places and the test stays, or the other way round.

if n < 0:            if n < 0:
    s = -1      →        s = 1
else:                else:
    s = 1                s = -1
"""

from collections.abc import Iterator
from dataclasses import replace

from procure_kit.analysis.analysis import Analysis
from procure_kit.problems.counterfactual import Edit, Span

Breaking = tuple[str, list[Edit]]  # what is done wrong, for a learner, and the edits that do it

_AT_EQUAL = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}  # the negation but for operands that are equal


def breaking_flips(analysis: Analysis, span: Span, edits: list[Edit]) -> Iterator[Breaking]:
    """The bodies alone come first: that is the larger part of the edit, and so the nearest in size."""
    bodies = [edit for edit in edits if edit.moved is not None]
    test = [edit for edit in edits if edit.moved is None]
    yield "the bodies are swapped, and the test is not negated", bodies
    yield "the test is negated, and the bodies are not swapped", test
    for edit in test:
        if edit.text in _AT_EQUAL:
            wrong = replace(edit, text=_AT_EQUAL[edit.text])
            rest = [other for other in edits if other is not edit]
            yield (
                f"the test is negated with {wrong.text} for {edit.text}: wrong where both sides are equal",
                [wrong, *rest],
            )
