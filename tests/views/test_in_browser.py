"""The widgets in a real browser: JupyterLab started here, headless Chromium driven by Playwright."""

import re

import pytest

from tests.views.browsing import MARKS, lab_page, offline, shot
from tests.views.pair.test_in_browser import HOSTILE

pytestmark = MARKS
CELLS = [
    "import procure_kit as pk\n\nbox = pk.explorer()\nbox",
    "problem = pk.load_problems('kit')[38]\npair = pk.attention_pair(*pk.load_model('tiny'), "
    "pk.perturb(problem.program, 'variable_name_random'))\npair",
    "print(pair.save_html('exported.html').name, 'written')",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("lab")


@pytest.fixture(scope="module")
def page(folder):
    """The notebook with all of its cells run."""
    with lab_page(folder, CELLS) as page:
        page.wait_for_selector(".widget-dropdown select")
        page.wait_for_selector("text=exported.html written")
        yield page


@pytest.fixture(scope="module")
def box(page):
    """The explorer's part of the page, at the top."""
    page.locator(".widget-dropdown").first.scroll_into_view_if_needed()
    return page


def choose(page, description: str, label: str) -> None:
    dropdown = page.locator(".widget-dropdown").filter(has=page.locator(f"label:text-is('{description}')"))
    dropdown.locator("select").select_option(label=label)


def test_the_pair_view_runs_in_the_notebook(page):
    frame = page.frame_locator("iframe[title^='Attention pair']").first
    frame.locator("body[data-drawn]").wait_for()
    frame.locator(".grid >> nth=1 >> [data-layer='2'][data-head='3']").click()
    assert "Layer 2, head 3" in frame.locator("#status").text_content()
    page.locator("iframe").first.scroll_into_view_if_needed()
    shot(page, "lab_pair")


def test_the_exported_file_opens_with_the_network_off(page, folder):
    with offline(page.context.browser, folder / "exported.html") as exported:
        exported.locator(".grid >> nth=1 >> [data-layer='2'][data-head='3']").click()
        assert "Layer 2, head 3" in exported.text_content("#status")
        assert exported.trouble == []


def test_another_concept_gives_another_pair_and_its_verdict(box):
    choose(box, "concept", "variable_name_random")
    box.wait_for_selector("th:has-text('counterfactual: variable_name_random')")
    marked = box.locator("td pre ins").all_text_contents()
    box.wait_for_selector(".widget-html b:text-matches('^valid')")
    shot(box, "explorer_random_names")
    assert marked and any(re.fullmatch(r"[a-z]{5}", text) for text in marked)


@pytest.mark.parametrize("tab, seen", [
    ("sites", "th:has-text('soundness')"),
    ("flow", "svg"),
    ("loss", "pre ins"),
])  # fmt: skip
def test_every_tab_shows_something(box, tab, seen):
    box.click(f".lm-TabBar-tab:has-text('{tab}')")
    box.locator(f".widget-tab-contents {seen} >> visible=true").first.wait_for()
    shot(box, f"explorer_{tab}")


def test_the_attention_tab_holds_the_pair_view(box):
    box.click(".lm-TabBar-tab:has-text('attention')")
    frame = box.frame_locator(".widget-tab-contents iframe")
    frame.locator("body[data-drawn]").wait_for()
    shot(box, "explorer_attention")
    assert frame.locator(".grid").count() == 3


def test_a_pair_is_kept(box, folder):
    box.click("button:has-text('keep this pair')")
    box.wait_for_selector("b:has-text('1 pair kept')")
    assert len((folder / "kept.jsonl").read_text().splitlines()) == 1


def test_code_with_markup_is_text_in_every_tab(box):
    box.click(".lm-TabBar-tab:has-text('pair')")
    choose(box, "problem", "my own code")
    box.fill(".widget-textarea textarea", HOSTILE)
    box.keyboard.press("Tab")
    box.wait_for_selector("td pre:has-text('</script><img src=x')")
    for tab, seen in {"sites": "table", "flow": "svg", "loss": "pre ins", "attention": "iframe"}.items():
        box.click(f".lm-TabBar-tab:has-text('{tab}')")
        box.locator(f".widget-tab-contents {seen} >> visible=true").first.wait_for()
        assert box.locator(".widget-tab-contents img, .widget-tab-contents script").count() == 0
    frame = box.frame_locator(".widget-tab-contents iframe")
    frame.locator("body[data-drawn]").wait_for()
    shot(box, "explorer_hostile")
    assert frame.locator("img, svg").count() == 0
    assert box.evaluate("window.hacked") is None and frame.locator("body").evaluate("window.hacked") is None


def test_broken_code_is_a_sentence_not_a_traceback(box):
    choose(box, "problem", "my own code")
    box.fill(".widget-textarea textarea", "def f(:\n    <script>window.hacked=1</script>")
    box.keyboard.press("Tab")
    box.wait_for_selector(".widget-html b:has-text('line 1')")
    shot(box, "explorer_broken_code")
    assert box.locator("text=Traceback").count() == 0
    # No verdict of what stood there before.
    assert box.locator(".widget-html b:text-matches('^valid')").count() == 0
    assert box.evaluate("window.hacked") is None
