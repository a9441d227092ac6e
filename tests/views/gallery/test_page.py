"""The gallery's page: whole, offline, of bounded size, and with nothing of a program in its markup."""

import base64
import json
import re
import zlib

import pytest

from procure_kit.views.gallery import page as module
from procure_kit.views.gallery.page import gallery_page

HOSTILE = "</script><img src=x onerror=window.hacked=1>@STYLE@"
PROBLEMS = [{"id": HOSTILE, "program": HOSTILE, "sites": []}]


def data_of(html: str) -> dict:
    packed = re.search(r'id="data">([^<]*)</script>', html)[1]
    return json.loads(zlib.decompress(base64.b64decode(packed), -15))


def test_what_was_collected_arrives_as_it_was():
    assert data_of(gallery_page("t", PROBLEMS, "tiny")) == {"title": "t", "model": "tiny", "problems": PROBLEMS}


def test_programs_and_titles_never_become_markup():
    html = gallery_page(HOSTILE, PROBLEMS)
    assert "<img" not in html and html.count("</script>") == 2
    assert "&lt;/script&gt;&lt;img" in html and "@STYLE@" in html  # the title's own, not replaced a second time


def test_nothing_is_loaded_and_only_its_own_script_runs():
    html = gallery_page("t", PROBLEMS)
    assert "default-src 'none'; script-src 'sha256-" in html
    assert not re.search(r"https?://|@import|url\(", html.replace("http://www.w3.org/2000/svg", ""))


def test_a_page_that_is_too_large_says_what_to_do(monkeypatch):
    monkeypatch.setattr(module, "LARGEST", 1000)
    with pytest.raises(ValueError, match="take fewer with --limit"):
        gallery_page("t", PROBLEMS)
