"""Executed notebooks as they are committed and as pages show them: what is volatile out, alternative text in."""

import html
import re
from pathlib import Path

WIDGET = "application/vnd.jupyter.widget-view+json"
FIGURE = "application/vnd.plotly.v1+json"
MARKUP = re.compile(r"</?(?:a|b|em|i|s|span|sub|sup|u)\b[^>]*>")  # what plotly reads in a text, beside <br>
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}  # as Lab writes it


def commit_ready(executed: Path, path: Path) -> None:
    """Put the executed notebook in the place of the committed one, without what differs from run to run.

    Log lines on standard error and live widgets go too: on a page where nothing runs they say nothing. The metadata
    are those that JupyterLab writes, so that a notebook which is opened is not changed by it.
    """
    import nbformat

    notebook = described(nbformat.read(executed, as_version=4))
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if not _volatile(output)]
    for metadata in (notebook.metadata, *(cell.metadata for cell in notebook.cells)):
        for volatile in ("papermill", "execution", "widgets"):
            metadata.pop(volatile, None)
    notebook.metadata["kernelspec"] = KERNEL
    nbformat.write(notebook, path)


def described(notebook):
    """The notebook with alternative text on each figure that has a picture."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if FIGURE in output.get("data", {}) and "image/png" in output["data"]:
                output.metadata.setdefault("image/png", {})["alt"] = alternative(output["data"][FIGURE])
    return notebook


def alternative(figure: dict) -> str:
    """A plotly figure in words: its title, its axes, and what each trace is called."""
    layout = figure.get("layout", {})
    titles = [_title(layout)] + [note.get("text", "") for note in layout.get("annotations", [])]
    axes = [f"{name}: {title}" for name in ("xaxis", "yaxis") if (title := _title(layout.get(name, {})))]
    traces = [f"{trace.get('type', 'scatter')} of {trace.get('name') or 'values'}" for trace in figure.get("data", [])]
    told = ". ".join(filter(None, ["; ".join(filter(None, titles)), *axes, ", ".join(dict.fromkeys(traces))]))
    return " ".join(html.unescape(MARKUP.sub("", told.replace("<br>", " "))).split())


def without_widgets(notebook):
    """The notebook as a page shows it, where no kernel answers: what a widget gives beside itself takes its place."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if data.keys() & {"text/html", "image/png"}:
                data.pop(WIDGET, None)
    return notebook


def _title(part: dict) -> str:
    title = part.get("title") or ""
    return (title.get("text") or "") if isinstance(title, dict) else title


def _volatile(output) -> bool:
    return output.get("name") == "stderr" or WIDGET in output.get("data", {})
