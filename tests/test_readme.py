"""The README agrees with the results that stand beside the commands, and its example does what it says."""

import json
import re
from pathlib import Path

import pytest

from procure_kit.experiments.scores import table

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
RESULTS = ROOT / "data" / "results"


def test_the_counts_are_those_of_the_results_file():
    for line in (RESULTS / "humaneval_counts.md").read_text().splitlines():
        if line.startswith(("|", "- `", "164 problems", "Counts of")):
            assert line in README, line


@pytest.mark.parametrize("name", ["standard_library", "packages"])
def test_the_proofs_are_those_of_the_results_file(name):
    lines = (RESULTS / f"{name}.md").read_text().splitlines()
    assert len(lines) > 5 and all(line in README for line in lines if line.startswith(("|", "- `")))


def test_the_scores_are_those_of_the_model_that_ships():
    assert table(json.loads((ROOT / "data" / "results" / "tiny_scores.json").read_text())) in README


def test_the_rewrites_counted_are_those_of_the_results_file():
    for name, part in json.loads((RESULTS / "behaviour.json").read_text()).items():
        line = next(line for line in README.splitlines() if line.startswith(f"| {name} |"))
        counts = {sure: [row for row in part["rewrites"] if row[2] == sure] for sure in ("syntactic", "tested")}
        for rows in counts.values():
            assert f"| {sum(row[3] for row in rows):,} | {sum(row[4] for row in rows):,} |" in line


@pytest.mark.parametrize("name", ["experiments_tiny", "experiments_tiny_400", "downstream_tiny"])
def test_the_experiments_are_those_of_the_results_files(name):
    lines = (RESULTS / f"{name}.md").read_text().splitlines()
    kept = [line for line in lines if line.startswith("|") and "| world/" not in line and "| kit |" not in line]
    assert len(kept) > 5 and all(line in README for line in kept)


def test_the_costs_are_those_of_the_results_file():
    assert (RESULTS / "loss_cost.cpu.md").read_text().strip() in README


def test_the_notebooks_and_their_times_are_those_of_the_measured_run():
    measured = {entry["notebook"]: entry for entry in json.loads((RESULTS / "notebooks_cpu.json").read_text())}
    listed = dict(re.findall(r"^\| \[(\w+)\]\(notebooks/\w+\.ipynb\) \| .* \| (\d+) s \|$", README, re.M))
    assert listed == {name: f"{entry['seconds']:.0f}" for name, entry in measured.items()}
    assert sorted(listed) == sorted(path.stem for path in (ROOT / "notebooks").glob("[0-9]*.ipynb"))


def test_notebooks_open_with_the_measured_times():
    for entry in json.loads((RESULTS / "notebooks_cpu.json").read_text()):
        text = (ROOT / "notebooks" / f"{entry['notebook']}.ipynb").read_text()
        assert f"**Time** {entry['seconds']:.0f} s on two CPU cores" in text


@pytest.mark.parametrize("path", re.findall(r"\]\(((?!http)[^)]+)\)", README))
def test_links_lead_somewhere(path):
    assert (ROOT / path).exists()


def test_the_example_perturbs_and_validates_as_it_says():
    code = re.search(r"```python\n(.*?)\nmodel, tokenizer", README, re.S)[1]
    scope: dict = {}
    exec(code, scope)
    said = re.search(r"pk\.validate\(cf, problem\)  # Verdict\(status='(\w+)'", code)[1]
    assert scope["pk"].validate(scope["cf"], scope["problem"]).status == said
