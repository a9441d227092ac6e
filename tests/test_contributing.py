"""The map of modules in CONTRIBUTING.md is whole, and what it says of imports holds."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "procure_kit"
ROWS = re.findall(r"^\| [\w ]+ \| (`.+?) \|", (ROOT / "CONTRIBUTING.md").read_text(), re.M)
NAMED = [(name.rstrip("/"), row) for row, cells in enumerate(ROWS) for name in re.findall(r"`([\w/]+)`", cells)]
PHASE = dict(NAMED)


def phase(module: str) -> int:
    """The row of "world/score", which stands for itself, or of "world/inputs", which belongs to `world/`."""
    return PHASE.get(module, PHASE.get(module.split("/")[0]))


def test_the_map_names_every_module_once():
    there = {path.stem for path in PACKAGE.glob("*.py")} | {
        path.name for path in PACKAGE.glob("[a-z]*") if path.is_dir()
    }
    assert sorted(name for name, _ in NAMED) == sorted(there - {"__init__"} | {"world/score"})


def test_no_module_imports_one_of_a_later_row():
    later = []
    for path in PACKAGE.rglob("*.py"):
        module = path.relative_to(PACKAGE).with_suffix("").as_posix().removesuffix("/__init__")
        for node in ast.parse(path.read_text()).body if module != "__init__" else ():
            if isinstance(node, ast.ImportFrom) and node.module.split(".")[0] == "procure_kit":
                whole = [
                    f"{node.module}.{alias.name}" if node.module == "procure_kit" else node.module
                    for alias in node.names
                ]
                names = {name.removeprefix("procure_kit.").replace(".", "/") for name in whole}
                later += [(module, name) for name in names if phase(name) > phase(module)]
    assert later == []
