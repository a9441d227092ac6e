"""A training that is stopped in a notebook: in a real kernel, by the interrupt that Lab's button sends.

The cells are notebook 03's own, up to the picture of the curves. Nothing waits for a time: the interrupt is sent once
steps have been drawn, and the run is long enough never to end by itself.
"""

import json
import os
import re
from types import SimpleNamespace

import nbformat
import pytest
from jupyter_client.manager import KernelManager

from procure_kit.commands.run import NOTEBOOKS
from procure_kit.views.live import LiveCurves

FEW = "limit, steps, batch_size = 1, 100_000, 1"


def test_curves_grow_with_the_log():
    curves = LiveCurves()
    state = SimpleNamespace(global_step=3)
    terms = {"nll": 2.0, "mask": 1.0, "attention": 0.9, "mean_mass": 0.1, "n_query": 4}
    curves.on_log(None, state, None, logs=terms)
    curves.on_log(None, state, None, logs={"train_runtime": 1.0})
    assert {trace.name: (list(trace.x), list(trace.y)) for trace in curves.figure.data} == {
        name: ([3], [terms[name]]) for name in ("nll", "mask", "attention", "mean_mass")
    }


class Kernel:
    def __init__(self, folder):
        self.manager = KernelManager()
        self.manager.start_kernel(cwd=folder, env=os.environ | {"PLOTLY_RENDERER": "plotly_mimetype"})
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=300)

    def run(self, code: str, stop_after: int = 0) -> tuple[str, list[dict]]:
        """What a cell prints, and what it shows; it is interrupted once its live figure has grown so many times."""
        asked, said, shown, drawn = self.client.execute(code), "", [], 0
        while True:
            message = self.client.get_iopub_msg(timeout=300)
            kind, content = message["msg_type"], message["content"]
            if message["parent_header"].get("msg_id") != asked:
                continue
            assert kind != "error", content
            if kind == "stream":
                said += content["text"]
            elif kind == "display_data":
                shown.append(content["data"])
            elif kind == "comm_msg" and "_py2js_update" in json.dumps(content["data"]):
                drawn += 1
                if drawn == stop_after:
                    self.manager.interrupt_kernel()
            elif kind == "status" and content["execution_state"] == "idle":
                return said, shown

    def stop(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


def steps_of(figure: dict) -> list[int]:
    """Those of the first curve of a figure."""
    return figure["application/vnd.plotly.v1+json"]["data"][0]["x"]


@pytest.mark.slow
def test_a_stopped_training_shows_its_curves_and_goes_on_when_the_cell_is_run_again(tmp_path, monkeypatch):
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    cells = [
        cell for cell in nbformat.read(NOTEBOOKS / "03_qlora_finetuning.ipynb", 4).cells if cell.cell_type == "code"
    ]
    sources = [cell.source for cell in cells]
    (train,) = (k for k, source in enumerate(sources) if "pk.train(" in source)
    kernel = Kernel(tmp_path)
    try:
        for source in sources[:train]:
            kernel.run(source + (f"\n{FEW}" if source.startswith("# With a Hub") else ""))
        before = 0
        for _ in range(2):
            said, _ = kernel.run(sources[train], stop_after=3)
            stopped = int(re.search(r"stopped after step (\d+): load the model and run again", said)[1])
            assert stopped > before and f"{stopped} steps logged" in said
            _, (figure,) = kernel.run(sources[train + 1])
            assert steps_of(figure) == list(range(1, stopped + 1))
            before = stopped
    finally:
        kernel.stop()
