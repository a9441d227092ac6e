"""Draw the pictures of README and results: `python -m tests.benchmarks.pictures` (data/pictures; needs Chromium)."""

import re
from pathlib import Path
from tempfile import TemporaryDirectory

import procure_kit as pk
from procure_kit.experiments.arms import SETS
from procure_kit.experiments.results import compared, contrasts, load_runs
from procure_kit.shipped import DATA, RESULTS
from procure_kit.views import figures
from procure_kit.views.code_html import show_pair
from tests.views.browsing import chromium, lab_page, offline

FOLDER = DATA / "pictures"
TASK = "kit/38"
EXPLORER = f"""import procure_kit as pk

box = pk.explorer()
box.problem.value, box.concept.value, box.tabs.selected_index = "{TASK}", "independent_swap", 1
box"""


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    source = {problem.task_id: problem for problem in pk.load_problems("kit")}[TASK].program
    draw_html(show_pair(pk.perturb(of_the_readme(), "if_else_flip")).html, FOLDER / "if_else_flip.png")
    pair = pk.attention_pair(*pk.load_model("smollm2"), pk.perturb(source, "variable_name_random"))
    draw_pair(pair, FOLDER / "pair_view.png")
    draw_grid(FOLDER / "experiments.png")
    draw_explorer(FOLDER / "explorer.png")


def of_the_readme() -> str:
    """The function that README's example rewrites."""
    return re.search(r'source = """(.*?)"""', (DATA.parent / "README.md").read_text(encoding="utf-8"), re.S)[1]


def draw_html(html: str, path: Path) -> None:
    with chromium() as browser:
        page = browser.new_page(device_scale_factor=2, viewport={"width": 940, "height": 900})
        page.set_content(f'<body style="font-family:sans-serif;margin:8px;background:white">{html}</body>')
        page.locator("table").first.screenshot(path=path)


def draw_pair(pair, path: Path) -> None:
    """The pair view with the last changed piece chosen, down to what it looks at in numbers."""
    unit = max(i for i, unit in enumerate(pair.sides[1].units("token")) if unit["changed"])
    with TemporaryDirectory() as folder, chromium() as browser:
        saved = pair.save_html(Path(folder, "pair.html"))
        with offline(browser, saved, device_scale_factor=1.5, viewport={"width": 1200, "height": 1000}) as page:
            page.click(f'.u[data-side="1"][data-unit="{unit}"]')
            page.wait_for_selector("body[data-drawn]")
            end = page.locator("#lists").bounding_box()
            clip = {"x": 0, "y": 0, "width": 1200, "height": end["y"] + end["height"]}
            page.screenshot(path=path, full_page=True, clip=clip)


def draw_grid(path: Path) -> None:
    """What the arms of the experiments gain over each other."""
    runs = load_runs(RESULTS / "experiments_tiny.jsonl")
    arms = SETS["main"] + SETS["lambda"]
    found = {f"{after} − {before}": compared(runs, after, before) for after, before in contrasts(runs) if after in arms}
    shown = {"pass@1 original": "original", "pass@1 counterfactual": "counterfactual", "ccs_valid": "ccs_valid"}
    figure = figures.gains(found, shown | {"whole function": "whole function"}, "What tuning changes, 95 % intervals")
    figure.write_image(path, width=1100, height=figure.layout.height, scale=1.5)


def draw_explorer(path: Path) -> None:
    """As JupyterLab shows it."""
    with TemporaryDirectory() as folder, lab_page(Path(folder), [EXPLORER]) as page:
        page.locator(".widget-tab-contents svg").last.wait_for()
        page.wait_for_function(
            "[...document.querySelectorAll('.widget-dropdown select')].every(box => box.selectedIndex >= 0)"
        )
        page.locator(".jp-OutputArea-output").first.screenshot(path=path)


if __name__ == "__main__":
    main()
