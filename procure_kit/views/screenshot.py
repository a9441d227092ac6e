"""A PNG of a page, by headless Chromium: the static picture that stands in committed notebooks."""

import os
import re
import shutil
import subprocess
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory

# Says in its title how high a page is that is drawn in it.
_FRAME = """<!doctype html><title></title><iframe width="{width}" height="{height}" srcdoc="{page}" style="border:0">
</iframe><script>addEventListener("load", () => setTimeout(() => {{
  const page = document.querySelector("iframe").contentDocument, end = page.body.getBoundingClientRect().bottom;
  document.title = Math.ceil(end + parseFloat(getComputedStyle(page.body).marginBottom));
}}, 2000));</script>"""


def chromium() -> str:
    """The browser's command. Raises: ValueError where there is none."""
    browser = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chromium-browser"))), None)
    if browser is None:
        raise ValueError("a static picture needs Chromium (apt-get install chromium)")
    return browser


def screenshot(html: str, width: int, height: int) -> bytes:
    """Open the page with no network and return what it shows, down to its end or to the height.

    Raises: ValueError without Chromium or a picture.
    """
    with TemporaryDirectory(prefix="procure-") as folder:
        picture = Path(folder, "page.png")
        frame = _FRAME.format(width=width, height=height, page=escape(html))
        found = re.search(r"<title>(\d+)</title>", _opened(folder, frame, width, height, "--dump-dom").stdout)
        done = _opened(folder, html, width, min(int(found[1]), height) if found else height, f"--screenshot={picture}")
        if not picture.is_file():
            raise ValueError(f"Chromium made no picture: {done.stderr.strip()[-300:]}")
        return picture.read_bytes()


def _opened(folder: str, html: str, width: int, height: int, wish: str) -> subprocess.CompletedProcess:
    source = Path(folder, "page.html")
    source.write_text(html, encoding="utf-8")
    command = [
        chromium(), "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
        f"--user-data-dir={folder}/profile", f"--window-size={width},{height}", "--virtual-time-budget=4000", wish,
        source.as_uri(),
    ]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def picture(html: str, text: str, width: int, height: int, alt: str = "") -> tuple[dict, dict] | None:
    """What a notebook shows of a page in its place while committed notebooks are made; None at any other time.

    `procure run --in-place` asks for it, by the renderer that it sets for plotly's figures. alt: the alternative text,
    where it says more than `text`.
    """
    if "png" in os.environ.get("PLOTLY_RENDERER", ""):
        return {"image/png": screenshot(html, width, height), "text/plain": text}, {"image/png": {"alt": alt or text}}
    return None
