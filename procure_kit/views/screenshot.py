"""A PNG of a page, by headless Chromium: the static picture that stands in committed notebooks."""

import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory


def chromium() -> str:
    """The browser's command. Raises: ValueError where there is none."""
    browser = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chromium-browser"))), None)
    if browser is None:
        raise ValueError("a static picture needs Chromium (apt-get install chromium)")
    return browser


def screenshot(html: str, width: int, height: int) -> bytes:
    """Open the page with no network and return what it shows. Raises: ValueError without Chromium or a picture."""
    browser = chromium()
    with TemporaryDirectory(prefix="procure-") as folder:
        source, picture = Path(folder, "page.html"), Path(folder, "page.png")
        source.write_text(html, encoding="utf-8")
        command = [
            browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
            f"--user-data-dir={folder}/profile", f"--window-size={width},{height}", "--virtual-time-budget=4000",
            f"--screenshot={picture}", source.as_uri(),
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        if not picture.is_file():
            raise ValueError(f"Chromium made no picture: {done.stderr.strip()[-300:]}")
        return picture.read_bytes()


def picture(html: str, text: str, width: int, height: int, alt: str = "") -> tuple[dict, dict] | None:
    """What a notebook shows of a page in its place while committed notebooks are made; None at any other time.

    `procure run --in-place` asks for it, by the renderer that it sets for plotly's figures. alt: the alternative text,
    where it says more than `text`.
    """
    if "png" in os.environ.get("PLOTLY_RENDERER", ""):
        return {"image/png": screenshot(html, width, height), "text/plain": text}, {"image/png": {"alt": alt or text}}
    return None
