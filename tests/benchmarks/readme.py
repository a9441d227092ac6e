"""Bring the README's tables, and the times in the notebooks' first cells, to what the results files say.

python tests/benchmarks/readme.py [runs/<time>/results.json]   # with a run: its times become notebooks_cpu.json first
"""

import json
import re
import sys
from pathlib import Path

import nbformat

from procure_kit.experiments.scores import table
from procure_kit.problems import markdown
from procure_kit.shipped import RESULTS

ROOT = Path(__file__).parents[2]


def main(run: Path | None) -> None:
    if run:
        entries = json.loads(run.read_text())
        if failed := [entry["notebook"] for entry in entries if entry["status"] != "ok"]:
            sys.exit(f"{run}: {', '.join(failed)} did not run to the end, so there is no time to report")
        (RESULTS / "notebooks_cpu.json").write_text(json.dumps(entries, indent=1) + "\n")
    readme = between((ROOT / "README.md").read_text(), "counts", counts())
    readme = between(readme, "scores", table(json.loads((RESULTS / "tiny_scores.json").read_text())))
    readme = between(readme, "costs", (RESULTS / "loss_cost.cpu.md").read_text().strip())
    readme = between(readme, "proofs", proofs())
    readme = between(readme, "behaviour", behaviour())
    readme = between(readme, "experiments", experiments())
    readme = between(readme, "downstream", (RESULTS / "downstream_tiny.md").read_text().strip())
    for entry in json.loads((RESULTS / "notebooks_cpu.json").read_text()):
        name, seconds = entry["notebook"], f"{entry['seconds']:.0f} s"
        put_time(ROOT / "notebooks" / f"{name}.ipynb", seconds)
        readme = re.sub(rf"(?m)^(\| \[{name}\].* \| )[^|]*( \|)$", rf"\g<1>{seconds}\g<2>", readme)
    (ROOT / "README.md").write_text(readme)


def counts() -> str:
    """The table of HumanEval's counterfactuals, with the reasons to refuse folded."""
    head, rest = (RESULTS / "humaneval_counts.md").read_text().split("Refused, by reason:\n")
    reasons, invalid = rest.split("Rewritten, but not valid:\n")
    folded = f"<details><summary>Refused, by reason</summary>\n\n{reasons.strip()}\n\n</details>"
    return f"{head.strip()}\n\nRewritten, but not valid:\n\n{invalid.strip()}\n\n{folded}"


def proofs() -> str:
    """The tables of suites run on rewritten source trees, and what was found in each failure."""
    texts = [(RESULTS / f"{name}.md").read_text() for name in ("standard_library", "packages")]
    lines = [line for text in texts for line in text.splitlines() if line.startswith("|")]
    table = list(dict.fromkeys(lines))  # both have the same head
    told = [text.partition("\n\nLooks")[2] for text in texts]
    reasons = [line for text in told for line in text.splitlines() if line.startswith("- `")]
    return "\n".join(table) + "\n\nEvery test that fails, by cause:\n\n" + "\n".join(reasons)


def behaviour() -> str:
    """How many rewrites changed what a program does, by set and soundness."""
    rows = []
    for name, part in json.loads((RESULTS / "behaviour.json").read_text()).items():
        left, cells = sum(part["left out"].values()), []
        for soundness in ("syntactic", "tested"):
            found = [row for row in part["rewrites"] if row[2] == soundness]
            cells += [f"{sum(row[3] for row in found):,}", f"{sum(row[4] for row in found):,}"]
        rows.append([name, f"{part['programs'] - left:,}", left, *cells])
    head = ["set", "programs", "left out", "`syntactic` rewrites", "changed", "`tested` rewrites", "changed"]
    return markdown.table(head, rows, right=head[1:])


def experiments() -> str:
    """The grid's levels, and its differences over all sets together, folded; the page has each set's own. Then the
    same of the longer runs."""
    parts = []
    for name, steps in (("experiments_tiny", ""), ("experiments_tiny_400", "After 400 steps:\n\n")):
        lines = (RESULTS / f"{name}.md").read_text().splitlines()
        kept = "\n".join(line for line in lines if "| world/" not in line and "| kit |" not in line)
        levels, head, gains = kept.strip().partition("Paired differences")
        summary, _, rows = gains.partition(":")
        parts.append(f"{steps}{levels}<details><summary>{head}{summary}</summary>{rows}\n\n</details>")
    return "\n\n".join(parts)


def between(readme: str, mark: str, block: str) -> str:
    before, _, rest = readme.partition(f"<!-- {mark} -->\n")
    after = rest.partition(f"<!-- /{mark} -->")[2]
    return f"{before}<!-- {mark} -->\n{block}\n<!-- /{mark} -->{after}"


def put_time(path: Path, seconds: str) -> None:
    notebook = nbformat.read(path, as_version=4)
    opening = notebook.cells[0]
    opening.source = re.sub(r"(?m)^\*\*Time\*\* .*? on two", f"**Time** {seconds} on two", opening.source)
    nbformat.write(notebook, path)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else None)
