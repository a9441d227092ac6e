"""The gallery as one HTML page that needs no network: the template, its style and scripts, and what was collected.

Nothing of a program becomes markup: it travels as deflated JSON and is put into the page as text. The flow pictures
are SVG of the kit's own, in which code is escaped; the page's policy runs its own script alone, known by its hash.
"""

import base64
import hashlib
import json
import re
import zlib
from html import escape
from importlib.resources import files

SCRIPTS = ("code.js", "browse.js", "predict.js")
LARGEST = 15_000_000  # bytes: what a phone still opens, and a mail still carries


def gallery_page(title: str, problems: list[dict], model: str = "") -> str:
    """The whole page. `problems` are `collect`'s; `model` is the name of the model that they tell of.

    Raises: ValueError where it would be larger than `LARGEST`, with what to do.
    """
    script = "\n".join(map(_part, SCRIPTS))
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    data = {"title": title, "model": model, "problems": problems}
    parts = {
        "POLICY": f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data:",
        "TITLE": escape(title),
        "STYLE": _part("style.css"),
        "DATA": base64.b64encode(_deflated(json.dumps(data, separators=(",", ":")).encode())).decode(),
        "SCRIPT": script,
    }
    html = re.sub("@([A-Z]+)@", lambda mark: parts[mark[1]], _part("page.html"))
    if len(html) > LARGEST:
        raise ValueError(f"the page has {len(html) / 1e6:.0f} MB, {LARGEST / 1e6:.0f} at most: take fewer with --limit")
    return html


def _part(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf-8")


def _deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)  # bare, as the browser's "deflate-raw" reads it
    return packer.compress(data) + packer.flush()
