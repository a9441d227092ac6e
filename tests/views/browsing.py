"""Headless Chromium for the tests: pages without a network, screenshots kept to be looked at."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
QUIET = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
MARKS = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (apt-get install chromium)"),
]
SCREENS = Path(__file__).parents[2] / "runs" / "screens"  # not committed


@contextmanager
def chromium():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@contextmanager
def offline(browser, path: Path, ready: str = "#maps canvas", **look):
    """A file opened with the network off, once `ready` is there; what it asks for, and what it complains of, is in
    `page.trouble`."""
    context = browser.new_context(offline=True, **look)
    page = context.new_page()
    page.set_default_timeout(120_000)
    page.trouble = []
    page.on("request", lambda request: request.url != path.as_uri() and page.trouble.append(request.url))
    page.on("pageerror", lambda error: page.trouble.append(str(error)))
    page.on("console", lambda message: message.type == "error" and page.trouble.append(message.text))
    page.route("**/*", lambda route: route.continue_() if route.request.url == path.as_uri() else route.abort())
    page.goto(path.as_uri())
    page.wait_for_selector("body[data-drawn]")
    page.wait_for_selector(ready)
    yield page
    context.close()


def shot(page, name: str, **options) -> None:
    SCREENS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENS / f"{name}.png", **options)


@contextmanager
def jupyterlab(folder: Path, cells: list[str]):
    """The address of a JupyterLab on a notebook of these cells, look.ipynb; it is stopped afterwards."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, folder / "look.ipynb")
    settings = folder / "config" / "lab" / "user-settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True, exist_ok=True)
    (settings / "notification.jupyterlab-settings").write_text('{"fetchNews": "false"}')  # it asks, over what is shown
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--port=0", "--ip=127.0.0.1"]
    command += ["--IdentityProvider.token=", "--LabApp.extension_manager=readonly"]  # reachable only from here
    environment = os.environ | {"JUPYTER_CONFIG_DIR": str(folder / "config"), "JUPYTER_DATA_DIR": str(folder / "data")}
    environment.pop("PLOTLY_RENDERER", None)
    log = folder / "lab.log"  # a pipe that nobody reads on would fill, and hold the server up
    with log.open("w") as stderr:
        server = subprocess.Popen(command, cwd=folder, env=environment, stderr=stderr, start_new_session=True)
    try:
        while not (address := re.search(r"http://127\.0\.0\.1:\d+/lab", log.read_text())):
            if server.poll() is not None:
                pytest.fail(f"JupyterLab did not start: {log.read_text()}")
            time.sleep(0.2)
        yield address[0]
    finally:
        server.terminate()
        try:
            server.wait(timeout=60)
        except subprocess.TimeoutExpired:  # its ending is not what is tested; on a busy machine it once hung
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


@contextmanager
def lab_page(folder: Path, cells: list[str]):
    """The notebook of these cells, open in a browser, with all of them sent to the kernel."""
    with jupyterlab(folder, cells) as lab, chromium() as browser:
        page = browser.new_page(viewport={"width": 1500, "height": 1700})
        page.set_default_timeout(300_000)
        page.goto(f"{lab}/tree/look.ipynb")
        page.wait_for_selector(".jp-CodeCell")
        page.wait_for_selector("text=Python 3 (ipykernel) | Idle")
        page.click(".jp-CodeCell .cm-content")
        for _ in cells:
            page.keyboard.press("Shift+Enter")
        yield page
