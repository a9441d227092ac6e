"""What the stages hand on: a site, a counterfactual, and the text edits that lead from one program to the other."""

from dataclasses import asdict, dataclass, fields

Span = tuple[int, int]  # [start, end) in characters


class NotApplicable(ValueError):
    """No site of the concept can be rewritten safely; the message says why, site by site."""


@dataclass(frozen=True)
class Site:
    """One place where a concept applies to a source, or is refused with the reason."""

    concept: str
    index: int  # counts all sites of this concept in the source, refused ones too
    line: int  # first line, from 1
    span: Span  # the whole construct
    label: str  # what a reader sees in a menu: "if n < 0", "total = 0 ⇄ best = 1", "total"
    refused: str | None = None  # None: it can be rewritten; otherwise the reason
    soundness: str = "syntactic"  # "syntactic": for any input; "tested": as far as the tests go


@dataclass(frozen=True)
class Counterfactual:
    """Two whole programs that should behave alike, and where they differ: also one JSON row."""

    task_id: str
    concept: str
    mode: str  # "strict" (CACP's definitions) or "procure" (the looser reading of the authors' data)
    site: int  # the Site's index
    seed: int
    generator: str  # "rules", or "openai:MODEL"
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

        Only `task_id`, `concept`, `original` and `counterfactual` are required, so that rows from elsewhere can be
        judged; the rest defaults to "not known".

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
    """Replace source[start:end] by text."""

    start: int
    end: int
    text: str


def apply_edits(source: str, edits: list[Edit]) -> tuple[str, tuple[Span, ...], tuple[Span, ...]]:
    """Return the new source, the changed spans in it, and the changed spans in the old one.

    Everything outside the edits stays as it is, byte for byte. Edits that change nothing leave no span.

    Raises: ValueError when two edits overlap.
    """
    pieces, new_spans, old_spans = [], [], []
    position = length = 0
    for edit in sorted(edits, key=lambda e: (e.start, e.end)):
        if edit.start < position:
            raise ValueError(f"edits overlap at character {edit.start}")
        pieces += [source[position : edit.start], edit.text]
        length += edit.start - position
        if edit.text != source[edit.start : edit.end]:
            old_spans.append((edit.start, edit.end))
            new_spans.append((length, length + len(edit.text)))
        length += len(edit.text)
        position = edit.end
    pieces.append(source[position:])
    return "".join(pieces), tuple(new_spans), tuple(old_spans)
