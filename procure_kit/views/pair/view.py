"""`attention_pair`: where a model looks in a program and in its counterfactual, side by side.

The page is page.html with its script and style; page.py fills it, measuring.py measures what it shows, and
units.py says in which units. `figure` and `mass_figure` are static pictures of the same values.

Shapes: L layers, H query heads, U units.
"""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path

import numpy as np

from procure_kit.evaluation.completion import complete
from procure_kit.problems.counterfactual import Counterfactual, Span
from procure_kit.training.cuts import Cut, cut_pair
from procure_kit.training.twin import with_other_adapter, without_adapter
from procure_kit.views import still
from procure_kit.views.pair import saving, static
from procure_kit.views.pair.alignment import align_tokens, align_view
from procure_kit.views.pair.divergence import MOST_UNITS, divergence
from procure_kit.views.pair.frame import framed
from procure_kit.views.pair.measuring import UnitMaps, pair_maps
from procure_kit.views.pair.page import page
from procure_kit.views.pair.pictures import mass_figure, pair_figure
from procure_kit.views.pair.units import VIEWS
from procure_kit.views.screenshot import picture

WIDEST = 24  # characters of a label in a figure
CHANGED, GENERATED = 1, 2  # a unit's marks, as script.js reads them
NAMES = ("original", "counterfactual")
LINES_ONLY = "A long program: attention between its lines is kept, and between its single tokens it is not."


@dataclass(frozen=True)
class Program:
    """One side of a pair: its text, the spans the perturbation changed, and where the model went on (None: nowhere)."""

    name: str
    text: str
    spans: tuple[Span, ...]
    generated_from: int | None = None


class Side:
    """One program and one model's attention in it."""

    def __init__(self, program: Program, maps: UnitMaps):
        self.name, self.text, self.program, self.maps = program.name, program.text, program, maps

    @property
    def changed(self) -> np.ndarray:
        """Which model tokens are changed, (N,)."""
        return self.maps.changed

    @property
    def mass(self) -> np.ndarray:
        """(L, H): the attention to the changed tokens, mean over the tokens after the first of them."""
        return self.maps.mass

    @property
    def views(self) -> list[str]:
        return list(self.maps.packed)

    def units(self, view: str) -> list[dict]:
        """Each unit's `start` and `end` (characters), `label`, number of model `tokens`, and its marks."""
        units, cut = self.maps.units.views[view], self.program.generated_from
        return [
            {
                "start": start, "end": end, "label": self.maps.units.label(view, i), "tokens": int(units.count[i]),
                "changed": bool(self.changed[units.first[i] : units.last[i]].any()),
                "generated": cut is not None and start >= cut,
            }
            for i, (start, end) in enumerate(units.spans)
        ]  # fmt: skip

    def unit_map(self, layer: int, head: int | None, view: str) -> tuple[list[str], np.ndarray]:
        """Labels, changed units marked ▶, and the attention between units (U, U); head None: the mean over heads."""
        labels = []
        for i, unit in enumerate(self.units(view), 1):
            label = unit["label"] if len(unit["label"]) <= WIDEST else unit["label"][: WIDEST - 1] + "…"
            labels.append(f"{label}{'▶' if unit['changed'] else ''} {i}")
        return labels, self.maps.map(layer, head, view)


class AttentionPair:
    """Shows itself in a notebook; `mass_figure` and `figure` are its pictures, `save_html` writes one offline file.

    `measured[m][s]`: measurement m (the model, and what it is compared with) of side s; `sides` are the first one's.
    """

    def __init__(
        self, concept: str, task_id: str, measured: list[tuple[Side, Side]], measurements: list[str], kv_heads: int,
        model_name: str,
    ):  # fmt: skip
        self.concept, self.task_id, self.model_name = concept, task_id, model_name
        self.measured, self.measurements, self.kv_heads = measured, measurements, kv_heads
        self.sides = measured[0]
        self.views = [view for view in VIEWS if all(view in side.views for sides in measured for side in sides)]

    def figure(self, layer: int = -1, head: int | None = None, view: str = "line"):
        """Both programs' maps as a plotly figure: see `pictures.pair_figure`."""
        return pair_figure(self, layer, head, view)

    def mass_figure(self):
        """The mass on the changed tokens, layers by heads, as a plotly figure: see `pictures.mass_figure`."""
        return mass_figure(self)

    @cached_property
    def alignment(self) -> dict[str, list[int]]:
        """For each view, which unit of the original each unit of the counterfactual corresponds to, or -1."""
        first = self.sides
        tokens = align_tokens(*(side.maps.units for side in first), *(list(side.program.spans) for side in first))
        return {view: align_view(view, *(side.maps.units for side in first), tokens) for view in self.views}

    @cached_property
    def divergences(self) -> list[np.ndarray]:
        """For each measurement (L, H): how differently each head looks in the two programs (divergence.py)."""
        small = [v for v in self.views if max(len(s.maps.units.views[v]) for s in self.sides) <= MOST_UNITS]
        view = small[0] if small else "line"
        return [
            divergence(*(side.maps.packed[view] for side in sides), self.alignment[view]) for sides in self.measured
        ]

    @cached_property
    def html(self) -> str:
        """The interactive page: all layers and heads, no network."""
        first = self.sides[0], self.sides[1]
        places = [_utf16(side.text) for side in first]
        views = {
            view: {
                "sides": [
                    [
                        [at[u["start"]], at[u["end"]], CHANGED * u["changed"] + GENERATED * u["generated"], u["tokens"]]
                        for u in side.units(view)
                    ]
                    for side, at in zip(first, places, strict=True)
                ],
                "aligned": self.alignment[view],
            }
            for view in self.views
        }
        mass = self.sides[1].mass
        meta = {
            "title": " · ".join(filter(None, ("Attention pair", self.model_name, self.task_id, self.concept))),
            "sides": NAMES, "measurements": self.measurements, "layers": mass.shape[0], "heads": mass.shape[1],
            "kv": self.kv_heads, "texts": [side.text for side in first], "views": views, "view": self.views[0],
            "nodes": [side.maps.units.nodes if "token" in self.views else [] for side in first],
            "divergences": [each.round(4).ravel().tolist() for each in self.divergences],
            "masses": [[side.mass.round(4).ravel().tolist() for side in sides] for sides in self.measured],
            "start": [int(i) for i in np.unravel_index(mass.argmax(), mass.shape)],
            "generated": any(side.program.generated_from is not None for side in first),
            "note": LINES_ONLY if self.views == ["line"] else "",
        }  # fmt: skip
        maps = [[{v: side.maps.packed[v] for v in self.views} for side in sides] for sides in self.measured]
        return page(meta, maps)

    def save_html(self, path: str | Path) -> Path:
        """Write the page into one file that opens without a network; return its path."""
        Path(path).write_text(self.html, encoding="utf-8", newline="\n")
        return Path(path)

    def save_json(self, path: str | Path) -> Path:
        """Write all that is shown as JSON, which `open_pair` reads without the model; return its path."""
        head = {"concept": self.concept, "task_id": self.task_id, "measurements": self.measurements,
                "kv_heads": self.kv_heads, "model_name": self.model_name}  # fmt: skip
        return saving.write(path, head, [[saving.as_dict(side) for side in sides] for sides in self.measured])

    def frame(self) -> str:
        """The page in a frame of its own, which JupyterLab, VS Code and Colab show alike."""
        return framed(f"Attention pair, {self.concept}", self.html)

    def _repr_mimebundle_(self, include=None, exclude=None) -> tuple[dict, dict]:
        """The page, and a still picture for viewers that run no script; or a picture of the page.

        Where scripts run, <noscript> shows nothing; of a notebook that JupyterLab does not trust it strips the frame,
        and the tag <noscript> too, so that the image is left.
        """
        text = f"Attention pair of {self.task_id or 'a program'}, {self.concept}"
        if made := picture(self.html, text, 1200, 1400, static.told(self, 0)):
            return made
        shown, metadata = still.bundle(static.still(self), static.told(self), text)
        return shown | {"text/html": f"{self.frame()}<noscript>{shown['text/html']}</noscript>"}, metadata


def attention_pair(
    model, tokenizer, cf: Counterfactual, *, compare=None, generate: int = 0, names: tuple[str, str] | None = None
) -> AttentionPair:
    """Measure a model's attention in both programs of a pair, for every layer and head.

    compare: a second measurement of the same programs: another model (of the same shape and tokenizer), the folder of a
        PEFT adapter to put on `model`, or "base" for `model` without the adapter that it carries.
    generate: instead of the whole programs, let the model go on from both cut points (cuts.py) for at most so many
        tokens, greedily, and show the attention of what it wrote; where a pair has no cut point it goes on from the
        ends of the programs.
    names: what the two measurements are called.

    Programs over measuring.LONGEST_MAP tokens are shown by line, from the fused mass: no N×N map is made for them.
    Raises: ValueError when the pair has no changed span, or when the two models differ in shape.
    """
    if not cf.changed or not cf.changed_original:
        raise ValueError(f"{cf.task_id or 'this pair'}: no changed spans, so there is nothing to compare")
    programs = _continued(model, tokenizer, cf, generate) if generate else _whole(cf)
    measured = [_measure(model, tokenizer, programs)]
    if compare is not None:
        with _compared(model, compare) as other:
            measured.append(_measure(other, tokenizer, programs))
        shapes = [sides[0].mass.shape for sides in measured]
        if shapes[0] != shapes[1]:
            raise ValueError(f"the two models differ in layers and heads: {shapes[0]} and {shapes[1]}")
        if compare == "base":
            measured.reverse()
    config = model.config.get_text_config()
    kv_heads = getattr(config, "num_key_value_heads", None) or (
        1 if getattr(config, "multi_query", False) else config.num_attention_heads
    )
    names = ["model"] if compare is None else list(names or ("before", "after"))
    name = Path(model.name_or_path).name or "model"
    return AttentionPair(cf.concept, cf.task_id, measured, names, kv_heads, name)


def open_pair(path: str | Path) -> AttentionPair:
    """What `AttentionPair.save_json` wrote, as it was shown; no model is needed.

    Raises: ValueError for a file that is no such thing; OSError for one that is not there.
    """
    found = saving.read(path)
    measured = []
    for sides in found["measured"]:
        loaded = [(row, *saving.maps_of(row)) for row in sides]
        old, new = (
            Side(Program(row["name"], row["text"], spans, row["generated_from"]), maps) for row, maps, spans in loaded
        )
        measured.append((old, new))
    head = (found[name] for name in ("measurements", "kv_heads", "model_name"))
    return AttentionPair(found["concept"], found["task_id"], measured, *head)


def _whole(cf: Counterfactual) -> tuple[Program, Program]:
    return Program(NAMES[0], cf.original, cf.changed_original), Program(NAMES[1], cf.counterfactual, cf.changed)


def _continued(model, tokenizer, cf: Counterfactual, tokens: int) -> list[Program]:
    cuts = cut_pair(cf) or [Cut(text.rstrip(), "", 0) for text in (cf.original, cf.counterfactual)]
    written = complete(model, tokenizer, list(cuts), max_new_tokens=tokens, batch_size=1)
    programs = []
    for name, cut, texts, spans in zip(NAMES, cuts, written, (cf.changed_original, cf.changed), strict=True):
        length = len(cut.prefix)
        kept = tuple((start, min(end, length)) for start, end in spans if start < length)
        programs.append(Program(name, cut.prefix + texts[0], kept, length))
    return programs


def _measure(model, tokenizer, programs) -> tuple[Side, Side]:
    maps = pair_maps(model, tokenizer, [(program.text, program.spans) for program in programs])
    original, counterfactual = (Side(*side) for side in zip(programs, maps, strict=True))
    return original, counterfactual


def _compared(model, compare) -> AbstractContextManager:
    """The model to compare with. Adapters are tried on a twin: the model stays as it is, whatever happens."""
    if compare == "base":
        return without_adapter(model)
    return with_other_adapter(model, compare) if isinstance(compare, str | Path) else nullcontext(compare)


def _utf16(text: str) -> list[int]:
    """Where each character of a text, and its end, stands in a script's string: an emoji takes two places there."""
    return [0, *accumulate(1 + (character > "\uffff") for character in text)]
