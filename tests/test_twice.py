"""Each notebook in one kernel, every cell twice, the second time with what a reader would type as the answer.

So nothing breaks when a cell is run again, no parameter is used up, and each printed solution is right on what the
notebook has made. Small parameters: it is about the order of cells, not about their results.
"""

import re

import nbformat
import pytest
from nbclient import NotebookClient

from procure_kit.commands.run import NOTEBOOKS
from procure_kit.views.lessons import EXERCISES

pytestmark = pytest.mark.slow
SMALL = {
    "00_quickstart": {},
    "01_perturbation": {},
    "01b_llm_generator": {"per_concept": 1, "turns": 0},
    "02_validation": {"limit": 24},
    "03_qlora_finetuning": {"limit": 3, "steps": 2, "batch_size": 2},
    "04_attention_maps": {"steps": 1, "real_model": "tiny"},
    "05_evaluation": {"limit": 6, "samples": 1, "k": [1], "max_new_tokens": 24},
    "06_experiments": {"until": 2000, "composition": 2, "family": 1, "workers": 1},
}
ASKED = re.compile(r'lessons\.check\("([^"]+)"')
SOLVED = re.compile(r"Solution</summary>\s+```python\n(.*?)```", re.S)


def twice(notebook, parameters: dict) -> list:
    """Every code cell followed by itself; one that asks by itself with the printed solution as the answer, and the
    parameters by other values."""
    solutions = [found[1] for cell in notebook.cells if (found := SOLVED.search(cell.source))]
    cells = []
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        again = cell.source
        if ASKED.search(again):
            again = re.sub(r"(?m)^answer = None.*$", lambda _: solutions.pop(0), again)
        if "parameters" in cell.metadata.get("tags", []):
            again = "\n".join(f"{name} = {value!r}" for name, value in parameters.items())
        cells += [nbformat.v4.new_code_cell(text) for text in (cell.source, again)]
    assert not solutions
    return cells


def test_every_notebook_is_here():
    assert sorted(SMALL) == [path.stem for path in sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))]


@pytest.mark.parametrize("name", SMALL)
def test_every_cell_runs_twice_and_every_solution_is_right(name, tmp_path, monkeypatch):
    monkeypatch.setenv("PLOTLY_RENDERER", "plotly_mimetype")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    notebook.cells = twice(notebook, SMALL[name])
    notebook.cells.append(nbformat.v4.new_code_cell("lessons.progress()"))
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": tmp_path}}).execute()
    said = "".join(output.text for output in notebook.cells[-1].outputs)  # in one piece or several, as it comes
    for exercise in EXERCISES.values():
        if exercise.notebook == name.split("_")[0]:
            assert f"{exercise.name}: right at try 1" in said
    red = [o.text for cell in notebook.cells for o in cell.get("outputs", []) if o.get("name") == "stderr"]
    red = [text for text in red if "it/s" not in text and "%|" not in text]  # bars are red, and no warning
    assert not [text for text in red if "Warning" in text or "Failed" in text or "pip install" in text]
