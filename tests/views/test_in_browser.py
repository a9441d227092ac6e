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
SAID = ".jp-OutputArea [role=status]"


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


def wait_for_code(page, start: str) -> None:
    """Until the kernel has put another program into the editor."""
    page.wait_for_function("start => document.querySelector('textarea').value.startsWith(start)", arg=start)


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
    assert box.locator("textarea").nth(1).is_hidden()  # a box for one's own tests has nothing to say here
    marked = box.locator("td pre ins").all_text_contents()
    box.wait_for_selector(f"{SAID} >> text=valid: both programs pass")
    assert box.locator("th:has-text('soundness')").is_visible()
    shot(box, "explorer_random_names")
    assert marked and any(re.fullmatch(r"[a-z]{5}", text) for text in marked)


@pytest.mark.parametrize("tab, seen", [
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
    assert frame.locator(".grid").count() == 4


def test_a_pair_is_kept(box, folder):
    box.click("button:has-text('keep this pair')")
    box.wait_for_selector("[role=status]:has-text('1 pair kept')")
    assert "valid" in box.locator(SAID).first.text_content()  # the verdict stays
    assert len((folder / "kept.jsonl").read_text().splitlines()) == 1


def test_typing_indents_and_is_answered_without_leaving_the_box(box):
    box.click(".lm-TabBar-tab:has-text('pair')")
    choose(box, "concept", "if_else_flip")
    choose(box, "problem", "my own code")
    wait_for_code(box, "def shorter")
    editor = box.locator("textarea").first
    editor.click()
    box.keyboard.press("Control+a")
    box.keyboard.type("def f(x):\nif len(x) > 1:\nreturn 1\nelse:\nreturn 2")
    box.wait_for_selector(f"{SAID} >> text=No verdict yet: no example calls a function of the code, which defines f")
    assert editor.input_value() == "def f(x):\n    if len(x) > 1:\n        return 1\n    else:\n        return 2"
    assert editor.evaluate("box => box === document.activeElement")
    box.keyboard.press("Tab")
    assert editor.input_value().endswith("return 2    ")
    box.keyboard.press("Shift+Tab")
    assert editor.input_value().endswith("\n    return 2    ")
    box.keyboard.press("Control+z")
    examples = box.get_by_label("your tests")
    assert examples.is_visible()
    examples.fill("f([1, 2]) == 1\nf([]) == 2")
    box.wait_for_selector(f"{SAID} >> text=valid: both programs pass")
    choose(box, "problem", "kit/3")
    wait_for_code(box, "def split_bill")
    editor.fill("def mine(): pass\n")
    box.wait_for_selector(f"{SAID} >> text=Refused")
    choose(box, "version", "the problem's own code")
    wait_for_code(box, "def split_bill")
    choose(box, "version", "yours, 1")
    wait_for_code(box, "def mine")
    choose(box, "problem", "my own code")
    wait_for_code(box, "def f(x):\n    if len(x)")
    shot(box, "explorer_own_code")


def test_code_with_markup_is_text_in_every_tab(box):
    box.click(".lm-TabBar-tab:has-text('pair')")
    choose(box, "concept", "variable_name_random")
    choose(box, "problem", "my own code")
    wait_for_code(box, "def ")
    box.locator("textarea").first.fill(HOSTILE)
    box.wait_for_selector("td pre:has-text('</script><img src=x')")
    for tab, seen in {"flow": "svg", "loss": "pre ins", "attention": "iframe"}.items():
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
    box.locator("textarea").first.fill("def f(:\n    <script>window.hacked=1</script>")
    box.wait_for_selector(f"{SAID} >> text=line 1")
    shot(box, "explorer_broken_code")
    assert box.locator("text=Traceback").count() == 0
    # No verdict of what stood there before.
    assert box.locator(f"{SAID} >> text=valid: both").count() == 0
    assert box.evaluate("window.hacked") is None
