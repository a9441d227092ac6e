"""What lies beside the code is found by one module alone; nothing else knows where the repository is."""

import re
from pathlib import Path

import nbformat

from procure_kit import shipped

ROOT = Path(__file__).parent.parent
UPWARDS = re.compile(
    r"__file__\)(\.resolve\(\))?\.parent\.parent|parents\[|(Path|open)\(f?\"(\.\./|data/|notebooks/|tests/)"
)


def test_this_is_a_checkout():
    assert (shipped.CHECKOUT, shipped.PACKAGE, shipped.NEW_RESULTS) == (True, ROOT / "procure_kit", shipped.RESULTS)
    assert (shipped.DATA, shipped.NOTEBOOKS) == (ROOT / "data", ROOT / "notebooks")
    assert shipped.brought_back_by("data/tiny") == "git checkout -- data/tiny"


def test_nothing_else_joins_paths_to_the_repository():
    sources = {path.name: path.read_text() for path in (ROOT / "procure_kit").rglob("*.py")}
    for path in shipped.NOTEBOOKS.glob("*.ipynb"):
        cells = nbformat.read(path, as_version=4).cells
        sources[path.name] = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    assert len(sources) > 100
    assert [name for name, source in sources.items() if UPWARDS.search(source)] == []


def test_the_pattern_sees_what_it_is_for():
    for line in ('Path(pk.__file__).parent.parent / "tests"', 'Path("../tests/benchmarks")', 'open("data/kit.jsonl")'):
        assert UPWARDS.search(line), line
