"""The picture of a page is as high as the page, and no higher than it may be."""

import struct

import pytest

from procure_kit.views.screenshot import screenshot
from tests.views.browsing import MARKS

pytestmark = MARKS


@pytest.mark.parametrize(("tall", "high"), [(100, 120), (3000, 400)])
def test_a_picture_ends_with_its_page(tall, high):
    policy = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    page = f'<!doctype html>{policy}<body style="margin:10px"><div style="height:{tall}px">x</div>'
    assert struct.unpack(">II", screenshot(page, 300, 400)[16:24]) == (300, high)
