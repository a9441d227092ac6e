"""The control-flow graph of one function, and which definitions reach which uses.

The graph's nodes are events: a name is read or written, in the order in which Python evaluates. Where an exact edge
would need knowledge of exceptions there is an edge from every point that might raise, so a definition may seem to
reach a use that it never reaches, and never the other way round: webs come out too large, never too small.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import libcst as cst

from procure_kit.analysis.scopes import Occurrence, Variable


@dataclass(frozen=True)
class Event:
    """A point of the graph; `occurrence` is None where paths only meet. What unbinds a name counts as writing it."""

    occurrence: Occurrence | None
    reads: bool
    writes: bool
    unbinds: bool = False


@dataclass(frozen=True)
class Assigned:
    """What a definition is given: `how` is "value" (the expression), "element" (of the iterable; of its `index`-th
    part when the target is a tuple) or "update" (the augmented assignment)."""

    how: str
    node: cst.CSTNode
    index: int | None = None


@dataclass(eq=False)
class Flow:
    """Events of one function and the edges between them, each list of edges by the later event."""

    events: list[Event] = field(default_factory=list)
    before: list[list[int]] = field(default_factory=list)
    assigned: dict[Occurrence, Assigned] = field(default_factory=dict)
    heads: dict[int, cst.For] = field(default_factory=dict)  # where each `for` asks for its next element, by event
    together: list[list[Occurrence]] = field(default_factory=list)  # definitions that must have one name: `[x] | x`
    kinds: dict[Occurrence, str | None] = field(default_factory=dict)  # worked out by inference.py on first use

    _covered: dict[Variable, bool] = field(default_factory=dict)

    @cached_property
    def at(self) -> dict[Occurrence, list[int]]:
        """The events of each occurrence: two for an augmented assignment."""
        found: dict[Occurrence, list[int]] = {}
        for number, event in enumerate(self.events):
            if event.occurrence is not None:
                found.setdefault(event.occurrence, []).append(number)
        return found

    def covers(self, variable: Variable) -> bool:
        """Whether the graph sees everything that happens to the variable: no closure, class body or generator does
        anything to it at another time."""
        if variable not in self._covered:
            self._covered[variable] = all(occurrence in self.at for occurrence in variable.occurrences)
        return self._covered[variable]

    @cached_property
    def _masks(self) -> dict[Variable, int]:
        """For each variable its definitions as bits: bit n is event n; bit len(events) + k means "not defined"."""
        masks: dict[Variable, int] = {}
        for number, event in enumerate(self.events):
            if event.occurrence is not None:
                variable = event.occurrence.variable
                if variable not in masks:
                    masks[variable] = 1 << (len(self.events) + len(masks))
                if event.writes:
                    masks[variable] |= 1 << number
        return masks

    @cached_property
    def _reaching(self) -> list[int]:
        """The definitions that may hold just before each event, as bits."""
        size, masks = len(self.events), self._masks
        undefined = sum(mask >> size << size for mask in masks.values())
        into, out = [0] * size, [0] * size
        changed = True
        while changed:
            changed = False
            for number, event in enumerate(self.events):
                before = self.before[number]
                # Most events follow one other: its state is shared, not copied.
                state = out[before[0]] if before else undefined if number == 0 else 0
                for previous in before[1:]:
                    state |= out[previous]
                into[number] = state
                if event.writes:
                    state = state & ~masks[event.occurrence.variable] | 1 << number
                if state != out[number]:
                    out[number] = state
                    changed = True
        return into

    def reaching(self, occurrence: Occurrence) -> tuple[set[Occurrence], bool]:
        """The definitions that may hold when the occurrence comes to be evaluated (for a definition: that it may
        replace; a `del` among them), and whether the variable may be unbound there."""
        size, state = len(self.events), self._state(occurrence)
        events = [self.events[number] for number in _bits(state & ((1 << size) - 1))]
        unbound = bool(state >> size) or any(event.unbinds for event in events)
        return {event.occurrence for event in events}, unbound

    def _state(self, occurrence: Occurrence) -> int:
        """The variable's definitions that may hold where the occurrence is evaluated, as bits."""
        state = 0
        for number in self.at[occurrence]:
            state |= self._reaching[number]
        return state & self._masks[occurrence.variable]

    def webs(self, variable: Variable) -> list[list[Occurrence]]:
        """The variable's occurrences in groups that can be renamed apart: definition–use chains, closed under shared
        uses, in the order of their first definitions. A use that no definition reaches is in none."""
        web = {o: o for o in variable.occurrences if o in self.at}
        held = {o: sum(1 << number for number in self.at[o]) for o in web}  # by root: the web's events as bits

        def root(occurrence: Occurrence) -> Occurrence:
            while web[occurrence] is not occurrence:
                web[occurrence] = web[web[occurrence]]  # halves the way of whoever asks next
                occurrence = web[occurrence]
            return occurrence

        def join(one: Occurrence, other: Occurrence) -> Occurrence:
            one, other = root(one), root(other)
            if one is not other:
                web[one] = other
                held[other] |= held.pop(one)
            return other

        read, defined = [], set()
        for occurrence in web:
            events = [self.events[number] for number in self.at[occurrence]]
            if any(event.writes for event in events):
                defined.add(occurrence)
            if any(event.reads for event in events):
                read.append(occurrence)
        known = (1 << len(self.events)) - 1
        for use in read:
            own, state = root(use), self._state(use) & known
            while rest := state & ~held[own]:  # a step joins two webs, so there are few, however much is reached
                own = join(self.events[next(_bits(rest))].occurrence, own)
        for group in self.together:
            own = [occurrence for occurrence in group if occurrence in web]
            for one, other in zip(own, own[1:], strict=False):
                join(one, other)
        groups: dict[Occurrence, list[Occurrence]] = {}
        for occurrence in sorted(web, key=lambda o: o.span):
            groups.setdefault(root(occurrence), []).append(occurrence)
        with_definition = [group for group in groups.values() if not defined.isdisjoint(group)]
        return sorted(with_definition, key=lambda group: next(o.span for o in group if o in defined))


def _bits(mask: int) -> Iterator[int]:
    """The numbers of the bits that are set, upwards: in one pass over its digits, however long it is."""
    digits = bin(mask)[:1:-1]
    number = digits.find("1")
    while number >= 0:
        yield number
        number = digits.find("1", number + 1)
