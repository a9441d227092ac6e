"""What a class gets: every notebook, nothing given away, made anew by the same command; and one page to print."""

import re

import nbformat
import pytest

from procure_kit import cli
from procure_kit.commands.run import NOTEBOOKS
from procure_kit.concepts.table import DEFAULT_CONCEPTS
from procure_kit.views.handout import ASKS, EXAMPLES, handout
from tests.views.browsing import CHROMIUM, chromium


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("room") / "class"
    assert cli.main(["classroom", str(out)]) == 0
    return out


def test_copies_have_all_cells_and_give_nothing_away(folder):
    originals = sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))
    assert [path.name for path in sorted(folder.glob("*.ipynb"))] == [path.name for path in originals]
    for path in originals:
        whole, copy = (nbformat.read(place / path.name, as_version=4) for place in (NOTEBOOKS, folder))
        nbformat.validate(copy)
        assert [cell.id for cell in copy.cells] == [cell.id for cell in whole.cells]
        assert not any(cell.get("outputs") or cell.get("execution_count") for cell in copy.cells)
        text = "".join(cell.source for cell in copy.cells)
        assert "Solution" not in text and text.count("<summary>Hint</summary>") == 3
        code = [cell.source for cell in whole.cells if cell.cell_type == "code"]
        assert code == [cell.source for cell in copy.cells if cell.cell_type == "code"]


def test_links_between_the_files_of_a_class_lead_somewhere(folder):
    for path in folder.glob("*.ipynb"):
        text = "".join(c.source for c in nbformat.read(path, as_version=4).cells if c.cell_type == "markdown")
        for target in re.findall(r"\]\((?!http|\.\.)([^)#]+)", text):
            assert (folder / target).exists(), target


def test_the_same_command_resets_it(folder):
    (folder / "00_quickstart.ipynb").write_text("scribbled over")
    (folder / "review.jsonl").write_text("{}")
    assert cli.main(["classroom", str(folder)]) == 0
    assert nbformat.read(folder / "00_quickstart.ipynb", as_version=4).cells and not (folder / "review.jsonl").exists()


def test_a_folder_of_somebody_else_is_left_alone(tmp_path, capsys):
    (tmp_path / "thesis.tex").write_text("mine")
    assert cli.main(["classroom", str(tmp_path)]) == 2
    assert "has not been made by `procure classroom`" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_the_handout_has_each_concept_with_a_pair_and_a_refusal():
    page = handout()
    assert set(ASKS) == set(EXAMPLES) == set(DEFAULT_CONCEPTS)
    assert page.count("<section>") == page.count("refused: ") == len(DEFAULT_CONCEPTS)
    assert page.count("<ins") >= 2 * len(DEFAULT_CONCEPTS) and "http" not in page


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (apt-get install chromium)")
@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_the_handout_prints_on_one_page(folder, paper):
    with chromium() as browser:
        page = browser.new_page()
        page.goto((folder / "handout.html").as_uri())
        assert re.findall(rb"/Count (\d+)", page.pdf(format=paper)) == [b"1"]
