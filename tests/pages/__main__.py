"""Write every page that is made from something else: `python -m tests.pages [runs/<time>/results.json]`.

The README's findings and times, the notebooks' times, data/results/README.md, notebooks/COMMANDS.md, and CONTRIBUTING's
map of the package. With the results of a whole `make run`, its times become data/results/notebooks_cpu.json first.
"""

import json
import re
import sys
from pathlib import Path

import nbformat

from procure_kit.shipped import NOTEBOOKS, RESULTS
from tests.pages import commands, files, package_map, readme, results

ROOT = Path(__file__).parents[2]


def main(run: Path | None) -> None:
    if run:
        entries = json.loads(run.read_text())
        if failed := [entry["notebook"] for entry in entries if entry["status"] != "ok"]:
            sys.exit(f"{run}: {', '.join(failed)} did not run to the end, so there is no time to report")
        (RESULTS / "notebooks_cpu.json").write_text(json.dumps(entries, indent=1) + "\n")
    (RESULTS / "README.md").write_text(results.page(), encoding="utf-8")
    (NOTEBOOKS / "COMMANDS.md").write_text(commands.page(), encoding="utf-8")
    put(ROOT / "README.md", "findings", readme.findings())
    put(ROOT / "CONTRIBUTING.md", "map", package_map.page())
    path = ROOT / "README.md"
    path.write_text(readme.with_times(path.read_text(encoding="utf-8")), encoding="utf-8")
    for entry in files.read("notebooks_cpu"):
        put_time(NOTEBOOKS / f"{entry['notebook']}.ipynb", f"{entry['seconds']:.0f} s")


def put(path: Path, mark: str, block: str) -> None:
    """The block between <!-- mark --> and <!-- /mark -->. Raises: ValueError where the page has no such place."""
    before, opening, rest = path.read_text(encoding="utf-8").partition(f"<!-- {mark} -->\n")
    _, closing, after = rest.partition(f"<!-- /{mark} -->")
    if not closing:
        raise ValueError(f"{path} has no place for its {mark}")
    path.write_text(f"{before}{opening}{block}\n{closing}{after}", encoding="utf-8")


def put_time(path: Path, seconds: str) -> None:
    notebook = nbformat.read(path, as_version=4)
    opening = notebook.cells[0]
    opening.source = re.sub(r"(?m)^\*\*Time\*\* .*? on two", f"**Time** {seconds} on two", opening.source)
    nbformat.write(notebook, path)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else None)
