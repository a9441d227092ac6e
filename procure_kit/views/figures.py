"""The charts of the notebooks, as plotly figures, in Okabe and Ito's colours that colour-blind readers tell apart."""

from collections import Counter
from collections.abc import Iterable
from itertools import cycle

import plotly.graph_objects as go

from procure_kit.concepts.table import CONCEPTS

BLUE, ORANGE, GREEN, PURPLE, GREY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#7F7F7F"
LAYOUT = {"template": "plotly_white", "height": 380, "margin": {"l": 60, "r": 20, "t": 50, "b": 50}}


# What is fine in cool colours, what is not in warm ones, what could not be tried in grey.
OUTCOMES = {
    "valid": BLUE,
    "valid_on_inputs": BLUE,
    "syntactic": BLUE,
    "tested": GREEN,
    "tests_fail": ORANGE,
    "tests_too_weak": "#E69F00",
    "timeout": PURPLE,
    "not_applicable": "#BBBBBB",
    "refused": "#BBBBBB",
}


def outcomes(rows: Iterable[tuple[str, str]], title: str = "") -> go.Figure:
    """Stacked bars of (concept, status) pairs: how many of each status a concept has.

    A number too large for its part of a bar stands above the bar, with its status.
    """
    counts = Counter(rows)
    concepts = sorted({concept for concept, _ in counts}, key=list(CONCEPTS).index)
    statuses = {status for _, status in counts}
    figure = go.Figure(layout=LAYOUT | {"title": title, "barmode": "stack", "yaxis_title": "count"})
    totals = {concept: sum(counts[concept, status] for status in statuses) for concept in concepts}
    order = [*(s for s in OUTCOMES if s in statuses), *sorted(statuses - set(OUTCOMES))]
    room = 0.07 * max(totals.values(), default=0)
    for status in order:
        values = [counts[concept, status] for concept in concepts]
        figure.add_bar(
            x=concepts, y=values, name=status, marker_color=OUTCOMES.get(status, "#000000"), constraintext="none",
            text=[value if value >= room else "" for value in values], textangle=0, textposition="inside",
        )  # fmt: skip
    for concept, total in totals.items():
        small = [f"{counts[concept, status]} {status}" for status in order if 0 < counts[concept, status] < room]
        if small:
            note = {"text": "<br>".join(small), "font_size": 10, "showarrow": False, "yanchor": "bottom"}
            figure.add_annotation(x=concept, y=total, **note)
    return figure


def by_token(
    tokens: list[str], values: dict[str, list[float]], marked: list[bool], title: str, y_title: str
) -> go.Figure:
    """Numbers for each token of a text: the first as bars, marked tokens in orange, the others as rings over them."""
    layout = {"title": title, "yaxis_title": y_title, "height": 420, "margin": LAYOUT["margin"] | {"b": 110}}
    figure = go.Figure(layout=LAYOUT | layout)
    places, (first, *others) = list(range(len(tokens))), values
    figure.add_bar(
        x=places, y=values[first], name=first, showlegend=bool(others), hovertext=tokens,
        marker_color=[ORANGE if mark else BLUE for mark in marked],
    )  # fmt: skip
    for name in others:
        ring = {"symbol": "circle-open", "color": "black", "size": 7}
        figure.add_scatter(x=places, y=values[name], name=name, mode="markers", marker=ring)
    shown = [token.replace("\n", "⏎").strip(" ") or "␣" for token in tokens]
    figure.update_xaxes(tickvals=places, ticktext=shown, tickangle=-90, tickfont={"size": 9, "family": "monospace"})
    return figure


def loss_curves(log: list[dict]) -> go.Figure:
    """The terms of the concept loss and the mass on changed tokens; a step without changed tokens has only the NLL. A
    row without a count of tokens (`n_query`) has them all."""
    figure = go.Figure(
        layout=LAYOUT | {"xaxis_title": "step", "yaxis_title": "loss", "title": "The three terms, and the mass"}
    )
    for name, colour in (("nll", BLUE), ("mask", ORANGE), ("attention", GREEN), ("mean_mass", PURPLE)):
        rows = [row for row in log if name == "nll" or row.get("n_query", 1)]
        steps, values = [row["step"] for row in rows], [row[name] for row in rows]
        figure.add_scatter(x=steps, y=values, name=name, mode="lines+markers", line_color=colour)
    return figure


SCORES = ("pass@1 original", "pass@1 counterfactual", "ccs_all", "ccs_valid")


def scores(report, metrics: tuple[str, ...] = SCORES):
    """Each metric a bar a concept, with its 95 % bootstrap interval."""
    layout = {"yaxis_title": "per cent", "yaxis_range": [0, 105], "barmode": "group"}
    figure = go.Figure(layout=LAYOUT | layout | {"title": "Scores with 95 % intervals over problems"})
    groups = [*report.concepts, None]
    table = {group: report.scores(group) for group in groups}
    for metric, colour in zip(metrics, (BLUE, ORANGE, GREEN, PURPLE), strict=False):
        triples = [table[group][metric] for group in groups]
        figure.add_bar(x=[group or "all" for group in groups], name=metric, marker_color=colour, **_bars(triples))
    return figure


def memorisation(probe: list[dict]) -> go.Figure:
    """CACP's probe: accuracy before and after a relational operator became its complement, with 95 % intervals."""
    layout = {"yaxis_title": "per cent", "yaxis_range": [0, 105], "barmode": "group", "title": "Relational operators"}
    figure = go.Figure(layout=LAYOUT | layout)
    ways = [f"{row['from']} → {row['to']} ({row['pairs']})" for row in probe]
    for side, colour in (("original", BLUE), ("counterfactual", ORANGE)):
        figure.add_bar(x=ways, name=side, marker_color=colour, **_bars([row[side] for row in probe]))
    return figure


def _bars(triples: list[tuple[float, float, float]]) -> dict:
    """Heights and intervals in per cent."""
    value, low, high = ([100 * triple[i] for triple in triples] for i in range(3))
    up, down = ([b - a for a, b in zip(*ends, strict=True)] for ends in ((value, high), (low, value)))
    # No cap where there is no interval: plotly takes None for 0, and draws one; of what is no number it draws none.
    whiskers = [["none" if x != x else x for x in part] for part in (up, down)]
    return {"y": value, "error_y": {"array": whiskers[0], "arrayminus": whiskers[1]}}


def ticks(rows: dict[str, list[bool]], columns: list[str], title: str) -> go.Figure:
    """A table of yes and no, in colours and in signs."""
    figure = go.Figure(layout=LAYOUT | {"title": title, "height": 170 + 40 * len(rows)})
    figure.add_heatmap(
        z=[[int(value) for value in row] for row in rows.values()], x=list(range(len(columns))), y=list(rows),
        text=[["✓" if value else "✗" for value in row] for row in rows.values()], texttemplate="%{text}",
        zmin=0, zmax=1, colorscale=[[0, ORANGE], [1, "#56B4E9"]], showscale=False, xgap=3, ygap=3,
    )  # fmt: skip
    figure.update_yaxes(autorange="reversed")
    return figure.update_xaxes(tickvals=list(range(len(columns))), ticktext=columns)


def gains(
    found: dict[str, dict[str, tuple[float, float, float]]], metrics: dict[str, str], title: str, unit: str = "points"
) -> go.Figure:
    """Differences with their intervals, a line a comparison: {comparison: {metric: (value, low, high)}}, times 100.

    `metrics`: which are drawn, and what the legend calls them. `unit`: what a hundredth of a value is called.
    """
    names = list(found)[::-1]  # plotly counts from below
    height = 150 + 70 * len(names)
    figure = go.Figure(layout=LAYOUT | {"title": title, "xaxis_title": unit, "height": height})
    # The title is placed by a share of the height, and would meet the legend in a tall figure.
    figure.update_layout(title={"y": 1 - 14 / height, "yanchor": "top"}, legend={"orientation": "h", "y": 1})
    figure.update_layout(margin={"l": 170, "r": 20, "t": 90, "b": 50}, legend_yanchor="bottom")
    drawn = zip(metrics.items(), (BLUE, ORANGE, GREEN, PURPLE), strict=False)
    for place, ((metric, shown), colour) in enumerate(drawn):
        triples = [found[name][metric] for name in names]
        bars = _bars(triples)
        rows = [row + 0.27 - 0.18 * place for row in range(len(names))]
        marker = {"color": colour, "size": 9}
        figure.add_scatter(x=bars["y"], y=rows, error_x=bars["error_y"], mode="markers", marker=marker, name=shown)
    figure.update_yaxes(tickvals=list(range(len(names))), ticktext=names, zeroline=False)
    figure.add_vline(x=0, line_color=GREY)
    return figure


def curves(
    found: dict[str, list[tuple[float, float, float, float]]],
    level: tuple[float, float, float],
    title: str,
    y: str = "per cent",
    scale: float = 100,
    across: str = "untuned",
) -> go.Figure:
    """A score against the tokens of tuning, with bands: {arm: [(tokens, value, low, high)]}, tokens on a log scale.

    `level`: the untuned model's value and interval, drawn across, named `across`. Values are shown times `scale`.
    """
    figure = go.Figure(layout=LAYOUT | {"title": title, "xaxis_title": "tokens of tuning", "yaxis_title": y})
    figure.add_hline(y=scale * level[0], line_dash="dot", line_color=GREY)
    figure.add_annotation(x=0, xref="paper", y=scale * level[0], text=across, showarrow=False, yshift=8, xanchor="left")
    colours = cycle((BLUE, ORANGE, GREEN, PURPLE, "#E69F00", "#56B4E9"))
    for (arm, points), colour in zip(found.items(), colours, strict=False):
        tokens, values, lows, highs = ([*column] for column in zip(*points, strict=True))
        edge = [scale * end for end in [*highs, *lows[::-1]]]
        band = {"fill": "toself", "fillcolor": colour, "opacity": 0.15, "line_width": 0, "hoverinfo": "skip"}
        figure.add_scatter(x=[*tokens, *tokens[::-1]], y=edge, showlegend=False, mode="lines", **band)
        lines = {"mode": "lines+markers", "line_color": colour, "name": arm}
        figure.add_scatter(x=tokens, y=[scale * value for value in values], **lines)
    told = sorted({tokens for points in found.values() for tokens, *_ in points})
    return figure.update_xaxes(type="log", tickvals=told, ticktext=[f"{tokens / 1e6:g} M" for tokens in told])
