"""The review widget in a real browser: JupyterLab, and nothing but the keyboard."""

import re

from procure_kit.problems.rows import read_rows
from tests.views.browsing import MARKS, lab_page, shot

pytestmark = MARKS
CELLS = [
    "import procure_kit as pk\n"
    "rows = pk.generate(pk.load_problems('kit')[36:42], ['if_else_flip', 'variable_name_random'])\n"
    "box = pk.review(rows, 'decisions.jsonl')\nbox",
]


def test_keys_decide_and_are_saved(tmp_path):
    with lab_page(tmp_path, CELLS) as page:
        page.wait_for_selector(".procure-review table")
        review = page.locator(".procure-review")
        cells = page.locator(".jp-Notebook .jp-Cell").count()
        review.focus()
        line = review.locator("p").first

        page.keyboard.press("a")
        line.get_by_text("1 accepted, 0 rejected").wait_for()
        shot(page, "review_one_accepted")
        assert "2 of" in line.text_content() and line.get_attribute("role") == "status"

        review.get_by_label("note: why").fill("a bad name, and rare")  # letters in the note decide nothing
        page.keyboard.press("Enter")
        page.keyboard.press("r")
        line.get_by_text("1 accepted, 1 rejected").wait_for()

        page.keyboard.press("ArrowLeft")
        line.get_by_text("2 of").wait_for()
        assert "rejected" in line.text_content()
        assert review.locator("input").input_value() == "a bad name, and rare"
        shot(page, "review_back")
        review.locator("button:has-text('accept')").click()
        line.get_by_text("2 accepted, 0 rejected").wait_for()

        page.keyboard.press("Control+a")  # the browser's own
        assert page.locator(".jp-Notebook .jp-Cell").count() == cells, "a key reached JupyterLab, which made a cell"
    rows = list(read_rows(tmp_path / "decisions.jsonl"))
    assert [row["decision"] for row in rows] == ["accept", "reject", "accept"]
    assert rows[1]["note"] == "a bad name, and rare"


def test_it_can_be_read_in_the_dark(tmp_path):
    settings = tmp_path / "config" / "lab" / "user-settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    (settings / "themes.jupyterlab-settings").write_text('{"theme": "JupyterLab Dark"}')
    with lab_page(tmp_path, CELLS) as page:
        page.wait_for_selector(".procure-review table")
        page.wait_for_selector("body[data-jp-theme-name='JupyterLab Dark']", state="attached")
        shot(page, "review_dark")
        for part in ("p b", "button", "td pre"):
            colour = page.eval_on_selector(f".procure-review {part}", "element => getComputedStyle(element).color")
            assert min(map(int, re.findall(r"\d+", colour)[:3])) > 180, f"{part} is {colour} on black"
