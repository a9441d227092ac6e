"""A notebook that came back from somebody else, in JupyterLab, which does not trust it: its pictures are there."""

import nbformat

import procure_kit as pk
from tests.training.loss.test_attention import model as lm
from tests.training.test_examples import RENAMED, byte_tokenizer
from tests.views.browsing import MARKS, chromium, jupyterlab, shot

pytestmark = MARKS
SOURCE = "def f(x: int):\n    if x > 0:\n        y = 1\n    else:\n        y = 2\n    return y\n"


def test_pictures_of_an_untrusted_notebook_are_seen(tmp_path, monkeypatch):
    monkeypatch.delenv("PLOTLY_RENDERER", raising=False)
    shown = [pk.control_flow_picture(SOURCE), pk.attention_pair(lm(), byte_tokenizer(), RENAMED)]
    with jupyterlab(tmp_path, ["1"]) as lab, chromium() as browser:
        cells = []
        for each in shown:
            data, metadata = each._repr_mimebundle_()
            output = nbformat.v4.new_output("display_data", data=data, metadata=metadata)
            cells.append(nbformat.v4.new_code_cell("shown", outputs=[output], execution_count=1))
        nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "returned.ipynb")
        page = browser.new_page(viewport={"width": 1400, "height": 1300})
        page.set_default_timeout(60_000)
        page.goto(f"{lab}/tree/returned.ipynb")
        for alt in ("control-flow graph of f: line", "Attention pair"):
            image = page.locator(f".jp-OutputArea img[alt^='{alt}']")
            image.wait_for(state="visible")
            assert image.evaluate("element => element.naturalWidth") > 100
        assert page.locator(".jp-RenderedHTML iframe, .jp-RenderedHTML svg").count() == 0
        shot(page, "returned_untrusted")
