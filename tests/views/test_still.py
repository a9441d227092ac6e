"""Still pictures: what a viewer without scripts, or without trust, gets to see of flow pictures and the pair view."""

import re
import struct
from base64 import b64decode
from html import escape

import pytest

import procure_kit as pk
from procure_kit.views import still
from procure_kit.views.pair import static
from tests.training.loss.test_attention import model as lm
from tests.training.test_examples import RENAMED, byte_tokenizer
from tests.views.sanitising import sanitised

SOURCE = "def f(x: int):\n    if x > 0:\n        y = {'a': 1}\n    else:\n        y = 2\n    return y\n"


def size(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG")
    return struct.unpack(">II", png[16:24])


@pytest.fixture(scope="module")
def pair():
    return pk.attention_pair(lm(), byte_tokenizer(), RENAMED)


@pytest.mark.parametrize("draw", [pk.control_flow_picture, pk.definition_use_picture])
def test_a_flow_picture_survives_sanitising_with_its_words(draw):
    shown, metadata = draw(SOURCE)._repr_mimebundle_()
    left = sanitised(shown["text/html"])
    assert "line 2" in re.search(r'<img alt="([^"]+)"', left)[1] and "data:image/svg+xml;base64," in left
    assert "line 2" in metadata["image/png"]["alt"] and size(b64decode(shown["image/png"]))[0] > 200


def test_a_picture_has_its_own_colours_and_all_its_shapes():
    svg = pk.control_flow_picture(SOURCE).html
    assert "var(" in svg and "var(" not in still.plain(svg) and "#fffdf7" in still.plain(svg)
    blank = re.sub(r"<(text|path|circle)\b.*?(/>|</\1>)", "", svg)
    assert len(still.png(svg)) > 2 * len(still.png(blank)), "nothing but paper was drawn"


def test_the_pair_view_leaves_a_picture_where_frames_and_scripts_are_stripped(pair, monkeypatch):
    monkeypatch.delenv("PLOTLY_RENDERER", raising=False)
    shown, metadata = pair._repr_mimebundle_()
    left = sanitised(shown["text/html"])
    assert "<iframe" in shown["text/html"] and "<iframe" not in left and "noscript" not in left
    assert "Mean mass on the change" in re.search(r'<img alt="([^"]+)"', left)[1]
    assert metadata["image/png"]["alt"].startswith("Attention pair") and shown["image/png"]


def test_the_still_shows_both_programs_their_changes_and_every_head(pair):
    svg = static.still(pair)
    layers, heads = pair.sides[0].mass.shape
    assert svg.count(f'width="{static.CELL - 1}"') == 3 * layers * heads
    assert svg.count(static.MARK) >= 2
    for side in pair.sides:
        for line in side.text.splitlines():
            assert escape(line.strip()[:20]) in svg
    width, height = size(still.png(svg))
    assert width == static.WIDTH * still.SHARPNESS and height > 200


def test_long_programs_and_lines_are_cut_and_it_is_said():
    body = "".join(f"    v{i} = x\n" for i in range(60))
    long = f"def f(x):\n    total = 1\n{body}    return total + {' + '.join(f'v{i}' for i in range(20))}\n"
    svg = static.still(pk.attention_pair(lm(), byte_tokenizer(), pk.perturb(long, "variable_name_random")))
    assert svg.count("more lines") == 2 and "v59 =" not in svg


def test_sanitising_strips_what_lab_strips():
    html = '<div onclick="x()"><svg><text>a &lt; b</text></svg><script>alert(1)</script><b title="t">c</b></div>'
    assert sanitised(html) == '<div>a &lt; b<b title="t">c</b></div>'
