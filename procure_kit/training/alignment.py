"""Which tokens of a pair's two programs are the same text at corresponding places, behind the first change.

Original and counterfactual are the same, byte for byte, outside of their changed spans: the text between the n-th and
the next changed span of the one corresponds to that of the other, however long the spans are. Text that moved (the two
bodies of an If-Else Flip, the two statements of an Independent Swap) is changed, not untouched: it stands in other
surroundings. What corresponds there is the `else:` between, and all that follows.
"""

import sys

from procure_kit.problems.counterfactual import Counterfactual, Span
from procure_kit.problems.problem import Problem
from procure_kit.training.encoding import encode, frame_ids
from procure_kit.training.examples import build_example


def aligned_tokens(
    tokenizer, cf: Counterfactual, problem: Problem | None, max_length: int = 1024
) -> list[tuple[int, int]]:
    """Pairs of (position in the original's example, position in the counterfactual's), ascending: untouched response
    tokens behind the first change. Before it both programs read alike, and a model can but predict alike.

    Positions are those of `build_example` with this `max_length` and its other defaults. A token counts if all of its
    characters are untouched and the other program has a token of the very same characters at the corresponding place:
    one that the tokenizer joins with a changed neighbour is left out, and so is the end of text. Nothing aligns where
    the spans do not correspond: in a row from elsewhere that has none, or as many on one side as not on the other.
    """
    if not cf.changed or len(cf.changed) != len(cf.changed_original):
        return []
    first, second = (response_tokens(tokenizer, cf, problem, side) for side in ("original", "counterfactual"))
    at = {span: position for position, span in _numbered(second)}
    found = []
    for position, (start, end, copy) in _numbered(first):
        for (begin, stop), shift in _untouched(cf):
            other = at.get((start + shift, end + shift, copy)) if begin <= start and end <= stop else None
            if other is not None and min(position, other) > 0 and max(position, other) < max_length:
                found.append((position, other))
    return found


def response_tokens(tokenizer, cf: Counterfactual, problem: Problem | None, side: str) -> list[tuple[int, Span]]:
    """The response tokens of one side that have text, by position in `build_example`'s default example of any length,
    each with its [start, end) in the program."""
    program = getattr(cf, side)
    labels = build_example(tokenizer, cf, problem, side=side, max_length=sys.maxsize)["labels"]
    offsets = encode(tokenizer, program, [(0, len(program))])[1]
    placed = enumerate(offsets, start=len(frame_ids(tokenizer)[0]))
    return [(position, span) for position, span in placed if labels[position] != -100]


def _untouched(cf: Counterfactual) -> list[tuple[Span, int]]:
    """The stretches of the original that stand behind the first change and are the same in the counterfactual, and how
    much further right they stand there."""
    starts = zip([end for _, end in cf.changed_original], [end for _, end in cf.changed], strict=True)
    ends = [start for start, _ in cf.changed_original[1:]], [start for start, _ in cf.changed[1:]]
    ends = zip([*ends[0], len(cf.original)], [*ends[1], len(cf.counterfactual)], strict=True)
    found = []
    for (start, other_start), (end, other_end) in zip(starts, ends, strict=True):
        if (
            cf.original[start:end] == cf.counterfactual[other_start:other_end]
        ):  # in a language model's row layout may not
            found.append(((start, end), other_start - start))
    return found


def _numbered(tokens: list[tuple[int, Span]]) -> list[tuple[int, tuple[int, int, int]]]:
    """Tokens with a number among those of the same span: of one character in several bytes each byte may be a token."""
    found, before, copy = [], None, 0
    for position, span in tokens:
        copy = copy + 1 if span == before else 0
        found.append((position, (*span, copy)))
        before = span
    return found
