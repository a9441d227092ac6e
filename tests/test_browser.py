"""The widgets in a real browser: JupyterLab started here, headless Chromium driven by Playwright."""

import os
import re
import shutil
import subprocess
import sys

import nbformat
import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
QUIET = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (apt-get install chromium)"),
]


@pytest.fixture(scope="module")
def page():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = browser.new_page(viewport={"width": 1500, "height": 1400})
        page.set_default_timeout(60_000)
        yield page
        browser.close()


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The address of a JupyterLab on a notebook that shows the explorer; it is stopped afterwards."""
    folder = tmp_path_factory.mktemp("lab")
    notebook = nbformat.v4.new_notebook()
    notebook.cells.append(nbformat.v4.new_code_cell("import procure_kit as pk\n\npk.explorer()"))
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, folder / "explore.ipynb")
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--port=0", "--ip=127.0.0.1"]
    command += ["--IdentityProvider.token=", "--LabApp.extension_manager=readonly"]  # reachable only from here
    environment = os.environ | {"JUPYTER_CONFIG_DIR": str(folder / "config"), "JUPYTER_DATA_DIR": str(folder / "data")}
    server = subprocess.Popen(
        command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    for line in server.stderr:
        if address := re.search(r"http://127\.0\.0\.1:\d+/lab", line):
            break
    else:
        pytest.fail("JupyterLab did not start")
    yield address[0]
    server.terminate()
    server.wait(timeout=20)


def shot(page, request, name: str) -> None:
    """Keep what was seen, to be looked at: runs/screens is not committed."""
    folder = request.config.rootpath / "runs" / "screens"
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / f"{name}.png")


@pytest.fixture(scope="module")
def explorer(lab, page):
    page.goto(f"{lab}/tree/explore.ipynb")
    page.wait_for_selector(".jp-CodeCell")
    page.wait_for_selector("text=Python 3 (ipykernel) | Idle")
    page.click(".jp-CodeCell .cm-content")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".widget-dropdown select")
    return page


def choose(page, description: str, label: str) -> None:
    page.locator(".widget-dropdown", has_text=description).locator("select").select_option(label=label)


def test_another_concept_gives_another_pair(explorer, request):
    choose(explorer, "concept", "variable_name_random")
    explorer.wait_for_selector("th:has-text('counterfactual: variable_name_random')")
    marked = explorer.locator("td pre ins").all_text_contents()
    shot(explorer, request, "explorer_random_names")
    assert marked and any(re.fullmatch(r"[a-z]{5}", text) for text in marked)


def test_the_button_runs_the_tests(explorer, request):
    choose(explorer, "concept", "if_else_flip")
    explorer.wait_for_selector("th:has-text('counterfactual: if_else_flip')")
    explorer.click("button:has-text('run tests')")
    explorer.wait_for_selector("b:text-matches('^valid')")
    shot(explorer, request, "explorer_verdict")


def test_broken_code_is_a_sentence_not_a_traceback(explorer, request):
    choose(explorer, "problem", "my own code")
    explorer.fill(".widget-textarea textarea", "def f(:\n    <script>")
    explorer.wait_for_selector(".widget-html b:has-text('line 1')")
    shot(explorer, request, "explorer_broken_code")
    assert explorer.locator("text=Traceback").count() == 0
    # No verdict of what stood there before.
    assert explorer.locator(".widget-html b:text-matches('^valid')").count() == 0
    assert explorer.locator(".widget-html script").count() == 0
