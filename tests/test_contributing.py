"""The map in CONTRIBUTING.md is what the folders and modules say of themselves, and they say enough."""

import re
from pathlib import Path

import pytest

from procure_kit.shipped import PACKAGE
from tests.pages import package_map

PAGE = (Path(__file__).parent.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")
FOLDERS = sorted({path.parent for path in PACKAGE.rglob("*.py")} - {PACKAGE})


def test_the_map_is_up_to_date():
    block = re.search(r"<!-- map -->\n(.*?)\n<!-- /map -->", PAGE, re.S)[1]
    assert block == package_map.page(), "run `python -m tests.pages` and look at what changed"


def test_the_map_names_every_module_once():
    map_ = package_map.page()
    for path in PACKAGE.rglob("*.py"):
        if path.name != "__init__.py":
            assert map_.count(f"\n- [{path.name}]({package_map.link(path)}): ") == 1, path


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.relative_to(PACKAGE).as_posix())
def test_a_phase_says_what_it_takes_and_hands_on_and_where_to_begin(folder):
    """A folder inside `families/` would be pieces of a table; every other one is a phase or a part of one."""
    words = package_map.doc(folder / "__init__.py")
    said = {"take", "hand", "read"} & {word.strip(".,:").lower().removesuffix("s") for word in words.split()}
    assert folder.name == "families" or said == {"take", "hand", "read"}, folder


def test_a_folder_that_names_a_file_which_is_gone_is_refused(tmp_path):
    (tmp_path / "here.py").touch()
    with pytest.raises(ValueError, match="names gone.py, which is not there"):
        package_map.linked("Read here.txt, not gone.py.", tmp_path)


@pytest.mark.parametrize(
    ("sought", "folder"),
    [
        ("concept-sensitive loss", "training/"),
        ("pair view", "views/"),
        ("boundary between tests and program", "running/"),
    ],
)
def test_what_people_look_for_first_is_named_where_it_lives(sought, folder):
    words = package_map.doc(PACKAGE / folder / "__init__.py").replace("\n", " ")
    assert sought in words


def test_what_looks_like_a_tag_is_text_on_the_page(tmp_path):
    file = tmp_path / "marks.py"
    file.write_text('"""Marks survive (<b>), as `<ins>` does."""')
    assert package_map.doc(file) == "Marks survive (&lt;b>), as `<ins>` does."
