"""Data Type gone wrong: another number, another type, or its parts in another order.

if len(words) > 3:       if len(words) >= 5:
for step in [1, -1]:  →  for step in (-1, 1):
seen = {}                seen = list()
"""

from collections.abc import Iterator
from dataclasses import replace

import libcst as cst

from procure_kit.analysis.analysis import Analysis
from procure_kit.concepts.negation import outer
from procure_kit.concepts.twins.flip import Breaking
from procure_kit.problems.counterfactual import Edit, Span, exchange

_OTHERS = {"list": ("set", "dict", "tuple"), "tuple": ("list", "set", "dict"), "dict": ("list", "set", "tuple")}
_DISPLAY = {"list": "[]", "tuple": "()", "dict": "{}"}


def breaking_types(analysis: Analysis, span: Span, edits: list[Edit]) -> Iterator[Breaking]:
    node = _node(analysis, span)
    if isinstance(node, cst.Comparison):
        return _comparisons(edits)
    if not (node.args if isinstance(node, cst.Call) else node.elements):
        return _empty(edits)
    return _filled(analysis, node, edits)


def _node(analysis: Analysis, span: Span) -> cst.CSTNode:
    kinds = cst.Comparison | cst.Call | cst.Tuple | cst.List | cst.Dict
    places = (node for node in analysis.nodes if isinstance(node, kinds))
    return next(node for node in places if span in (analysis.tree.span(node), outer(analysis, node)))


def _comparisons(edits: list[Edit]) -> Iterator[Breaking]:
    (number,) = (edit for edit in edits if edit.text.strip().lstrip("-").isdigit())
    (sign,) = (edit for edit in edits if edit is not number)
    for value in (int(number.text) + 1, int(number.text) - 1):
        # The blank before it, where there is one, keeps it from the word on its left.
        wrong = replace(number, text=number.text.replace(number.text.strip(), str(value)))
        yield (
            f"it is compared with {value} instead of {number.text.strip()}",
            sorted([sign, wrong], key=lambda e: e.start),
        )
    yield "the operator changes, and the number does not", [sign]
    yield "the number changes, and the operator does not", [number]


def _empty(edits: list[Edit]) -> Iterator[Breaking]:
    """`[]` → `list()` has two edits, a bracket each; so has the way back."""
    first, last = edits
    called = first.text.endswith("(") and first.text.strip() != "("
    display = {texts: name for name, texts in _DISPLAY.items()}
    name = first.text.strip()[:-1] if called else display[first.text.strip() + last.text]
    for other in _OTHERS[name]:
        if called:
            yield (
                f"it becomes {other}() instead of {name}()",
                [replace(first, text=first.text.replace(name, other)), last],
            )
        elif other in _DISPLAY:
            texts = _DISPLAY[other]
            yield (
                f"it becomes {texts} instead of {_DISPLAY[name]}",
                [replace(first, text=texts[0]), replace(last, text=texts[1])],
            )


def _filled(analysis: Analysis, node: cst.CSTNode, edits: list[Edit]) -> Iterator[Breaking]:
    """Two of its parts trade places; one alone loses the comma that makes a tuple, or gets another key."""
    parts = [part.value for part in (node.args if isinstance(node, cst.Call) else node.elements)]
    for one, other in zip(parts, parts[1:], strict=False):
        if not one.deep_equals(other):
            said = f"{analysis.tree.text(one)} and {analysis.tree.text(other)} trade places"
            # No moves: a bracket that is put right before a part stays where it is.
            texts = exchange(analysis.source, outer(analysis, one), outer(analysis, other))
            yield said, edits + [replace(edit, moved=None) for edit in texts]
    if len(parts) > 1 and isinstance(node, cst.List | cst.Tuple):
        gap = Edit(outer(analysis, parts[-2])[1], outer(analysis, parts[-1])[1], "")
        yield f"{analysis.tree.text(parts[-1])} is missing", [*edits, gap]
    for edit in edits:
        if edit.text == ",)":
            yield "without its comma the tuple is no tuple", [replace(e, text=")") if e is edit else e for e in edits]
        if edit.text.endswith(("=", ": ")):
            key = edit.text.replace("=", "_=").replace('": ', '_": ')
            yield "a key gets another name", [replace(e, text=key) if e is edit else e for e in edits]
