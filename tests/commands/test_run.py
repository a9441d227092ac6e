"""`procure run` on small notebooks of its own: choice, parameters, failures, results and pages."""

import argparse
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

from procure_kit.commands import run as notebook_runs
from procure_kit.commands.run import index_page, main_results, select, summary


def write_notebook(path, *cells: tuple[str, list[str]]):
    notebook = nbformat.v4.new_notebook()
    for source, tags in cells:
        notebook.cells.append(nbformat.v4.new_code_cell(source, metadata={"tags": tags}))
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, path)


@pytest.fixture
def notebooks(tmp_path, monkeypatch):
    folder = tmp_path / "notebooks"
    folder.mkdir()
    write_notebook(folder / "00_first.ipynb", ("size = 1", ["parameters"]), ("print('size:', size * 2)", ["results"]))
    write_notebook(
        folder / "01_second.ipynb",
        ("full = False", ["parameters"]),
        ("assert not full, '<b>too big</b>'\nopen('made.txt', 'w')", []),
    )
    monkeypatch.setattr(notebook_runs, "NOTEBOOKS", folder)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLOTLY_RENDERER", "json")  # put back afterwards: a run sets it for its kernels
    return folder


def run(*argv: str) -> int:
    parser = argparse.ArgumentParser()
    notebook_runs.add_arguments(parser)
    return notebook_runs.run(parser.parse_args(argv))


@pytest.mark.slow
def test_a_run_leaves_pages_results_and_a_table(notebooks, tmp_path, capsys):
    assert run("--out", "out", "-p", "size", "21") == 0
    first, second = json.loads((tmp_path / "out/results.json").read_text())
    assert first["results"] == {"size": "42"} and first["parameters"] == {"size": 21}
    assert second["parameters"] == {}
    assert "00_first.html" in (tmp_path / "out/index.html").read_text()
    assert (tmp_path / "out/01_second.html").stat().st_size > 1000
    assert "size" in capsys.readouterr().out
    assert not nbformat.read(notebooks / "00_first.ipynb", as_version=4).cells[1].outputs
    assert (tmp_path / "made.txt").exists()  # the kernels work where the command was called


@pytest.mark.slow
def test_a_notebook_that_stops_is_reported_and_the_others_run(notebooks, tmp_path, capsys):
    assert run("--out", "out", "--full") == 1
    first, second = json.loads((tmp_path / "out/results.json").read_text())
    assert (first["status"], second["status"]) == ("ok", "failed")
    assert "AssertionError: <b>too big</b>" in second["error"]
    assert "&lt;b&gt;too big" in (tmp_path / "out/index.html").read_text()
    assert "01_second.ipynb stopped at cell" in capsys.readouterr().err


def test_list_shows_the_parameters_and_runs_nothing(notebooks, tmp_path, capsys):
    assert run("--list", "--out", "out") == 0
    assert capsys.readouterr().out.split() == ["00_first", "size", "1", "01_second", "full", "False"]
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_ctrl_c_ends_in_one_sentence_with_a_page_of_what_is_done(notebooks, tmp_path):
    write_notebook(notebooks / "01_second.ipynb", ("import os, time; open('begun', 'w').close(); time.sleep(600)", []))
    code = f"from procure_kit.commands import run; from pathlib import Path; run.NOTEBOOKS = Path({str(notebooks)!r})\n"
    code += "from procure_kit import cli; raise SystemExit(cli.main(['run', '--out', 'out']))"
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True, cwd=tmp_path)
    while not (tmp_path / "begun").exists():
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    said = process.communicate()[1]
    assert process.returncode == 130 and "Traceback" not in said
    assert said.rstrip().endswith(f"procure run: stopped in 01_second.ipynb; what ran before: {Path('out/index.html')}")
    assert "00_first.html" in (tmp_path / "out/index.html").read_text()


@pytest.mark.slow
def test_in_place_executes_the_committed_notebook_without_what_changes(notebooks, monkeypatch):
    monkeypatch.setattr(notebook_runs, "chromium", lambda: "not asked for: this notebook has no figure")
    assert run("00", "--in-place", "--out", "out") == 0
    notebook = nbformat.read(notebooks / "00_first.ipynb", as_version=4)
    assert notebook.cells[1].outputs[0].text == "size: 2\n"
    assert "papermill" not in notebook.metadata and "papermill" not in notebook.cells[1].metadata


def test_in_place_without_chromium_says_so_before_anything_runs(notebooks, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("PATH", "")
    assert run("00", "--in-place", "--out", "out") == 2
    assert "needs Chromium (apt-get install chromium)" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_parameter_in_one_word_is_shown_how_to_write(capsys):
    with pytest.raises(SystemExit):
        run("00", "-p", "seed=3")
    assert "argument -p: a name and a value, as two words: -p steps 50" in capsys.readouterr().err


@pytest.mark.parametrize(
    "argv, message",
    [
        (["-p", "sise", "2"], "no chosen notebook has a parameter 'sise' (00_first: size; 01_second: full)"),
        (["7"], "no notebook is called '7'; there are 00_first, 01_second"),
        (["01", "-p", "size", "2"], "no chosen notebook has a parameter 'size'"),
        (["-p", "size", "two"], "parameter 'size' is a whole number, such as 1, not 'two'"),
        (["-p", "full", "1"], "parameter 'full' is True or False, such as False, not '1'"),
    ],
)
def test_bad_input_is_named_and_nothing_runs(notebooks, tmp_path, capsys, argv, message):
    assert run(*argv, "--out", "out") == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_select_by_number_leaves_the_neighbours_out(notebooks):
    (notebooks / "01b_between.ipynb").write_bytes((notebooks / "01_second.ipynb").read_bytes())
    assert [path.stem for path in select(["01"])] == ["01_second"]
    assert [path.stem for path in select(["01b"])] == ["01b_between"]
    assert [path.stem for path in select(["1"])] == ["01_second"] and [p.stem for p in select(["1b"])] == [
        "01b_between"
    ]
    assert [path.stem for path in select(["second"])] == ["01_second"]
    assert [path.stem for path in select([])] == ["00_first", "01_second", "01b_between"]


def test_select_takes_the_starts_of_names_in_order(notebooks):
    assert [path.stem for path in select(["01", "00_f"])] == ["00_first", "01_second"]


def test_main_results_keep_what_follows_the_first_colon():
    cell = nbformat.v4.new_code_cell("", metadata={"tags": ["results"]})
    cell.outputs = [nbformat.v4.new_output("stream", text="valid: 3\nnote: a: b\nno value\n")]
    assert main_results(nbformat.v4.new_notebook(cells=[cell])) == {"valid": "3", "note": "a: b"}


RAN = {"notebook": "00_first", "status": "ok", "seconds": 61.4, "results": {"size": "42", "note": "<b>"}, "error": ""}
STOPPED = RAN | {"notebook": "01_second", "status": "failed", "seconds": 0.2, "results": {}, "error": "cell 3: E: no"}
EMPTY = RAN | {"notebook": "02_third", "results": {}}


def test_the_table_that_ends_a_run(tmp_path):
    assert summary([RAN, STOPPED, EMPTY], tmp_path).splitlines() == [
        "",
        "00_first   61 s  size     42",
        "00_first   61 s  note     <b>",
        "01_second  0 s   stopped  cell 3: E: no",
        "02_third   61 s  ran      ",
        "",
        f"Look at {tmp_path / 'index.html'}",
    ]


def test_the_page_that_ends_a_run_escapes_what_a_notebook_says():
    page = index_page([RAN, STOPPED])
    assert '<td><a href="00_first.html">00_first</a></td><td>ok</td><td>61 s</td>' in page
    assert "<td>size: 42<br>note: &lt;b&gt;</td>" in page
    assert "<td>failed</td><td>0 s</td><td>stopped: cell 3: E: no</td>" in page
