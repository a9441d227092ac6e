"""The pages that are made from something else are up to date, and the commands that they show can be typed."""

import re
import shlex
from pathlib import Path

import pytest

from procure_kit import cli
from procure_kit.experiments.curves.arms import LOSSES
from procure_kit.shipped import NOTEBOOKS, RESULTS
from tests.pages import commands, experiments, files, readme, results
from tests.pages.__main__ import put
from tests.pages.commands import parser_of

ROOT = Path(__file__).parent.parent
TOO_OLD = "run `python -m tests.pages` and look at what changed"
RESULTS_PAGE = (RESULTS / "README.md").read_text(encoding="utf-8")
PAGES = [
    "README.md",
    "CONTRIBUTING.md",
    "data/README.md",
    "data/world.md",
    "data/tiny/README.md",
    "data/results/README.md",
]
PAGES += ["notebooks/COMMANDS.md", "notebooks/TEACHING.md", "notebooks/GLOSSARY.md"]


def test_the_results_are_those_of_the_files():
    assert results.page() == RESULTS_PAGE, TOO_OLD


def test_every_result_stands_on_the_page():
    """One that nobody put there fails. behaviour.md is linked; a variant of the scores stands on the model's card."""
    card = ROOT / "data" / "tiny" / "README.md"
    told = "".join(path.read_text(encoding="utf-8") for path in (*(ROOT / "tests" / "pages").glob("*.py"), card))
    stems = {path.stem for path in RESULTS.iterdir()} - {"README"}
    assert len(stems) > 12 and [stem for stem in stems if stem not in told] == []


@pytest.mark.parametrize("name", ["humaneval_counts", "humaneval_counts_procure"])
def test_the_counts_are_those_of_the_file(name):
    for key, found in files.read(name)["concepts"].items():
        numbers = (found["sites"], sum(found["refused"].values()), found["rewritten"], found["valid"])
        numbers += (found["problems"], found["valid_problems"])
        assert f"| `{key}` | {' | '.join(map(str, numbers))} | " in RESULTS_PAGE
        assert all(f"{row['task_id']}, site {row['site']} " in RESULTS_PAGE for row in found["not_valid"])


@pytest.mark.parametrize("name", ["standard_library", "packages", "downstream_tiny", "runner_speed", "loss_cost.cpu"])
def test_tables_are_those_of_the_files(name):
    rows = [line for line in files.text(name).splitlines() if line.startswith("|")]
    assert len(rows) > 3 and all(row in RESULTS_PAGE for row in rows)


@pytest.mark.parametrize("cells, found", [
    ("| 80 (71 to 88) | 99 (98 to 100) |", (0, 0)), ("| +0.0 (-8.0 to +8.0) | +0.7 (+0.0 to +1.3) |", (0, 2)),
    ("| +2.5 (+0.1 to +4.9) p 0.01 | -5 (-9 to -1) | +1.0 (-0.1 to +2.1) |", (2, 3)),
])  # fmt: skip
def test_intervals_off_zero_are_counted_among_those_of_differences(cells, found):
    assert files.off_zero(cells) == found


def test_the_rewrites_counted_are_those_of_the_file():
    for name, part in files.read("behaviour").items():
        numbers = [0] * 4
        for _, _, soundness, rewrites, changed in part["rewrites"]:
            first = 0 if soundness == "syntactic" else 2
            numbers[first], numbers[first + 1] = numbers[first] + rewrites, numbers[first + 1] + changed
        section = RESULTS_PAGE.partition("## Before and after on the same inputs")[2]
        line = next(line for line in section.splitlines() if line.startswith(f"| {name} |"))
        assert line.endswith(f"| {' | '.join(f'{number:,}' for number in numbers)} |")


def test_a_card_that_was_measured_gets_its_section(tmp_path, monkeypatch):
    told = results.page()
    assert "No GPU figure has been measured" in told or "## On a GPU" in told
    monkeypatch.setattr(results, "cards", lambda: ["some_rtx_9"])
    monkeypatch.setattr(results, "card", lambda name: f"### {name}\n\n| tokens |\n| --- |\n| 512 |")
    told = results.page()
    assert "- [On a GPU](#on-a-gpu)" in told and "No GPU figure" not in told
    section = told.partition("\n## On a GPU\n")[2].partition("\n## ")[0]
    assert section.index("make gpu") < section.index("| 512 |") and "### some_rtx_9" in section


def test_every_table_has_its_command():
    for section in RESULTS_PAGE.split("\n## ")[1:]:
        assert section.index("```sh") < section.index("\n| "), section.splitlines()[0]


def test_the_contents_lead_to_every_section():
    listed = re.findall(r"^- \[(.*)\]\(#(.*)\)$", RESULTS_PAGE, re.M)
    assert [title for title, _ in listed] == re.findall(r"^## (.*)$", RESULTS_PAGE, re.M)
    assert all(results.anchor(title) == place for title, place in listed)


def test_the_commands_are_those_of_the_parsers():
    assert (NOTEBOOKS / "COMMANDS.md").read_text(encoding="utf-8") == commands.page(), TOO_OLD


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_option_is_explained_and_every_example_can_be_typed(name):
    parser = parser_of(name)
    assert [action.dest for action in parser._actions if not action.help] == []
    examples = parser.epilog.partition("examples:\n")[2].replace("\\\n", " ").splitlines()
    lines = [shlex.split(line, comments=True) for line in examples]
    own = [words[2:] for words in lines if words[:2] == ["procure", name]]
    own += [words[words.index("train") + 1 :] for words in lines if words[0] == "accelerate"]
    assert len(own) == len(lines) and all(parser.parse_args(words) for words in own)


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(((?!http)[^)\s]+)\)", text):
        path, _, place = target.partition("#")
        to = (ROOT / page).parent / path if path else ROOT / page
        assert to.exists(), target
        if place:
            titles = re.findall(r"^#+ (.*)$", to.read_text(encoding="utf-8"), re.M)
            assert place in map(results.anchor, titles), target


def test_a_page_without_its_place_is_an_error(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("a\n<!-- map -->\nold\n<!-- /map -->\nb\n")
    put(page, "map", "new")
    assert page.read_text() == "a\n<!-- map -->\nnew\n<!-- /map -->\nb\n"
    with pytest.raises(ValueError, match="has no place for its times"):
        put(page, "times", "new")


@pytest.mark.parametrize("was, now", [("(-", "(+"), ("to -", "to +"), ("| 1 | 1 |", "| 1 | 3 |")])
def test_words_about_concepts_left_out_ask_for_what_they_say(was, now):
    table = files.text("curves_tiny").partition("### A concept left out")[2].partition("\n### ")[0]
    assert experiments.found_of_left_out(table) == experiments.LEFT_OUT
    with pytest.raises(ValueError, match="concepts left out do something else"):
        experiments.found_of_left_out(table.replace(was, now))


def test_the_losses_that_end_below_plain_are_those_that_the_words_name():
    lost = {
        (split, metric): {arm for arm in LOSSES if " p " in readme.curve(f"{arm} − plain", split)[metric]}
        for split in readme.SPLITS
        for metric in ("counterfactual", "ccs_valid")
    }
    assert lost == {
        ("composition", "counterfactual"): {"kl", "twins"},
        ("composition", "ccs_valid"): {"kl", "twins"},
        ("family", "counterfactual"): set(),
        ("family", "ccs_valid"): set(),
    }
    left = {
        arm for arm in LOSSES if readme.ends(readme.curve(f"{arm} − plain", "composition"), "counterfactual")[0] < 0
    }
    assert left == {"attention", "kl", "twins"}  # uncorrected: the first is the hint


@pytest.mark.parametrize("split", readme.SPLITS)
def test_the_planned_comparisons_have_the_seeds_that_the_words_name(split):
    assert readme.curve("plain − originals", split)["seeds"] == "5"
    seeds = {arm: readme.curve(f"{arm} − plain", split)["seeds"] for arm in LOSSES}
    assert seeds == {arm: "3" if arm in ("kl", "twins") else "5" for arm in LOSSES}


@pytest.mark.parametrize("arm", ["attention", "both"])
def test_one_family_loses_in_every_seed_as_the_words_say(arm):
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in files.text("curves_tiny").splitlines()]
    head = next(line for line in lines if line[-1:] and line[-1].startswith("two_counts"))
    cells = next(line for line in lines if line[:2] == [f"{arm} − plain", "counterfactual"])
    found = {name.split()[0]: [int(part) for part in re.findall(r"[+-]\d+", cell)]
             for name, cell in zip(head[4:], cells[4:], strict=True)}  # fmt: skip
    assert len(found) == 7 and max(found.pop("sum_by_key")) < -20
    assert all(abs(mean) <= 5 for mean, *_ in found.values())
