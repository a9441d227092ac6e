"""The gallery in a real browser with the network off: browse, search, predict and reveal, by mouse and by keyboard."""

import re

import pytest

from procure_kit import load_problems
from procure_kit.views.gallery.collecting import collect
from procure_kit.views.gallery.page import gallery_page
from tests.training.loss.test_attention import model as lm
from tests.training.test_examples import byte_tokenizer
from tests.views.browsing import MARKS, chromium, offline, shot
from tests.views.gallery.test_collecting import BROKEN, PROBLEM

pytestmark = MARKS
READY = "#list button"
LOOKS = {
    "wide": {"viewport": {"width": 1400, "height": 1000}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 900, "height": 1000}, "color_scheme": "dark"},
    "double": {"viewport": {"width": 700, "height": 450}, "color_scheme": "light"},  # 1400 × 900 at 200 %
    "phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark", "has_touch": True},
}


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    problems = [PROBLEM, BROKEN, *load_problems("kit")[:6]]
    path = tmp_path_factory.mktemp("gallery") / "index.html"
    path.write_text(gallery_page("A few problems", collect(problems, lm(), byte_tokenizer()), "a random model"))
    return path


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser, path):
    with offline(browser, path, READY, **LOOKS["wide"]) as page:
        yield page
        assert page.trouble == []


@pytest.mark.parametrize("look", LOOKS)
def test_every_part_fits_at_every_width(browser, path, look):
    with offline(browser, path, READY, **LOOKS[look]) as page:
        for summary in page.locator("#main summary").all():
            summary.click()
        shot(page, f"gallery_{look}", full_page=True)
        for kind in ("same", "site", "model"):
            page.click("#tab-predict")
            page.select_option("#kind", kind)
            shot(page, f"gallery_{look}_{kind}")
            page.locator("#question .answers button").first.click()
            page.locator("#question .verdict").first.wait_for()
            shot(page, f"gallery_{look}_{kind}_revealed", full_page=True)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.trouble == []


def test_search_and_filters_leave_what_fits(page):
    page.fill("#search", "longer")
    assert page.locator("#list button").all_text_contents()[0].startswith("mine/0")
    assert page.text_content("#found") == "1 of 8 problems"
    page.fill("#search", "")
    page.select_option("#verdict", "refused")
    page.locator("#list button").first.click()
    assert page.text_content("#main .verdict").startswith("Refused: ") and page.locator("#main .here").count() > 0
    page.fill("#search", "no such word")
    assert page.text_content("#found") == "0 of 8 problems"


def test_a_pair_shows_its_verdict_twin_flow_and_attention(page):
    assert page.text_content("#main .verdict").startswith("valid: the same")
    for summary in page.locator("#main summary").all():
        summary.click()
    assert page.locator("#main .flow svg").count() == 4
    assert "not the same" in page.text_content("#main")
    line = page.locator("#main .lines .row").nth(3)
    line.focus()
    page.keyboard.press("Enter")
    assert "mean over heads" in page.locator("#main details [role=status]").text_content()
    assert line.evaluate("row => row.classList.contains('looking')")


def test_a_place_has_an_address(page, browser, path):
    page.locator("#main .sites button").nth(1).click()
    address = page.url
    assert "#mine%2F0;" in address
    again = browser.new_page()
    again.goto(address)
    again.wait_for_selector(READY)
    assert again.locator("#main .sites [aria-pressed=true]").text_content() == page.locator(
        "#main .sites [aria-pressed=true]"
    ).text_content()  # fmt: skip
    again.close()


def answers(page, presses: int) -> list[str]:
    """What is right, question by question, each answered by the key 1."""
    right = []
    for _ in range(presses):
        page.keyboard.press("1")
        right.append(page.locator("#question .answers .right").text_content())
        page.keyboard.press("Enter")
    return right


def test_it_asks_first_and_counts_by_the_keyboard_alone(page):
    page.focus("#tab-browse")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("#question h2")
    assert page.locator("#question .verdict").count() == 0  # nothing is shown before an answer
    page.focus("#question")
    right = answers(page, 6)
    said = sum(answer.startswith("1") for answer in right)
    assert f"{said} of 6 right (round 1)" in page.text_content("#score")
    assert {answer[2:] for answer in right} == {"the same", "not the same"}


def test_a_round_asks_the_same_again_and_another_round_others(page):
    def titles(seed: int) -> list[str]:
        page.fill("#seed", str(seed))
        page.dispatch_event("#seed", "change")
        found = []
        for _ in range(5):
            found.append(page.text_content("#question .pane h3"))
            page.focus("#question")
            answers(page, 1)
        return found

    page.click("#tab-predict")
    page.select_option("#kind", "site")
    assert titles(3) == titles(3) != titles(4)


def test_a_refusal_is_asked_with_other_reasons_beside_it(page):
    page.click("#tab-predict")
    page.select_option("#kind", "site")
    named = 0
    for _ in range(12):
        page.focus("#question")
        shown = page.locator("#question .answers button").all_text_contents()
        assert len(shown) == len(set(shown)) and shown[0].endswith("it can be rewritten") and len(shown) >= 2
        assert not re.search(r"`|line \d", "".join(shown))  # names and lines would tell whose reason it is
        page.keyboard.press("1")
        if not page.locator("#question .answers .right").text_content().endswith("it can be rewritten"):
            told = page.locator("#question .verdict").last
            assert told.text_content().startswith("Refused: ") and "`" not in told.text_content()
            named += told.locator("code").count()
        page.keyboard.press("Enter")
    assert named
