"""Pictures that are seen where nothing runs and nothing is trusted: a PNG of an SVG, made without a browser.

JupyterLab strips <svg>, <iframe> and <script> from the HTML of a notebook that it does not trust, which a fresh clone
and a student's returned notebook both are. An <img> stays, and a viewer that shows no HTML has the PNG.
"""

import re
from base64 import b64encode
from html import escape

import resvg_py

from procure_kit.views.code_view import CodeView

VARIABLE = re.compile(r"var\(--[\w-]+,\s*([^()]+)\)")  # a page's colour, with the one to take where it gives none
SIZE = re.compile(r'width="([\d.]+)" height="([\d.]+)"')
MONOSPACE = "DejaVu Sans Mono, Menlo, Consolas, Liberation Mono, Courier New, monospace"
SANS = "DejaVu Sans, Helvetica, Arial, Liberation Sans, sans-serif"
SHARPNESS = 1.25  # pixels a CSS pixel


class Picture(CodeView):
    """An SVG that a notebook shows as an image, with `title` and text as its alternative text."""

    def __init__(self, svg: str, text: str, title: str):
        super().__init__(svg, text)
        self.alt = f"{title}: {'; '.join(text.splitlines())}"

    def _repr_mimebundle_(self, include=None, exclude=None) -> tuple[dict, dict]:
        return bundle(self.html, self.alt, str(self))


def bundle(svg: str, alt: str, text: str) -> tuple[dict, dict]:
    """What a notebook shows of an SVG, and the metadata with the alternative text."""
    shown = {"image/png": b64encode(png(svg)).decode(), "text/html": img(svg, alt), "text/plain": text}
    width, height = (round(float(number)) for number in SIZE.search(svg).groups())
    return shown, {"image/png": {"alt": alt, "width": width, "height": height}}


def img(svg: str, alt: str) -> str:
    """The SVG as an <img> that carries it."""
    source = b64encode(plain(svg).encode()).decode()
    return f'<img alt="{escape(alt)}" style="max-width:100%" src="data:image/svg+xml;base64,{source}">'


def png(svg: str) -> bytes:
    """The SVG as a PNG, by resvg, which knows no variables and no list of fonts of its own."""
    named = plain(svg).replace('"monospace"', f'"{MONOSPACE}"').replace('"sans-serif"', f'"{SANS}"')
    return bytes(resvg_py.svg_to_bytes(svg_string=named, zoom=SHARPNESS))


def plain(svg: str) -> str:
    """The SVG in its own colours: an image has no page to take them from."""
    return VARIABLE.sub(r"\1", svg)
