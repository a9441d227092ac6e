"""`review()`: accept or reject counterfactuals by hand, with the keyboard: the paper's first experiment.

Each decision is appended to a file at once, so that a review goes on where it stopped; the last decision on a pair
counts. What the validator said is not shown while you decide, and compared afterwards.
"""

from collections import Counter
from collections.abc import Iterable
from html import escape
from itertools import count
from pathlib import Path

import anywidget
import traitlets

from procure_kit.problems.counterfactual import NOT_MADE, REQUIRED, Counterfactual
from procure_kit.problems.rows import append_row, read_rows
from procure_kit.views.code_html import show_pair
from procure_kit.views.screenshot import picture

DECISIONS = ("accept", "reject")


def review(
    pairs: Iterable[Counterfactual | dict], path: str | Path = "review.jsonl", *, anew: bool = False
) -> "Review":
    """Show the pairs one by one: a accepts, r rejects, the arrow keys go back and on. Click into it first.

    pairs: counterfactuals or their rows; rows in which no counterfactual was made are left out.
    path: the JSONL file of the decisions: the counterfactual's row with `decision` ("accept" or "reject") and `note`.
    anew: earlier decisions are set aside (into review.1.jsonl, or the next free number), and all pairs are open.
    Raises: ValueError when there is no pair.
    """
    made = [pair if isinstance(pair, Counterfactual) else Counterfactual.from_row(pair) for pair in pairs]
    made = [pair for pair in made if pair.status not in NOT_MADE]
    if not made:
        raise ValueError("there is no pair to review")
    path = Path(path)
    if anew and path.exists():
        numbers = count(1)
        path.rename(next(p for n in numbers if not (p := path.with_name(f"{path.stem}.{n}{path.suffix}")).exists()))
    return Review(made, path)


class Review(anywidget.AnyWidget):
    """`pairs`, the `number` of the one shown, and `decided`: the last decision and note on a pair, by its `key`."""

    _esm = Path(__file__).with_name("reviewing.js").read_text("utf-8")
    line = traitlets.Unicode().tag(sync=True)
    pair = traitlets.Unicode().tag(sync=True)
    note = traitlets.Unicode().tag(sync=True)

    def __init__(self, pairs: list[Counterfactual], path: Path):
        super().__init__()
        self.pairs, self.path, self.number = pairs, path, 0
        self.decided: dict[tuple, tuple[str, str]] = {}
        self.drafts: dict[tuple, str] = {}  # notes that no decision has been saved with yet
        for row in read_rows(path, required=("decision", *REQUIRED), check=_known) if path.exists() else ():
            self.decided[key(Counterfactual.from_row(row))] = row["decision"], str(row.get("note", ""))
        self.on_msg(lambda _, content, buffers: self.act(content.get("action"), str(content.get("note", ""))))
        self.number = self._open(0)
        self._show()

    def act(self, action: str, note: str = "") -> None:
        """Do what a key stands for: accept, reject, back or next; anything else does nothing."""
        if action in DECISIONS:
            shown = self.pairs[self.number]
            try:
                append_row(self.path, shown.to_row() | {"decision": action, "note": note})
            except OSError as error:  # a full disk, a folder that is not there: what is not saved is not decided
                self.line = _bold(f"not saved: {error}")
                return
            self.decided[key(shown)] = action, note
            self.drafts.pop(key(shown), None)
            self.number = self._open(self.number)
        elif action in ("back", "next"):
            if note:
                self.drafts[key(self.pairs[self.number])] = note
            self.number = (self.number + (1 if action == "next" else -1)) % len(self.pairs)
        self._show()

    def decision(self, pair: Counterfactual) -> str:
        """ "accept", "reject", or "" while it is open."""
        return self.decided.get(key(pair), ("", ""))[0]

    @property
    def accepted(self) -> list[Counterfactual]:
        """The pairs accepted by hand."""
        return [pair for pair in self.pairs if self.decision(pair) == "accept"]

    def agreement(self) -> Counter:
        """How many pairs have each (decision, validator's status)."""
        return Counter((self.decision(pair) or "open", pair.status or "not validated") for pair in self.pairs)

    def _open(self, start: int) -> int:
        """The next pair without a decision, from `start` on, then from the beginning; `start` if there is none."""
        order = [*range(start, len(self.pairs)), *range(start)]
        return next((number for number in order if not self.decision(self.pairs[number])), start)

    def _show(self) -> None:
        shown = self.pairs[self.number]
        counts = Counter(map(self.decision, self.pairs))
        where = f"{self.number + 1} of {len(self.pairs)}: {shown.task_id}, {shown.concept}"
        said = {"": "open", "accept": "accepted", "reject": "rejected"}[self.decision(shown)]
        left = f"{counts['']} open" if counts[""] else "all decided"
        totals = f"{counts['accept']} accepted, {counts['reject']} rejected, {left}"
        with self.hold_sync():
            self.line = f"{_bold(f'{where}: {said}')}<br>{escape(f'{totals} → {self.path.name}')}"
            self.pair = show_pair(shown).html
            self.note = self.drafts.get(key(shown), self.decided.get(key(shown), ("", ""))[1])

    def _told(self) -> str:
        shown = self.pairs[self.number]
        return f"the review: original and counterfactual of {shown.task_id}, {shown.concept}, side by side"

    def _repr_mimebundle_(self, **options):
        """The widget, or a picture of it."""
        page = f'<!doctype html><meta charset="utf-8"><body style="font:16px sans-serif"><p>{self.line}</p>{self.pair}'
        shown = picture(page, "the review", 1200, 480, self._told())
        if shown:
            return shown
        data, metadata = super()._repr_mimebundle_(**options)
        return data | {"text/html": f"<p>{self.line}</p>{self.pair}"}, metadata


def key(pair: Counterfactual) -> tuple:
    """What a decision is about: the two programs, and the concept they are said to differ by."""
    return pair.task_id, pair.concept, pair.original, pair.counterfactual


def _known(row: dict) -> None:
    if row["decision"] not in DECISIONS:
        raise ValueError(f"a decision is {' or '.join(DECISIONS)}, not {row['decision']!r}")


def _bold(text: str) -> str:
    return f"<b>{escape(text)}</b>"
