"""The stop button in the long cells of the notebooks: nothing made so far is lost, what follows shows it, and the same
cell run again goes on from there."""

import nbformat
import pytest
from nbclient import NotebookClient

from procure_kit.commands.run import NOTEBOOKS
from tests.test_twice import SMALL

pytestmark = pytest.mark.slow
STOP = "import os, signal\ndef stop(): os.kill(os.getpid(), signal.SIGINT)\n"
VALIDATION = """
import procure_kit as pk
real, taken = pk.validate_all, []
def validate_all(pairs, **options):
    for verdict in real(pairs, **options):
        taken.append(verdict)
        yield verdict
        if len(taken) == 3:
            stop()
pk.validate_all = validate_all
"""
TRAINING = """
from procure_kit.views.live import LiveCurves
drawn, begun = LiveCurves.on_log, []
def on_log(self, *arguments, **options):
    drawn(self, *arguments, **options)
    begun.append(len(self.rows))
    if len(begun) == 2:
        stop()
LiveCurves.on_log = on_log
"""
EXPERIMENT = """
from procure_kit.experiments.curves import runs
real, called = runs.run_one, []
def run_one(name, *rest):
    called.append(name)
    if len(called) == 2:
        stop()
    real(name, *rest)
runs.run_one = run_one
"""
CASES = {  # the notebook: what stops it, a line of its long cell, what holds then, and what holds in the end
    "02_validation": (VALIDATION, "pk.validate_all(left", "len(verdicts) == 3", "len(verdicts) == len(applicable) > 3"),
    "03_qlora_finetuning": (
        TRAINING, "pk.train(", "len(log) in (2, 3), log", "[row['step'] for row in log] == [1, 2, 3, 4]",
    ),
    "06_experiments": (
        EXPERIMENT, "run_all(", "curves.arms_of(live) == ['originals'] and not both",
        "called == ['originals', 'plain', 'plain'] and both",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_stopped_cell_keeps_what_it_has_and_goes_on(name, tmp_path, monkeypatch):
    monkeypatch.setenv("PLOTLY_RENDERER", "plotly_mimetype")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    setup, line, then, at_last = CASES[name]
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    place = next(i for i, source in enumerate(code) if line in source)
    given = SMALL[name] | ({"steps": 4} if name.startswith("03") else {})
    parameters = "\n".join(f"{key} = {value!r}" for key, value in given.items())
    stopped, behind = code[place], code[place + 1 : place + 3]
    cells = [*code[:2], parameters, *code[2:place], STOP + setup, stopped, f"assert {then}", *behind, stopped]
    notebook.cells = [nbformat.v4.new_code_cell(source) for source in [*cells, f"assert {at_last}", *behind]]
    notebook.cells[place + 2].metadata["tags"] = ["raises-exception"]  # where the stop is told by a traceback
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": tmp_path}}).execute()
