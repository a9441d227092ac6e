"""`attention_pair`: where a model looks in a program and in its counterfactual, side by side.

Sub-word attention is summed into units that a reader sees, source lines or code tokens: a unit's row is the mean over
its tokens as queries, its column the sum over its tokens as keys, so each row still sums to one.

Shapes: L layers, H query heads, N model tokens, U units.
"""

import re
from functools import cached_property
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from procure_kit.attention import AttentionMaps, attention_maps
from procure_kit.counterfactual import Counterfactual, Span
from procure_kit.examples import tokens_in_spans

VIEWS = {"line": r"[^\n]+\n?", "token": r"\w+|[^\w\s]"}
WIDEST = 30  # characters of a label


class Side:
    """One program's maps (L, H, N, N) and which of its tokens are changed (N)."""

    def __init__(self, name: str, text: str, spans: tuple[Span, ...], maps: AttentionMaps):
        self.name, self.text, self.offsets = name, text, maps.offsets
        self.maps = np.stack([layer.cpu().numpy() for layer in maps.maps])
        self.changed = np.array(tokens_in_spans(text, maps.offsets, spans), dtype=bool)

    @cached_property
    def mass(self) -> np.ndarray:
        """(L, H): the attention to the changed tokens, mean over the tokens after the first of them."""
        after = np.arange(len(self.changed)) > np.flatnonzero(self.changed)[0]
        return self.maps[:, :, after][..., self.changed].sum(-1).mean(-1)

    def units(self, view: str) -> tuple[list[str], np.ndarray]:
        """Labels of the units that hold model tokens, and the tokens each holds as 0 and 1: (U, N)."""
        labels, members = [], []
        for match in re.finditer(VIEWS[view], self.text):
            inside = [match.start() <= _visible_start(self.text, span) < match.end() for span in self.offsets]
            if any(inside):
                labels.append(match.group().strip())
                members.append(inside)
        return labels, np.array(members, dtype=float)

    def unit_map(self, layer: int, head: int | None, view: str) -> tuple[list[str], np.ndarray]:
        """Labels, changed units marked, and the attention between units (U, U); head None: the mean over heads."""
        labels, members = self.units(view)
        tokens = self.maps[layer].mean(0) if head is None else self.maps[layer, head]
        marks = ["▶" if changed else "" for changed in members @ self.changed]
        labels = [label if len(label) <= WIDEST else label[: WIDEST - 1] + "…" for label in labels]
        labels = [f"{label}{mark} {i}" for i, (label, mark) in enumerate(zip(labels, marks, strict=True), 1)]
        return labels, members / members.sum(1, keepdims=True) @ tokens @ members.T


class AttentionPair:
    """Shows itself in a notebook; `mass_figure` and `figure` are its pictures, `save_html` writes one offline file."""

    def __init__(self, cf: Counterfactual, original: AttentionMaps, counterfactual: AttentionMaps):
        self.concept = cf.concept
        self.sides = (
            Side("original", cf.original, cf.changed_original, original),
            Side("counterfactual", cf.counterfactual, cf.changed, counterfactual),
        )

    def figure(self, layer: int = -1, head: int | None = None, view: str = "line") -> go.Figure:
        """Both programs' maps on one colour scale: rows look at columns; ▶ marks what the perturbation changed.

        Raises: ValueError for an unknown view; IndexError for a layer or head that the model lacks.
        """
        if view not in VIEWS:
            raise ValueError(f"no view {view!r}; there are {', '.join(VIEWS)}")
        drawn = [side.unit_map(layer, head, view) for side in self.sides]
        figure = make_subplots(1, 2, subplot_titles=[side.name for side in self.sides], horizontal_spacing=0.31)
        # The first unit and the unit itself take most of the attention; a scale up to theirs would show only them.
        others = [values[1:, 1:][np.tri(len(values) - 1, k=-1) > 0] for _, values in drawn]
        top = max((float(np.quantile(values, 0.98)) for values in others if values.size), default=1.0)
        for column, (labels, values) in enumerate(drawn, start=1):
            seen = [_plain(label) for label in labels]
            figure.add_heatmap(
                z=np.where(np.tri(len(labels)) > 0, values, np.nan),
                zmin=0, zmax=top, colorscale="Cividis", showscale=column == 2, colorbar_title="attention",
                customdata=[[(a, b) for b in seen] for a in seen],
                hovertemplate="%{customdata[0]}<br>looks at<br>%{customdata[1]}<br>%{z:.3f}<extra></extra>",
                row=1, col=column,
            )  # fmt: skip
            ticks = {"tickvals": list(range(len(labels))), "tickfont": {"family": "monospace", "size": 10}}
            numbers = [label.rsplit(" ", 1)[1] for label in labels]
            figure.update_yaxes(ticks | {"ticktext": seen, "autorange": "reversed"}, row=1, col=column)
            readable = len(labels) <= 20
            figure.update_xaxes(ticks | {"ticktext": numbers, "tickangle": 0, "visible": readable}, row=1, col=column)
        heads = "mean of heads" if head is None else f"head {head}"
        layer = range(len(self.sides[0].maps))[layer]
        return figure.update_layout(
            template="plotly_white", width=1000, height=140 + 18 * max(len(labels) for labels, _ in drawn),
            title=f"Attention by {view}, layer {layer}, {heads} (▶ changed by {self.concept})",
        )  # fmt: skip

    def mass_figure(self) -> go.Figure:
        """Layers by heads: attention mass on the changed tokens in each program, and the difference."""
        original, counterfactual = (side.mass for side in self.sides)
        difference = counterfactual - original
        titles = ("original", "counterfactual", "counterfactual − original")
        figure = make_subplots(1, 3, subplot_titles=titles, shared_yaxes=True)
        top, reach = max(original.max(), counterfactual.max()), abs(difference).max()
        scale = {"zmin": 0, "zmax": top, "colorscale": "Cividis", "colorbar": {"x": 1.0, "title": "mass"}}
        signed = {"zmin": -reach, "zmax": reach, "colorscale": "PuOr", "colorbar": {"x": 1.1, "title": "change"}}
        figure.add_heatmap(z=original, **scale, row=1, col=1)
        figure.add_heatmap(z=counterfactual, **scale, showscale=False, row=1, col=2)
        figure.add_heatmap(z=difference, **signed, row=1, col=3)
        figure.update_xaxes(title="head").update_yaxes(title="layer", row=1, col=1)
        return figure.update_layout(
            template="plotly_white", width=960, height=max(360, 220 + 10 * len(original)),
            title=f"Attention mass on the tokens changed by {self.concept}",
        )  # fmt: skip

    def _ipython_display_(self) -> None:
        self.mass_figure().show()
        self.figure().show()

    def save_html(self, path: str | Path) -> Path:
        """Write the masses and all layers' maps by line into one file that opens without a network; return its path."""
        pages = [self.mass_figure().to_html(full_html=False, include_plotlyjs=True)]
        for layer in range(len(self.sides[0].maps)):
            page = self.figure(layer).to_html(full_html=False, include_plotlyjs=False)
            pages.append(f"<details><summary>Layer {layer}</summary>{page}</details>")
        head = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Attention pair</title>'
        Path(path).write_text(head + "\n".join(pages) + "</html>\n", encoding="utf-8")
        return Path(path)


def attention_pair(model, tokenizer, cf: Counterfactual) -> AttentionPair:
    """Run the model over both programs and keep all maps, so for programs of a few hundred tokens.

    Raises: ValueError when the maps would not fit into memory, or when the pair has no changed span.
    """
    if not cf.changed or not cf.changed_original:
        raise ValueError(f"{cf.task_id or 'this pair'}: no changed spans, so there is nothing to compare")
    return AttentionPair(cf, *(attention_maps(model, tokenizer, text) for text in (cf.original, cf.counterfactual)))


def _visible_start(text: str, span: Span) -> int:
    """Where a token's visible part begins: the blanks and newlines before a word belong to the word's token."""
    start, end = span
    token = text[start:end]
    return start + len(token) - len(token.lstrip()) if token.strip() else start


def _plain(text: str) -> str:
    """Plotly reads a little HTML in labels and drops leading blanks; code must appear as it is."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace(" ", "\u00a0")
