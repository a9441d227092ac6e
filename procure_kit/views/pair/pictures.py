"""Static pictures of a pair's attention: what the interactive page shows, as plotly figures. Dark is much, as there."""

import textwrap

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

PAPER = "#f6f8fa"
MUCH = [[0, PAPER], [1, "#003c7d"]]  # the page's own colours
SIGNED = [[0, "#2166ac"], [0.5, PAPER], [1, "#be5000"]]
TITLES = ("original", "counterfactual", "counterfactual − original")


def pair_figure(pair, layer: int = -1, head: int | None = None, view: str = "line") -> go.Figure:
    """Both programs' maps on one colour scale: rows look at columns; ▶ marks what the perturbation changed.

    Raises: ValueError for a view that the pair lacks, or a layer or head that the model lacks.
    """
    if view not in pair.views:
        raise ValueError(f"no view {view!r}; there are {', '.join(pair.views)}")
    for name, number, count in zip(("layer", "head"), (layer, head), pair.sides[0].mass.shape, strict=True):
        if number is not None and not -count <= number < count:
            raise ValueError(f"no {name} {number}: the model has {count}, numbered from 0, or from -1 down")
    drawn = [side.unit_map(layer, head, view) for side in pair.sides]
    figure = make_subplots(1, 2, subplot_titles=[side.name for side in pair.sides], horizontal_spacing=0.4)
    # The first unit and the unit itself take most of the attention; a scale up to theirs would show only them.
    others = [values[1:, 1:][np.tri(len(values) - 1, k=-1) > 0] for _, values in drawn]
    top = max((float(np.quantile(values, 0.98)) for values in others if values.size), default=1.0)
    for column, (labels, values) in enumerate(drawn, start=1):
        seen = [_plain(label) for label in labels]
        figure.add_heatmap(
            z=np.where(np.tri(len(labels)) > 0, values, np.nan),
            zmin=0, zmax=top, colorscale=MUCH, showscale=column == 2, colorbar={"title": "share", "thickness": 12},
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
    layer = range(len(pair.sides[0].mass))[layer]
    return figure.update_layout(
        template="plotly_white", height=140 + 18 * max(len(labels) for labels, _ in drawn), margin={"l": 10, "r": 10},
        title=_title(f"{pair.model_name}: attention by {view}, layer {layer}, {heads} (▶ changed by {pair.concept})"),
    )  # fmt: skip


def mass_figure(pair) -> go.Figure:
    """Layers by heads: attention mass on the changed tokens in each program, and the difference."""
    original, counterfactual = (side.mass for side in pair.sides)
    difference = counterfactual - original
    figure = make_subplots(1, 3, subplot_titles=TITLES, shared_yaxes=True)
    top, reach = max(original.max(), counterfactual.max()), abs(difference).max()
    bar = {"orientation": "h", "thickness": 12, "len": 0.3, "y": -0.28, "yanchor": "top"}
    much = {"zmin": 0, "zmax": top, "colorscale": MUCH, "colorbar": bar | {"x": 0.15, "title": "mass"}}
    signed = {"zmin": -reach, "zmax": reach, "colorscale": SIGNED, "colorbar": bar | {"x": 0.85, "title": "change"}}
    figure.add_heatmap(z=original, **much, row=1, col=1)
    figure.add_heatmap(z=counterfactual, **much, showscale=False, row=1, col=2)
    figure.add_heatmap(z=difference, **signed, row=1, col=3)
    figure.update_xaxes(title="head").update_yaxes(autorange="reversed").update_yaxes(title="layer", row=1, col=1)
    return figure.update_layout(
        template="plotly_white", height=max(380, 260 + 10 * len(original)), margin={"l": 10, "r": 10},
        title=_title(f"{pair.model_name}: attention mass on the tokens changed by {pair.concept}"),
    )  # fmt: skip


def _title(text: str) -> str:
    """In lines that fit the narrowest figure: plotly cuts what is longer."""
    return "<br>".join(_plain(line) for line in textwrap.wrap(text, 64))


def _plain(text: str) -> str:
    """Plotly reads a little HTML in labels and drops leading blanks; code must appear as it is."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace(" ", "\u00a0")
