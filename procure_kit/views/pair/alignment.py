"""Which unit of one program is which of the other: by the changed spans where they correspond, else by difflib."""

import difflib
from bisect import bisect_right
from collections import Counter

from procure_kit.problems.counterfactual import Span
from procure_kit.views.pair.units import CODE_TOKEN, CodeUnits


def align_tokens(old: CodeUnits, new: CodeUnits, old_spans: list[Span], new_spans: list[Span]) -> list[int]:
    """For each token unit of `new` its counterpart in `old`, or -1."""
    partner = [-1] * len(new.views["token"])
    for (old_a, old_b), (new_a, new_b) in _regions(old.text, new.text, old_spans, new_spans):
        ours, theirs = _inside(new, new_a, new_b), _inside(old, old_a, old_b)
        matcher = difflib.SequenceMatcher(None, _texts(old, theirs), _texts(new, ours), autojunk=False)
        for tag, a, b, c, d in matcher.get_opcodes():
            if tag == "equal" or (tag == "replace" and b - a == d - c):
                for k in range(b - a):
                    partner[ours[c + k]] = theirs[a + k]
    return partner


def align_view(view: str, old: CodeUnits, new: CodeUnits, tokens: list[int]) -> list[int]:
    """The same for the units of another view: each goes with the one that most of its token units go with."""
    if view == "token":
        return tokens
    ours, theirs = token_owners(new, view), token_owners(old, view)
    votes = [Counter() for _ in new.views[view].spans]
    for unit, other in zip(ours, tokens, strict=True):
        if other >= 0:
            votes[unit][theirs[other]] += 1
    partner, taken = [-1] * len(votes), set()
    for unit, vote in sorted(enumerate(votes), key=lambda item: -max(item[1].values(), default=0)):
        best = next((other for other, _ in vote.most_common() if other not in taken), -1)
        partner[unit] = best
        taken.add(best)
    return partner


def token_owners(units: CodeUnits, view: str) -> list[int]:
    """The unit of a view that each token unit belongs to."""
    first = units.views[view].first.tolist()
    return [bisect_right(first, start) - 1 for start in units.views["token"].first.tolist()]


def _regions(old: str, new: str, old_spans, new_spans) -> list[tuple[Span, Span]]:
    """Pairs of stretches that correspond: unchanged text, and changed spans, moved ones with where they came from."""
    old_spans, new_spans = sorted(old_spans), sorted(new_spans)
    old_gaps, new_gaps = _gaps(old, old_spans), _gaps(new, new_spans)
    # A completion may follow: the last gap need not be alike.
    if len(old_spans) != len(new_spans) or any(
        old[a:b] != new[c:d] for (a, b), (c, d) in list(zip(old_gaps, new_gaps, strict=True))[:-1]
    ):
        return [((0, len(old)), (0, len(new)))]
    texts = {}
    for a, b in old_spans:
        texts.setdefault(old[a:b], (a, b))
    pairs = list(zip(old_gaps, new_gaps, strict=True))
    for mine, (c, d) in zip(old_spans, new_spans, strict=True):
        moved = texts.get(new[c:d]) if len(CODE_TOKEN.findall(new[c:d])) > 2 else None  # names trade places, not code
        pairs.append((moved or mine, (c, d)))
    return pairs


def _gaps(text: str, spans: list[Span]) -> list[Span]:
    edges = [0, *(edge for span in spans for edge in span), len(text)]
    return list(zip(edges[::2], edges[1::2], strict=True))


def _inside(units: CodeUnits, start: int, end: int) -> list[int]:
    return [i for i, (a, _) in enumerate(units.views["token"].spans) if start <= a < end]


def _texts(units: CodeUnits, chosen: list[int]) -> list[str]:
    return [units.label("token", unit) for unit in chosen]
