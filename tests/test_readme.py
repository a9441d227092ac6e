"""The README: what it finds is what the files say, its example does what it says, and what to type comes first."""

import json
import re
from pathlib import Path

import pytest

import procure_kit as pk
from procure_kit.problems.sets import SETS
from procure_kit.shipped import NOTEBOOKS, RESULTS
from tests.pages import readme
from tests.pages.experiments import pretrained

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
TOO_OLD = "run `python -m tests.pages` and look at what changed"


def test_it_is_short_and_begins_with_what_to_type():
    lines = README.splitlines()
    assert len(lines) < 200
    assert any("make run" in line for line in lines[:40]) and any("make test" in line for line in lines[:40])
    assert README.count("![") == 1


def test_no_word_of_the_trade_stands_on_the_first_screen():
    screen = README.partition("## Two commands")[0]
    words = "perturbation ablation pass@ ccs cacp procure: λ attention mass nll qlora lora epoch"
    assert [word for word in words.split() if word in screen.lower()] == []


@pytest.mark.parametrize("paper", ["2508.12620", "2402.05980"])
def test_the_papers_are_linked_at_their_first_mention(paper):
    name = {"2508.12620": "ProCURE", "2402.05980": "CACP"}[paper]
    assert README.index(f"https://arxiv.org/abs/{paper}") - README.index(name) < 200


def test_the_findings_are_those_of_the_results_files():
    block = re.search(r"<!-- findings -->\n(.*?)\n<!-- /findings -->", README, re.S)[1]
    assert block == readme.findings(), TOO_OLD


@pytest.mark.slow
def test_findings_change_with_the_files(monkeypatch):
    """Each figure is read, none is typed: with other files the paragraph says something else, or refuses to."""
    told = readme.findings()
    monkeypatch.setattr("tests.pages.readme.pretrained", lambda: 2 * pretrained())
    assert readme.findings() != told
    monkeypatch.undo()
    behaviour = readme.read("behaviour")
    behaviour["humaneval"]["rewrites"][0][4] = 1
    found = {"behaviour": behaviour}
    true = readme.read
    monkeypatch.setattr("tests.pages.readme.read", lambda name: found.get(name) or true(name))
    with pytest.raises(ValueError, match="a syntactic rewrite changed a program"):
        readme.findings()


@pytest.mark.parametrize(
    "line, number, other, said",
    [
        ("| originals − untuned | composition | 3 |", 6, "-4.0 (-6.0 to -2.0)", "does harm"),
        ("| originals − untuned | family | 10 |", 5, "+1.0 (-6.0 to +8.0)", "gains nothing"),
        ("| both − plain | composition | 3 |", 5, "+4.0 (+1.0 to +7.0) p 0.01", "loss does something"),
        ("| both − plain | composition | 3 |", 7, "-4.0 (-9.0 to +1.0)", "loss does something"),
        ("| control rewritten_30 − untuned | composition |", 5, "+4.0 (-9.0 to +17.0)", "control gains nothing"),
        ("| both λ 3 − plain | composition |", 5, "-9.0 (-19.0 to +1.0)", "λ = 3 does something else"),
    ],
)
def test_the_findings_refuse_curves_that_say_something_else(monkeypatch, line, number, other, said):
    """A cell of a comparison's line, turned over."""
    true = readme.text

    def turned(name: str) -> str:
        lines = true(name).splitlines()
        for i, found in enumerate(lines):
            if name == "curves_tiny" and found.startswith(line):
                cells = found.split("|")
                lines[i] = "|".join([*cells[:number], f" {other} ", *cells[number + 1 :]])
        return "\n".join(lines)

    monkeypatch.setattr("tests.pages.readme.text", turned)
    with pytest.raises(ValueError, match=said):
        readme.findings()


@pytest.mark.slow
def test_the_findings_refuse_runs_that_say_something_else(monkeypatch):
    """Arms that did not differ, or another number of seeds, want other words."""
    runs = readme.load_runs(RESULTS / "smollm2.jsonl")
    alike = runs | {"plain": runs["originals"]}
    single = runs | {arm: {0: runs[arm][0]} for arm in ("originals", "plain", "both", "mask")}
    three = runs | {arm: runs[arm] | {2: runs[arm][0]} for arm in ("originals", "plain", "both", "mask")}
    for other in (alike, single, three):
        monkeypatch.setattr("tests.pages.readme.load_runs", lambda path, other=other: other)
        with pytest.raises(ValueError, match="smollm2.jsonl: the runs say something else by now"):
            readme.transfer()


def test_the_notebooks_and_their_times_are_those_of_the_measured_run():
    measured = {entry["notebook"]: entry for entry in json.loads((RESULTS / "notebooks_cpu.json").read_text())}
    listed = dict(re.findall(r"^\| \[(\w+)\]\(notebooks/\w+\.ipynb\) \| .* \| (\d+) s \|$", README, re.M))
    assert listed == {name: f"{entry['seconds']:.0f}" for name, entry in measured.items()}, TOO_OLD
    assert sorted(listed) == sorted(path.stem for path in NOTEBOOKS.glob("[0-9]*.ipynb"))


def test_notebooks_open_with_the_measured_times():
    for entry in json.loads((RESULTS / "notebooks_cpu.json").read_text()):
        text = (NOTEBOOKS / f"{entry['notebook']}.ipynb").read_text()
        assert f"**Time** {entry['seconds']:.0f} s on two CPU cores" in text, TOO_OLD


def test_the_example_perturbs_and_validates_as_it_says():
    code = re.search(r"```python\n(.*?)\npk\.attention_pair", README, re.S)[1]
    scope: dict = {}
    exec(code, scope)
    said = re.search(r"pk\.validate\(.*\)  # Verdict\(status='(\w+)'", code)[1]
    problem = pk.Problem("mine/0", "", scope["source"], scope["test"], "shipping")
    assert pk.validate(scope["pair"], problem).status == said


def test_the_names_in_its_text_are_there():
    named = set(re.findall(r"`pk\.(\w+)", README)) | set(re.findall(r"\bpk\.(\w+)\(", README))
    assert len(named) > 6 and named <= set(dir(pk))
    line = README[README.index("Problem sets go by name") :].partition("from the Hub")[0]
    assert set(re.findall(r"`([\w-]+)`", line)) == {"world", *SETS}
