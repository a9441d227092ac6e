"""The pair view as one HTML page that needs no network: the template, its style and script, and the packed values.

Every value is a byte (merging.py). What is sent of a layer is, for each entry that is kept, how far it stands behind
the one before it and the entry itself: two byte strings, deflated and in base64. A gap over 255 is bridged by empty
entries. When a pair has more than `KEPT` entries, the weakest are left out, and the page says below which share.

Nothing of the programs becomes markup: they travel as JSON without a "<" and are put into the page as text, and the
page's policy runs its own script alone, known by its hash.
"""

import base64
import hashlib
import json
import re
import zlib
from concurrent.futures import ThreadPoolExecutor
from html import escape
from importlib.resources import files

import numpy as np

from procure_kit.views.pair.merging import LEVELS

KEPT = 5_000_000  # entries of all maps of a page: about 1.5 bytes each


def page(meta: dict, maps: list[list[dict[str, np.ndarray]]]) -> str:
    """The whole page. `maps[measurement][side][view]` is (L, H, T); `meta` what script.js reads."""
    stacks = {
        f"{m}-{s}-{view}": packed
        for m, sides in enumerate(maps)
        for s, side in enumerate(sides)
        for view, packed in side.items()
    }
    lowest = lowest_kept(list(stacks.values()), KEPT)
    meta = meta | {"levels": LEVELS, "floor": (max(lowest - 0.5, 0) / LEVELS) ** 2 if lowest > 1 else 0}
    jobs = [(f"{name}-{k}", layer, lowest) for name, packed in stacks.items() for k, layer in enumerate(packed)]
    with ThreadPoolExecutor(2) as threads:  # zlib runs without Python's lock
        blocks = list(threads.map(lambda job: _block(*job), jobs))
    style, script = _part("style.css"), _part("values.js") + _part("script.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    parts = {
        "POLICY": f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data:",
        "TITLE": escape(meta["title"]),
        "STYLE": style,
        "META": as_json(meta),
        "BLOCKS": "\n".join(blocks),
        "SCRIPT": script,
    }
    return re.sub("@([A-Z]+)@", lambda mark: parts[mark[1]], _part("page.html"))


def _part(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf-8")


def as_json(value) -> str:
    """JSON that can stand in a script element: ASCII alone, and no character that could end it."""
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c").replace("&", "\\u0026")


def lowest_kept(stacks: list[np.ndarray], kept: int) -> int:
    """The smallest value, from 1 up, from which on at most `kept` entries remain."""
    counts = sum(_counted(layer.ravel()) for packed in stacks for layer in packed)
    above = np.append(counts[::-1].cumsum()[::-1], 0)  # entries of each value or more
    return max(1, int(np.argmax(above <= kept)))


def _counted(values: np.ndarray) -> np.ndarray:
    """How often each byte occurs: two at a time, for bincount widens what it counts to eight bytes."""
    even = len(values) // 2 * 2
    pairs = np.bincount(values[:even].view(np.uint16), minlength=1 << 16).reshape(256, 256)
    return pairs.sum(0) + pairs.sum(1) + np.bincount(values[even:], minlength=256)


def _block(name: str, layer: np.ndarray, lowest: int) -> str:
    gaps, values = sparse(layer.ravel(), lowest)
    data = ".".join(base64.b64encode(_deflated(part)).decode() for part in (gaps, values))
    return f'<script type="text/plain" id="d-{name}">{data}</script>'


def sparse(values: np.ndarray, lowest: int) -> tuple[bytes, bytes]:
    """The entries from `lowest` on: how far each stands behind the one before it (1 to 255), and what it is."""
    places = np.flatnonzero(values >= lowest)
    gaps = np.diff(places, prepend=-1)
    bridges = (gaps - 1) // 255  # steps of 255 onto entries that stay empty
    ends = np.cumsum(bridges + 1) - 1
    steps = np.full(int(ends[-1]) + 1 if len(ends) else 0, 255, dtype=np.uint8)
    kept = np.zeros(len(steps), dtype=np.uint8)
    steps[ends] = gaps - 255 * bridges
    kept[ends] = values[places]
    return steps.tobytes(), kept.tobytes()


def _deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(3, zlib.DEFLATED, -15)  # bare, as the browser's "deflate-raw" reads it
    return packer.compress(data) + packer.flush()
