"""The page's values and its safety, without a browser."""

import base64
import hashlib
import json
import re
import zlib

import numpy as np
import pytest

from procure_kit.views.pair.page import as_json, lowest_kept, page, sparse

HOSTILE = "</script><img src=x onerror=alert(1)>&<!--\u2028'\"@BLOCKS@\\1"


def filled(steps: bytes, values: bytes, size: int) -> np.ndarray:
    """What values.js makes of them."""
    found, place = np.zeros(size, dtype=np.uint8), -1
    for step, value in zip(steps, values, strict=True):
        place += step
        found[place] = value
    return found


@pytest.mark.parametrize("density", [0.0, 0.001, 0.05, 1.0])
@pytest.mark.parametrize("lowest", [1, 40])
def test_sparse_values_come_back_but_for_the_weakest(density, lowest):
    rng = np.random.default_rng(0)
    values = (rng.integers(1, 256, 5000) * (rng.random(5000) < density)).astype(np.uint8)
    assert (filled(*sparse(values, lowest), 5000) == np.where(values >= lowest, values, 0)).all()


@pytest.mark.parametrize("gap", [254, 255, 256, 510, 511])
def test_gaps_are_bridged(gap):
    values = np.zeros(gap + 1, dtype=np.uint8)
    values[gap] = 7
    steps, kept = sparse(values, 1)
    assert (filled(steps, kept, gap + 1) == values).all()


@pytest.mark.parametrize("kept, lowest", [(6, 1), (5, 1), (4, 2), (2, 3), (0, 10)])
def test_the_weakest_are_left_out_first(kept, lowest):
    stacks = [np.array([[0, 1, 2, 2]], dtype=np.uint8), np.array([[9, 9, 0]], dtype=np.uint8)]
    assert lowest_kept(stacks, kept) == lowest


def small_page(**meta) -> str:
    packed = np.arange(2 * 3 * 6, dtype=np.uint8).reshape(2, 3, 6)
    return page({"title": "t"} | meta, [[{"line": packed}, {"line": packed}]])


def test_a_layer_stands_in_its_own_block():
    html = small_page()
    block = re.search(r'id="d-0-1-line-1">([^<]*)<', html)[1]
    steps, values = (zlib.decompress(base64.b64decode(part), -15) for part in block.split("."))
    assert filled(steps, values, 18).tolist() == list(range(18, 36))


def test_nothing_shown_becomes_markup():
    html = small_page(title=HOSTILE, texts=[HOSTILE])
    assert "onerror" not in re.sub(r"(?s)<title>.*?</title>|<script type=.application/json.*?</script>", "", html)
    assert "<img" not in html and "\u2028" not in html[html.index('id="meta"') :]
    meta = re.search(r'(?s)<script type="application/json" id="meta">(.*?)</script>', html)[1]
    assert json.loads(meta)["texts"] == [HOSTILE]


@pytest.mark.parametrize("text", [HOSTILE, "\ud800", "é"])
def test_json_is_ascii_without_markup(text):
    assert json.loads(as_json(text)) == text
    assert as_json(text).isascii() and "<" not in as_json(text)


def test_the_policy_allows_the_pages_own_script_and_no_address():
    html = small_page()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html)[1]
    script = re.search(r"(?s)<script>(.*?)</script>", html)[1]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy and "default-src 'none'" in policy
    assert not re.search(r"https?://|src=|@import|url\(", html.replace("img-src data:", ""))
