"""`procure run`: execute the notebooks headlessly and leave pages, results and an index to look at."""

import argparse
import html
import json
import logging
import os
import re
import sys
import tempfile
import time
from pathlib import Path

from procure_kit.commands.committing import commit_ready, described, without_widgets
from procure_kit.commands.parameters import given, known_parameters, listing
from procure_kit.extras import load
from procure_kit.shipped import CHECKOUT, NOTEBOOKS
from procure_kit.views.screenshot import chromium

EPILOG = """\
examples:
  procure run                              # all of them
  procure run 00 01b                       # two, by their numbers
  procure run 03 --list                    # its parameters, and what each is for
  procure run 03 -p steps 50 -p lam 0.5    # with other parameters; one that no notebook has is an error"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="a notebook's number, or the start of its name; default: all"
    )
    parser.add_argument(
        "-p",
        nargs=2,
        action="append",
        default=[],
        metavar=("KEY", "VALUE"),
        help="set a parameter of the notebooks' second cell; may stand several times",
    )
    error = parser.error
    words = "argument -p: a name and a value, as two words: -p steps 50"
    parser.error = lambda said: error(words if said == "argument -p: expected 2 arguments" else said)
    parser.add_argument("--list", action="store_true", help="show the notebooks' parameters, and run nothing")
    parser.add_argument("--full", action="store_true", help="the full-size settings, meant for a GPU (sets full=True)")
    parser.add_argument(
        "--in-place",
        action="store_true",
        help="re-execute the notebooks where they lie, with static pictures; needs Chromium",
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="where the run goes; default: runs/<time>")


def run(args: argparse.Namespace) -> int:
    """Execute the chosen notebooks; return 0 when all ran to their end, 1 when one stopped, 2 on bad input."""
    try:
        paths = select(args.names)
        known = {path: known_parameters(path) for path in paths}
        parameters = given([*args.p, *([("full", "True")] if args.full else [])], known)
        if args.list:
            print(listing(known))
            return 0
        if args.in_place:
            if not CHECKOUT:
                raise ValueError(f"--in-place is for a checkout: in {NOTEBOOKS} the notebooks stay as they came")
            chromium()
            load("kaleido")  # plotly asks Chromium for its pictures through it
    except ValueError as error:
        print(f"procure run: {error}", file=sys.stderr)
        return 2
    out = args.out or Path("runs") / time.strftime("%Y-%m-%d_%H%M%S")
    out.mkdir(parents=True, exist_ok=True)
    # Pages in runs/ carry plotly.js themselves; committed notebooks carry a PNG behind each figure.
    os.environ["PLOTLY_RENDERER"] = "plotly_mimetype+png" if args.in_place else "plotly_mimetype+notebook"
    # Bars leave nothing to read: transformers' and, in the kernels, all others; papermill's own goes on.
    os.environ |= {"HF_HUB_DISABLE_PROGRESS_BARS": "1", "TQDM_DISABLE": "1"}
    entries = []
    for path in paths:
        try:
            entries.append(execute(path, out, parameters[path]))
        except KeyboardInterrupt:
            write_index(entries, out)
            print(f"procure run: stopped in {path.name}; what ran before: {out / 'index.html'}", file=sys.stderr)
            return 130
        if args.in_place and entries[-1]["status"] == "ok":
            commit_ready(out / path.name, path)
        write_index(entries, out)
    print(summary(entries, out))
    return int(any(entry["status"] != "ok" for entry in entries))


def select(names: list[str]) -> list[Path]:
    """The notebooks named, in their order: by number ("01" or "1" is not "01b"), or by the start of a name, with or
    without the number ("validation").

    Raises: ValueError for a name that is neither.
    """
    paths = sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))
    chosen = set()
    for name in names:
        # "1" and "01" are 01 alone, not 01b; else any notebook whose name starts so, with or without its number.
        found = [path for path in paths if path.stem.split("_")[0] in (name, f"0{name}")]
        found = found or [path for path in paths if re.match(rf"(\w+?_)?{re.escape(name)}", path.stem)]
        if not found:
            raise ValueError(f"no notebook is called {name!r}; there are {', '.join(path.stem for path in paths)}")
        chosen.update(found)
    return [path for path in paths if not names or path in chosen]


def write_index(entries: list[dict], out: Path) -> None:
    (out / "results.json").write_text(json.dumps(entries, indent=1) + "\n")
    (out / "index.html").write_text(index_page(entries))


def execute(path: Path, out: Path, parameters: dict) -> dict:
    """Run one notebook into `out` as .ipynb and .html; return its name, status, seconds and main results."""
    import nbformat
    import papermill
    from nbconvert import HTMLExporter
    from traitlets.config import Config

    logging.getLogger("papermill").setLevel(logging.ERROR)  # it warns of parameters, which parameters.py reads better
    start = time.perf_counter()
    error = ""
    with tempfile.TemporaryDirectory(prefix="procure-") as sockets:
        # Sockets in a folder of our own where the system has such: nobody else on the machine can listen in.
        kernel = {"transport": "ipc", "ip": f"{sockets}/kernel"} if os.name == "posix" else {}
        try:
            papermill.execute_notebook(
                str(path),
                str(out / path.name),
                parameters,
                progress_bar={"desc": path.stem},
                cwd=os.getcwd(),  # a path given by -p means what it means on the command line
                config=Config(KernelManager=kernel),
                start_timeout=300,
                iopub_timeout=300,  # seconds for the output behind a cell's end; 4 are too few on a busy machine
                kernel_manager_class=quiet_manager(out / "kernel.log"),
            )
        except papermill.PapermillExecutionError as failure:
            number = failure.exec_count - bool(parameters)  # as in the file: what is given stands in a cell of its own
            error = f"cell {number}: {failure.ename}: {failure.evalue}"
            print(f"{path.name} stopped at {error}", file=sys.stderr)
    seconds = time.perf_counter() - start
    notebook = nbformat.read(out / path.name, as_version=4)
    page, _ = HTMLExporter(template_name="lab").from_notebook_node(described(without_widgets(notebook)))
    (out / f"{path.stem}.html").write_text(page)
    return {
        "notebook": path.stem,
        "status": "failed" if error else "ok",
        "seconds": round(seconds, 1),
        "parameters": parameters,
        "results": main_results(notebook),
        "error": error,
    }


def quiet_manager(log: Path):
    """A manager of kernels whose own words go to a file: on Ctrl-C a kernel prints its sockets' tracebacks."""
    from jupyter_client.manager import AsyncKernelManager

    class Quiet(AsyncKernelManager):
        async def _async_launch_kernel(self, kernel_cmd, **kwargs):
            with log.open("a") as file:
                await super()._async_launch_kernel(kernel_cmd, **kwargs | {"stdout": file, "stderr": file})

        _launch_kernel = _async_launch_kernel

    return Quiet


def main_results(notebook) -> dict[str, str]:
    """What the cell tagged `results` printed, one `name: value` a line."""
    lines = [
        line
        for cell in notebook.cells
        if "results" in cell.metadata.get("tags", [])
        for output in cell.get("outputs", [])
        for line in output.get("text", "").splitlines()
    ]
    return {name: value.strip() for name, _, value in (line.partition(": ") for line in lines if ": " in line)}


def summary(entries: list[dict], out: Path) -> str:
    """The short table that ends a run."""
    rows = [(e["notebook"], f"{e['seconds']:.0f} s", name, value) for e in entries for name, value in shown(e)]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = ["  ".join([*(cell.ljust(w) for cell, w in zip(row, widths, strict=False)), row[3]]) for row in rows]
    return "\n".join(["", *lines, "", f"Look at {out / 'index.html'}"])


def shown(entry: dict) -> list[tuple[str, str]]:
    return [("stopped", entry["error"])] if entry["error"] else list(entry["results"].items()) or [("ran", "")]


def index_page(entries: list[dict]) -> str:
    rows = []
    for entry in entries:
        name = html.escape(entry["notebook"])
        results = "<br>".join(html.escape(f"{key}: {value}") for key, value in shown(entry))
        rows.append(
            f'<tr><td><a href="{name}.html">{name}</a></td><td>{entry["status"]}</td>'
            f"<td>{entry['seconds']:.0f} s</td><td>{results}</td></tr>"
        )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>procure-kit run</title>'
        "<style>:root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem}"
        "td,th{text-align:left;vertical-align:top;padding:.4rem 1.2rem .4rem 0;border-bottom:1px solid #8888}</style>"
        "<h1>procure-kit run</h1><table><tr><th>Notebook</th><th>Status</th><th>Time</th><th>Main results</th></tr>"
        + "".join(rows)
        + "</table></html>\n"
    )
