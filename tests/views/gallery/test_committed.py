"""The committed page is what the kit makes now: the same scripts and style, and the rules' own rewrites of today."""

import base64
import json
import re
import zlib

import pytest

from procure_kit.commands.gallery import DEFAULT, spread
from procure_kit.concepts.perturbation import find_sites, perturb
from procure_kit.shipped import DATA
from procure_kit.validation.problem_names import load_problems
from procure_kit.views.gallery.page import LARGEST, gallery_page

PAGE = DATA / "gallery" / "index.html"
STALE = "data/gallery/index.html is of an older kit: make gallery"


@pytest.fixture(scope="module")
def html():
    return PAGE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def told(html):
    packed = re.search(r'id="data">([^<]*)</script>', html)[1]
    return json.loads(zlib.decompress(base64.b64decode(packed), -15))


def test_it_has_the_scripts_and_the_style_of_today(html, told):
    empty = re.compile(r'(id="data">)[^<]*')
    again = gallery_page(told["title"], [], told["model"])
    assert empty.sub(r"\1", html) == empty.sub(r"\1", again), STALE
    assert len(html) < LARGEST


def test_it_has_the_sites_and_the_rewrites_of_today(told):
    problems = {p.task_id: p for name in DEFAULT for p in spread(load_problems(name), 60)}
    assert [entry["id"] for entry in told["problems"]] == list(problems), STALE
    for entry in told["problems"][::4]:  # each fourth: all would take a minute
        sites = find_sites(problems[entry["id"]].program)
        assert [(s["concept"], s["number"], s.get("refused")) for s in entry["sites"]] == [
            (s.concept, s.index, s.refused) for s in sites
        ], STALE
        for site, shown in zip(sites, entry["sites"], strict=True):
            if site.refused is None:
                made = perturb(problems[entry["id"]].program, site.concept, site=site, task_id=entry["id"])
                assert shown["pair"]["program"] == made.counterfactual, STALE


def test_every_pair_has_a_verdict_and_most_have_a_twin(told):
    pairs = [site["pair"] for entry in told["problems"] for site in entry["sites"] if "pair" in site]
    valid = [pair for pair in pairs if pair["status"] == "valid"]
    assert len(pairs) > 200 and len(valid) > 0.9 * len(pairs)
    assert all(("twin" in pair) != ("no_twin" in pair) for pair in valid)
    assert sum("twin" in pair for pair in valid) > 0.5 * len(valid)
    assert sum("writes" in pair for pair in pairs) > 0.9 * len(pairs)
