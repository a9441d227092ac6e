"""Put the measured times of a run into notebooks_cpu.json, the notebooks' first cells and the README.

make run && python tests/benchmarks/notebook_times.py runs/<time>/results.json
"""

import json
import re
import sys
from pathlib import Path

import nbformat

ROOT = Path(__file__).parents[2]


def main(results: Path) -> None:
    entries = json.loads(results.read_text())
    if failed := [entry["notebook"] for entry in entries if entry["status"] != "ok"]:
        sys.exit(f"{results}: {', '.join(failed)} did not run to the end, so there is no time to report")
    (ROOT / "tests" / "benchmarks" / "notebooks_cpu.json").write_text(json.dumps(entries, indent=1) + "\n")
    readme = (ROOT / "README.md").read_text()
    for entry in entries:
        name, seconds = entry["notebook"], f"{entry['seconds']:.0f} s"
        path = ROOT / "notebooks" / f"{name}.ipynb"
        notebook = nbformat.read(path, as_version=4)
        opening = notebook.cells[0]
        opening.source = re.sub(r"(?m)^\*\*Time\*\* .*? on two", f"**Time** {seconds} on two", opening.source)
        nbformat.write(notebook, path)
        readme = re.sub(rf"(?m)^(\| \[{name}\].* \| )[^|]*( \|)$", rf"\g<1>{seconds}\g<2>", readme)
        print(f"{name}: {seconds}")
    (ROOT / "README.md").write_text(readme)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
