"""How values and control flow in both programs of a pair, side by side."""

from html import escape

from procure_kit.problems.counterfactual import Counterfactual
from procure_kit.views.analysis_pictures import control_flow_picture, definition_use_picture

PICTURES = ((definition_use_picture, "definitions and uses"), (control_flow_picture, "control flow"))


def flow_pictures(cf: Counterfactual) -> list[tuple[str, str]]:
    """(title, SVG) of the function that was rewritten: each kind of picture, in the original and the counterfactual.

    Raises: ValueError for a change outside of all functions.
    """
    sides = ("original", cf.original, cf.changed_original), ("counterfactual", cf.counterfactual, cf.changed)
    return [
        (f"{title}, {side}", draw(text, spans[0][0] if spans else None).html)
        for draw, title in PICTURES
        for side, text, spans in sides
    ]


def show_flow(cf: Counterfactual) -> str:
    """The pictures as HTML, two beside one another where the page is wide enough."""
    parts = [
        f'<div style="flex:1 1 30em;min-width:0"><p><b>{escape(title)}</b></p>{svg}</div>'
        for title, svg in flow_pictures(cf)
    ]
    return f'<div style="display:flex;flex-wrap:wrap;gap:0 1em">{"".join(parts)}</div>'
