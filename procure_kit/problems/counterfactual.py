"""What the stages hand on: a site, a counterfactual, and the text edits that lead from one program to the other."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields

Span = tuple[int, int]  # [start, end) in characters
IDENTITY = ("task_id", "concept", "mode", "site", "seed", "generator")  # two rows alike in these are the same work
REQUIRED = ("task_id", "concept", "original", "counterfactual")  # what a row must have to be judged
BREAKING = "breaking"  # the soundness of a twin, which is made to fail the tests
VALID = ("valid", "valid_on_inputs")  # statuses of rows that models are trained on, and that count as a success
NOT_MADE = ("not_applicable", "api_fault")  # statuses of rows in which a generator made no counterfactual


def was_made(row: dict) -> bool:
    """Whether a row holds a counterfactual. A generator that could not read a program hands it on as "unparsable"."""
    unread = row.get("status") == "unparsable" and row.get("counterfactual") == row.get("original")
    return row.get("status") not in NOT_MADE and not unread


class NotApplicable(ValueError):
    """No site of the concept can be rewritten safely; the message says why, site by site."""


@dataclass(frozen=True)
class Site:
    """One place where a concept applies to a source, or is refused with the reason."""

    concept: str
    index: int  # counts all sites of this concept in the source, refused ones too
    line: int  # first line, from 1
    span: Span  # the whole construct
    label: str  # on one line, however long: "if n < 0", "total = 0 ⇄ best = 1", "total"
    refused: str | None = None  # None: it can be rewritten; otherwise the reason
    soundness: str = "syntactic"  # "syntactic": for any input; "tested": as far as the tests go


@dataclass(frozen=True)
class Counterfactual:
    """Two whole programs that should behave alike, and where they differ: also one JSON row. Those of a twin, whose
    `soundness` is "breaking", should not behave alike; all else is the same."""

    task_id: str
    concept: str
    mode: str  # "strict" (CACP's definitions) or "procure" (the looser reading of the authors' data)
    site: int  # the Site's index
    seed: int
    generator: str  # "rules", "smollm2:edits" or "openai:MODEL"
    original: str
    counterfactual: str
    changed: tuple[Span, ...]  # spans in `counterfactual`
    changed_original: tuple[Span, ...]  # spans in `original`
    soundness: str
    status: str = ""  # empty until validated
    detail: str = ""

    def to_row(self) -> dict:
        return asdict(self)

    @classmethod
    def from_row(cls, row: dict) -> "Counterfactual":
        """Build one from a row, whose extra fields are ignored.

        Only the REQUIRED fields must be there, so that rows from elsewhere can be judged; the rest defaults to "not
        known".

        Raises: ValueError when `changed` or `changed_original` is no list of [start, end) pairs.
        """
        known = {field.name for field in fields(cls)}
        unknown = {"mode": "", "site": -1, "seed": -1, "generator": "", "soundness": "tested"}
        values = unknown | {"changed": (), "changed_original": ()} | {k: v for k, v in row.items() if k in known}
        for name in ("changed", "changed_original"):
            try:
                values[name] = tuple((int(start), int(end)) for start, end in values[name])
            except (TypeError, ValueError) as error:
                raise ValueError(f"field {name!r} must be a list of [start, end) pairs") from error
        return cls(**values)


@dataclass(frozen=True)
class Edit:
    """Replace source[start:end] by text. Where the text, or its middle, is what stands at `moved` in the source, other
    edits made there move along."""

    start: int
    end: int
    text: str
    moved: Span | None = None


def exchange(source: str, one: Span, other: Span) -> list[Edit]:
    """Two places of the source trade their texts."""
    return [Edit(*one, source[slice(*other)], other), Edit(*other, source[slice(*one)], one)]


def apply_edits(source: str, edits: Iterable[Edit]) -> tuple[str, tuple[Span, ...], tuple[Span, ...]]:
    """Return the new source, the changed spans in it, and the changed spans in the old one.

    Everything outside the edits stays as it is, byte for byte. Edits that change nothing leave no span. An edit may
    lie inside the place of a moving one; it then shows where that text goes, and in the spans of the move.

    Raises: ValueError when two edits overlap in any other way.
    """
    text, placed = _apply(source, _in_order(edits), 0, len(source))
    spans = [(new, (edit.start, edit.end)) for edit, new, outermost in placed if outermost]
    spans = [(new, old) for new, old in spans if text[slice(*new)] != source[slice(*old)]]
    return text, tuple(new for new, _ in spans), tuple(old for _, old in spans)


def place_edits(source: str, edits: Iterable[Edit]) -> tuple[str, dict[Edit, Span]]:
    """The new source, and where in it the text of each edit stands, of those inside a moving one too.

    Raises: ValueError as `apply_edits`.
    """
    text, placed = _apply(source, _in_order(edits), 0, len(source))
    return text, {edit: span for edit, span, _ in placed}


def _in_order(edits: Iterable[Edit]) -> list[Edit]:
    """At one place moves come first, the widest before what lies in it; then insertions."""
    return sorted(edits, key=lambda e: (e.start, e.moved is None, -e.end if e.moved else e.end))


def _apply(source: str, edits: list[Edit], begin: int, end: int) -> tuple[str, list[tuple[Edit, Span, bool]]]:
    """What source[begin:end] turns into, and of each edit where it stands then and whether it lies in no other.
    `edits` are those inside, each before what lies inside it."""
    pieces, placed = [], []
    position, length, outer = begin, 0, None
    for edit in edits:
        moving = outer is not None and outer.moved is not None
        if edit.start < position or moving and edit.start == edit.end == position:
            if not moving or edit.end > position:
                raise ValueError(f"edits overlap at character {edit.start}")
            continue  # it moves with the outer one's text
        length += edit.start - position
        text, inside = (edit.text, []) if edit.moved is None else _moved(source, edit, edits)
        pieces += [source[position : edit.start], text]
        placed.append((edit, (length, length + len(text)), True))
        placed += [(inner, (length + start, length + stop), False) for inner, (start, stop), _ in inside]
        length += len(text)
        position, outer = edit.end, edit
    pieces.append(source[position:end])
    return "".join(pieces), placed


def _moved(source: str, edit: Edit, edits: list[Edit]) -> tuple[str, list[tuple[Edit, Span, bool]]]:
    start, end = edit.moved
    first = bisect_left(edits, start, key=lambda e: e.start)
    last = bisect_right(edits, end, key=lambda e: e.start)
    inside = [e for e in edits[first:last] if e.end <= end and not (e.moved and (e.start, e.end) == edit.moved)]
    left, _, right = edit.text.partition(source[start:end])
    text, placed = _apply(source, inside, start, end)
    shift = len(left)
    return left + text + right, [(e, (one + shift, two + shift), False) for e, (one, two), _ in placed]
