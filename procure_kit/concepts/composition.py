"""Several sites at once, of one concept or of several: which of them fit together, and all their edits.

Each sound rewrite keeps what the program does whatever stands around it, so any number of them may be made at once as
long as their edits fit: none changes what another one changes, and what moves takes along what changes inside it.
"""

import re
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from random import Random

from procure_kit.concepts.candidate import Candidate
from procure_kit.problems.counterfactual import Edit, Site, Span, apply_edits


@dataclass(frozen=True)
class Composition:
    """A source with several sites rewritten; `changed*` are spans as in Counterfactual. `edits` are those of each site,
    in the order of `sites`; `left_out` says why."""

    original: str
    counterfactual: str
    changed: tuple[Span, ...]
    changed_original: tuple[Span, ...]
    sites: tuple[Site, ...]
    edits: tuple[tuple[Edit, ...], ...]
    left_out: tuple[tuple[Site, str], ...]

    @property
    def concept(self) -> str:
        """The keys of the concepts that were rewritten, with + between them."""
        return "+".join(dict.fromkeys(site.concept for site in self.sites))

    @property
    def soundness(self) -> str:
        """As sound as the least sound site."""
        return "tested" if any(site.soundness == "tested" for site in self.sites) else "syntactic"


def compose(source: str, chosen: Iterable[tuple[Site, Candidate]], seed: int) -> Composition:
    """Rewrite all of the chosen sites that fit together; the earlier one has its way. Refused sites are left out."""
    edits, sites, own, left_out = _Edits(source), [], [], []
    for site, candidate in chosen:
        before = len(edits.all)
        why = site.refused or edits.add(candidate.rewrite(site_rng(site, seed)))
        if why:
            left_out.append((site, why))
        else:
            sites.append(site)
            own.append(tuple(edits.all[before:]))
    text, changed, changed_original = apply_edits(source, edits.all)
    return Composition(source, text, changed, changed_original, tuple(sites), tuple(own), tuple(left_out))


def site_rng(site: Site, seed: int) -> Random:
    """Random choices of one site: text seeds alike on every machine."""
    return Random(f"{site.concept} {seed} {site.index}")


class _Edits:
    """Edits that fit together. `add` takes in those of one more site, or says why not."""

    def __init__(self, source: str):
        self.all: list[Edit] = []
        self.leaves: list[tuple[int, int, str]] = []  # changes of text where it stands: disjoint, in order
        self.moves: list[tuple[int, int, list[Span]]] = []  # of each site that moves text: its extent, and the places;
        self.around: dict[Span, tuple[int, int, list[Span]] | None] = {}  # in order, with the next one around each
        self.borders: list[int] = []  # of those places, in order
        self.bordering: dict[int, list[Span]] = {}  # the places that begin or end at a point
        self.inserting: dict[int, list[Span]] = {}  # the extents of the sites that insert text there
        self.words = set(re.findall(r"\w+", source))
        self.drawn: set[str] = set()  # names that are new

    def add(self, edits: list[Edit]) -> str | None:
        places = [(edit.start, edit.end) for edit in edits if edit.moved is not None]
        # Who comes first names a definition; what is left of its variable may still get another name.
        kept = [edit for edit in edits if edit.moved is not None or not self._is_renamed(edit)]
        leaves = [edit for edit in kept if edit.moved is None]
        drawn = {edit.text for edit in leaves if edit.text.isidentifier()} - self.words
        if not kept:
            return "another site renames the same variables"
        if any(self._is_changed(edit.start, edit.end) for edit in leaves):
            return "another site changes the same text"
        extent = _extent([(edit.start, edit.end) for edit in kept])
        inserted = {edit.start for edit in leaves if edit.start == edit.end}
        if not self._nest(places) or self._cut(places, leaves) or self._astride(extent, inserted, places):
            return "another site moves the same text"
        if not drawn.isdisjoint(self.drawn):
            return "another site has drawn the same name"
        self.all += kept
        self.drawn |= drawn
        for edit in leaves:
            insort(self.leaves, (edit.start, edit.end, edit.text))
        for point in inserted:
            self.inserting.setdefault(point, []).append(extent)
        if places:
            self._move((*_extent(places), places))
        for place in places:
            for border in place:
                insort(self.borders, border)
                self.bordering.setdefault(border, []).append(place)
        return None

    def _is_renamed(self, edit: Edit) -> bool:
        at = bisect_left(self.leaves, (edit.start, edit.end, ""))
        if at == len(self.leaves) or self.leaves[at][:2] != (edit.start, edit.end):
            return False
        return edit.text.isidentifier() and self.leaves[at][2].isidentifier()

    def _is_changed(self, start: int, end: int) -> bool:
        """Whether a change here would overlap one that is there, or stand at the same point."""
        at = bisect_left(self.leaves, (start, -1, ""))
        before = at > 0 and self.leaves[at - 1][1] > start
        return before or at < len(self.leaves) and (self.leaves[at][0] < end or self.leaves[at][:2] == (start, end))

    def _nest(self, places: list[Span]) -> bool:
        """Whether the site lies in one place of each earlier move, or around it, or apart from it."""
        if not places:
            return True
        start, end = _extent(places)
        outer = self._outer(start)
        return (outer is None or _within(start, end, outer[2])) and all(
            _within(start, end, theirs) or _within(other_start, other_end, places)
            for other_start, other_end, theirs in self._from(start, end)
        )

    def _from(self, start: int, end: int) -> Iterator[tuple[int, int, list[Span]]]:
        """The earlier moves that begin in between."""
        at = bisect_left(self.moves, (start,), key=_wider_first)
        while at < len(self.moves) and self.moves[at][0] < end:
            yield self.moves[at]
            at += 1

    def _outer(self, start: int) -> tuple[int, int, list[Span]] | None:
        """The innermost earlier move that begins before a point and ends behind it."""
        at = bisect_left(self.moves, (start,), key=_wider_first)
        found = self.moves[at - 1] if at else None
        while found is not None and found[1] <= start:
            found = self.around[found[:2]]
        return found

    def _move(self, move: tuple[int, int, list[Span]]) -> None:
        start, end, _ = move
        outer = self._outer(start)
        for other in list(self._from(start, end)):
            if other[1] > end:  # it begins at the same point and goes further
                outer = other
            elif self.around[other[:2]] == outer:
                self.around[other[:2]] = move
        self.around[start, end] = outer
        insort(self.moves, move, key=_wider_first)

    def _cut(self, places: list[Span], leaves: list[Edit]) -> bool:
        """Whether a change would lie across the border of what moves."""
        for edit in leaves:
            at = bisect_right(self.borders, edit.start)
            if at < len(self.borders) and self.borders[at] < edit.end:
                return True
        for border in (border for place in places for border in place):
            at = bisect_left(self.leaves, (border, -1, ""))
            if at > 0 and self.leaves[at - 1][1] > border:
                return True
        return False

    def _astride(self, extent: Span, inserted: set[int], places: list[Span]) -> bool:
        """Whether text would be inserted right where a move begins or ends, by a site that is not all inside of what
        moves: it cannot be told whether that text moves along."""
        theirs = ((extent, place) for point in inserted for place in self.bordering.get(point, ()))
        ours = ((other, place) for place in places for point in place for other in self.inserting.get(point, ()))
        return any(not _within(*one, [place]) for one, place in (*theirs, *ours))


def _wider_first(move: tuple[int, int, list[Span]]) -> Span:
    return move[0], -move[1]


def _extent(places: list[Span]) -> Span:
    return min(start for start, _ in places), max(end for _, end in places)


def _within(start: int, end: int, places: list[Span]) -> bool:
    return any(place_start <= start and end <= place_end for place_start, place_end in places)
