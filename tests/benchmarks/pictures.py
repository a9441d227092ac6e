"""Draw the pictures of README and results: `python -m tests.benchmarks.pictures [NAME ...]` (needs Chromium)."""

import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import plotly.graph_objects as go
from plotly.subplots import make_subplots

import procure_kit as pk
from procure_kit.experiments.curves.arms import LAM
from procure_kit.experiments.curves.found import weighed
from procure_kit.experiments.curves.problems import SPLITS
from procure_kit.experiments.curves.results import Runs, common_points, compared, gap, last_common, load_runs, planned
from procure_kit.shipped import DATA, RESULTS
from procure_kit.views import figures
from procure_kit.views.code_html import show_pair
from tests.views.browsing import chromium, lab_page, offline

FOLDER = DATA / "pictures"
TASK = "kit/38"
CURVES = RESULTS / "curves_tiny.jsonl"
NEW = {"composition": "new compositions", "family": "new families"}
SHOWN = {"counterfactual": "rewritten programs", "original": "originals", "whole": "functions from scratch"}
EXPLORER = f"""import procure_kit as pk

box = pk.explorer()
box.problem.value, box.concept.value, box.tabs.selected_index = "{TASK}", "independent_swap", 1
box"""


def main(names: list[str]) -> None:
    FOLDER.mkdir(exist_ok=True)
    drawn = {
        "if_else_flip": draw_pair_of_programs,
        "pair_view": draw_pair_view,
        "curves": draw_curves,
        "losses": draw_losses,
        "weights": draw_weights,
        "explorer": draw_explorer,
    }
    if unknown := set(names) - set(drawn):
        sys.exit(f"no picture {', '.join(sorted(unknown))}: there are {', '.join(drawn)}")
    for name in names or drawn:
        drawn[name](FOLDER / f"{name}.png")


def of_the_readme() -> str:
    """The function that README's example rewrites."""
    return re.search(r'source = """(.*?)"""', (DATA.parent / "README.md").read_text(encoding="utf-8"), re.S)[1]


def draw_pair_of_programs(path: Path) -> None:
    html = show_pair(pk.perturb(of_the_readme(), "if_else_flip")).html
    with chromium() as browser:
        page = browser.new_page(device_scale_factor=2, viewport={"width": 940, "height": 900})
        page.set_content(f'<body style="font-family:sans-serif;margin:8px;background:white">{html}</body>')
        page.locator("table").first.screenshot(path=path)


def draw_pair_view(path: Path) -> None:
    """With the last changed piece chosen, down to what it looks at in numbers."""
    source = {problem.task_id: problem for problem in pk.load_problems("kit")}[TASK].program
    pair = pk.attention_pair(*pk.load_model("smollm2"), pk.perturb(source, "variable_name_random"))
    unit = max(i for i, unit in enumerate(pair.sides[1].units("token")) if unit["changed"])
    with TemporaryDirectory() as folder, chromium() as browser:
        saved = pair.save_html(Path(folder, "pair.html"))
        with offline(browser, saved, device_scale_factor=1.5, viewport={"width": 1200, "height": 1000}) as page:
            page.click(f'.u[data-side="1"][data-unit="{unit}"]')
            page.wait_for_selector("body[data-drawn]")
            end = page.locator("#lists").bounding_box()
            clip = {"x": 0, "y": 0, "width": 1200, "height": end["y"] + end["height"]}
            page.screenshot(path=path, full_page=True, clip=clip)


def draw_curves(path: Path) -> None:
    """What pairs change against originals alone, point by point: a panel a metric."""
    runs = load_runs(CURVES)
    parts = {
        said: figures.curves(
            {NEW[split]: gap(runs, "plain", "originals", metric, split) for split in SPLITS}, (0, 0, 0), "", "points"
        )
        for metric, said in SHOWN.items()
    }
    points = common_points(runs, "plain", "originals")
    seeds = [str(len(set(runs["plain", point]) & set(runs["originals", point]))) for point in points]
    title = f"Pairs (plain) − originals alone, in points, with 95 % intervals; seeds: {', '.join(seeds)}"
    sheet = side_by_side(parts, title)
    sheet.add_hline(y=0, line_dash="dot", line_color=figures.GREY)
    sheet.update_yaxes(title="", selector=lambda axis: axis.anchor != "x")
    sheet.write_image(path, width=1100, height=460, scale=1.5)


def draw_losses(path: Path) -> None:
    """What each loss changes against the plain one, where the plan compares: a panel a split."""
    runs = load_runs(CURVES)
    points = {arm: last_common(runs, arm, before) for arm, before in planned(runs) if before == "plain"}
    draw_against_plain(path, runs, points, "Each loss (and its seeds) − plain, in points, with 95 % intervals")


def draw_weights(path: Path) -> None:
    """What each weight of a term changes against the plain loss."""
    runs = load_runs(CURVES)
    title = f"Each weight (and its seeds; λ {LAM:g} where none is named) − plain, in points, with 95 % intervals"
    draw_against_plain(path, runs, weighed(runs), title)


def draw_against_plain(path: Path, runs: Runs, points: dict[str, int], title: str) -> None:
    """Arms, each at its point: a panel a split, on the same axis."""
    parts = {
        NEW[split]: figures.gains(
            {
                f"{arm} ({len(set(runs[arm, point]) & set(runs['plain', point]))})": {
                    metric: compared(runs, arm, "plain", point, metric, split)[:3] for metric in SHOWN
                }
                for arm, point in points.items()
            },
            SHOWN,
            "",
        )
        for split in SPLITS
    }
    sheet = side_by_side(parts, title)
    sheet.add_vline(x=0, line_color=figures.GREY)
    sheet.update_xaxes(matches="x")
    sheet.write_image(path, width=1100, height=200 + 70 * len(points), scale=1.5)


def side_by_side(parts: dict[str, go.Figure], title: str) -> go.Figure:
    """Figures of one kind as panels, by their titles, with one legend."""
    sheet = make_subplots(1, len(parts), subplot_titles=[*parts], shared_yaxes=True, horizontal_spacing=0.04)
    for column, figure in enumerate(parts.values(), 1):
        if column > 1:
            figure.update_traces(showlegend=False)
        sheet.add_traces(figure.data, rows=1, cols=column)
        sheet.update_xaxes(figure.layout.xaxis, row=1, col=column)
        sheet.update_yaxes(figure.layout.yaxis, row=1, col=column)
    sheet.update_layout(figures.LAYOUT | {"title": title, "margin": {"l": 120, "r": 20, "t": 90, "b": 100}})
    return sheet.update_layout(legend={"orientation": "h", "x": 0, "y": 0, "yref": "container", "yanchor": "bottom"})


def draw_explorer(path: Path) -> None:
    """As JupyterLab shows it."""
    with TemporaryDirectory() as folder, lab_page(Path(folder), [EXPLORER]) as page:
        page.locator(".widget-tab-contents svg").last.wait_for()
        page.wait_for_function(
            "[...document.querySelectorAll('.widget-dropdown select')].every(box => box.selectedIndex >= 0)"
        )
        page.locator(".jp-OutputArea-output").first.screenshot(path=path)


if __name__ == "__main__":
    main(sys.argv[1:])
