"""`procure classroom [DIR]`: the notebooks as a class gets them, without outputs and solutions, and a page to print."""

import argparse
import re
from pathlib import Path

from procure_kit.shipped import NOTEBOOKS

EPILOG = """\
The folder is made anew each time, so the same command resets it after a class; what students wrote in it is gone then.
A folder that it did not make is left alone.

examples:
  procure classroom
  procure classroom /srv/share/monday"""
MARK = ".procure-classroom"  # in a folder that may be made anew
SOLUTION = re.compile(r"\s*<details><summary>Solution</summary>.*?</details>", re.S)
BESIDE = ("GLOSSARY.md", "COMMANDS.md")
OWN = ("kept.jsonl", "review.jsonl", "review.*.jsonl")  # what a class leaves beside the notebooks


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "out", nargs="?", type=Path, default=Path("class"), metavar="DIR", help="where; default: %(default)s"
    )


def run(args: argparse.Namespace) -> int:
    """Make the folder. Raises: ValueError for a folder with other things in it."""
    out = args.out
    if out.exists() and any(out.iterdir()) and not (out / MARK).is_file():
        raise ValueError(f"{out} has not been made by `procure classroom`, and is left as it is: name another folder")
    out.mkdir(parents=True, exist_ok=True)
    (out / MARK).touch()
    for pattern in OWN:
        for path in out.glob(pattern):
            path.unlink()
    import nbformat

    notebooks = sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))
    for path in notebooks:
        nbformat.write(for_class(nbformat.read(path, as_version=4)), out / path.name)
    for name in BESIDE:
        text = (NOTEBOOKS / name).read_text("utf-8")
        (out / name).write_text(text, encoding="utf-8")
    from procure_kit.views.handout import handout

    (out / "handout.html").write_text(handout(), encoding="utf-8")
    print(f"{len(notebooks)} notebooks without outputs and solutions, and handout.html to print → {out}")
    return 0


def for_class(notebook):
    """The notebook without outputs, counts and solutions; hints stay."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        else:
            cell.source = SOLUTION.sub("", cell.source)
    return notebook
