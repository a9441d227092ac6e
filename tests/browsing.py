"""Headless Chromium for the tests: pages without a network, screenshots kept to be looked at."""

import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
QUIET = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
MARKS = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (apt-get install chromium)"),
]
SCREENS = Path(__file__).parents[1] / "runs" / "screens"  # not committed


@contextmanager
def chromium():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@contextmanager
def offline(browser, path: Path, **look):
    """A file opened with the network off; what it asks for, and what it complains of, is in `page.trouble`."""
    context = browser.new_context(offline=True, **look)
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.trouble = []
    page.on("request", lambda request: request.url != path.as_uri() and page.trouble.append(request.url))
    page.on("pageerror", lambda error: page.trouble.append(str(error)))
    page.on("console", lambda message: message.type == "error" and page.trouble.append(message.text))
    page.route("**/*", lambda route: route.continue_() if route.request.url == path.as_uri() else route.abort())
    page.goto(path.as_uri())
    page.wait_for_selector("body[data-drawn]")
    page.wait_for_selector("#maps canvas")
    yield page
    context.close()


def shot(page, name: str, **options) -> None:
    SCREENS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENS / f"{name}.png", **options)
