"""Executed notebooks made ready: nothing volatile, Lab's own metadata, words for each picture."""

import nbformat

from procure_kit.commands.committing import (
    FIGURE,
    KERNEL,
    WIDGET,
    alternative,
    commit_ready,
    described,
    without_widgets,
)
from procure_kit.views.figures import gains, outcomes


def test_a_page_shows_what_a_widget_gives_beside_itself():
    alone, beside = {WIDGET: {}, "text/plain": "box"}, {WIDGET: {}, "text/html": "<p>box"}
    cell = nbformat.v4.new_code_cell("")
    cell.outputs = [nbformat.v4.new_output("display_data", data=data) for data in (alone, beside)]
    shown = without_widgets(nbformat.v4.new_notebook(cells=[cell])).cells[0].outputs
    assert [set(output["data"]) for output in shown] == [set(alone), {"text/html"}]


def test_what_differs_from_run_to_run_is_not_committed(tmp_path):
    cell = nbformat.v4.new_code_cell("1", metadata={"tags": ["a"], "execution": {}, "papermill": {}})
    cell.outputs = [
        nbformat.v4.new_output("stream", name="stderr", text="warning"),
        nbformat.v4.new_output("display_data", data={WIDGET: {}, "text/html": "box"}),
        nbformat.v4.new_output("stream", name="stdout", text="1"),
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("text"), cell])
    notebook.metadata |= {"papermill": {}, "widgets": {}, "language_info": {"name": "python", "version": "3.11.7"}}
    nbformat.write(notebook, tmp_path / "executed.ipynb")
    commit_ready(tmp_path / "executed.ipynb", tmp_path / "kept.ipynb")
    kept = nbformat.read(tmp_path / "kept.ipynb", as_version=4)
    assert [output.text for output in kept.cells[1].outputs] == ["1"]
    assert dict(kept.cells[1].metadata) == {"tags": ["a"]}
    assert set(kept.metadata) == {"language_info", "kernelspec"}
    assert kept.metadata["kernelspec"] == KERNEL and kept.metadata["language_info"]["version"] == "3.11.7"


def test_a_figure_is_told_in_words_where_it_has_a_picture():
    figure = outcomes([("if_else_flip", "valid"), ("if_else_flip", "timeout")], "Verdicts").to_plotly_json()
    assert alternative(figure) == "Verdicts. yaxis: count. bar of valid, bar of timeout"
    found = {"a − b": {"m": (0.1, 0.0, 0.3)}}
    told = alternative(gains(found, {"m": "original"}, "What changes").to_plotly_json())
    assert told.startswith("What changes") and "xaxis: points" in told and "scatter of original" in told
    cell = nbformat.v4.new_code_cell("")
    data = [{FIGURE: figure, "image/png": "AA"}, {FIGURE: figure}]
    cell.outputs = [nbformat.v4.new_output("display_data", data=each) for each in data]
    one, other = described(nbformat.v4.new_notebook(cells=[cell])).cells[0].outputs
    assert one.metadata["image/png"]["alt"].startswith("Verdicts") and not other.metadata


def test_words_hold_nothing_that_plotly_reads_as_markup():
    title = "not\xa0wrapped&nbsp;here<br><b>a &lt; b</b>, and 1 < 2 > 1"
    assert alternative({"layout": {"title": {"text": title}}}) == "not wrapped here a < b, and 1 < 2 > 1"
