"""Draw the README's pictures into data/pictures: `python tests/benchmarks/pictures.py` (needs Chromium)."""

import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

import procure_kit as pk
from procure_kit.code_html import show_pair

FOLDER = Path(__file__).parents[2] / "data" / "pictures"
TASK = "kit/38"


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    source = {problem.task_id: problem for problem in pk.load_problems("kit")}[TASK].program
    draw_html(show_pair(pk.perturb(source, "if_else_flip")).html, FOLDER / "if_else_flip.png")
    renamed = pk.perturb(source, "variable_name_random")
    draw_html(show_pair(renamed).html, FOLDER / "variable_name_random.png")
    pair = pk.attention_pair(*pk.load_model("smollm2"), renamed)
    pair.mass_figure().write_image(FOLDER / "attention_mass.png", scale=1.5)
    pair.figure(layer=20).write_image(FOLDER / "attention_lines.png", scale=1.5)


def draw_html(html: str, path: Path) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(device_scale_factor=1.5, viewport={"width": 1400, "height": 900})
        page.set_content(f'<body style="font-family:sans-serif;margin:8px;background:white">{html}</body>')
        page.locator("table").first.screenshot(path=path)
        browser.close()


if __name__ == "__main__":
    main()
