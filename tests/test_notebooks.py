"""The committed notebooks: how they are laid out, and that they run with other parameters than the committed ones.

nbval compares them with their committed outputs in a run of its own (`make test`).
"""

import ast
import json
import re
import shlex
import subprocess
import sys
from html import unescape

import nbformat
import pytest
from packaging.requirements import Requirement

from procure_kit.commands.committing import KERNEL
from procure_kit.commands.run import NOTEBOOKS, execute
from procure_kit.extras import ALONE, EXTRAS
from tests.views.sanitising import sanitised

PATHS = sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))
OTHER_PARAMETERS = {
    "00_quickstart": {"model": "smollm2", "problem_set": "kit", "task": "kit/24", "concept": "variable_name_random"},
    "01_perturbation": {"problem_set": "humaneval", "seed": 1},
    "01b_llm_generator": {"concept": "variable_name_shuffle", "per_concept": 1, "turns": 0, "live": True},
    "02_validation": {"problem_set": "humaneval", "limit": 5, "seed": 1},
    "03_qlora_finetuning": {
        "problem_set": "kit",
        "limit": 4,
        "steps": 2,
        "batch_size": 4,
        "w_att": 0.0,
        "targets": "uses",
        "ablation": "mask",
    },
    "04_attention_maps": {"problem_set": "kit", "task": "kit/24", "concept": "if_else_flip", "real_model": "tiny"},
    "05_evaluation": {"problem_set": "kit", "limit": 2, "samples": 1, "k": [1], "max_new_tokens": 12},
    "06_experiments": {"until": 2000, "composition": 2, "family": 1},
}


@pytest.fixture(params=PATHS, ids=lambda path: path.stem)
def notebook(request):
    return nbformat.read(request.param, as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_every_notebook_is_run_with_other_parameters():
    assert [path.stem for path in PATHS] == list(OTHER_PARAMETERS)


@pytest.mark.slow
@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_runs_with_other_parameters(path, tmp_path, monkeypatch):
    monkeypatch.setenv("PLOTLY_RENDERER", "plotly_mimetype+notebook")  # as `procure run` sets it; needs no Chromium
    entry = execute(path, tmp_path, OTHER_PARAMETERS[path.stem])
    assert entry["error"] == ""
    assert entry["results"], "the cell tagged `results` printed nothing"


GOOD = {"task_id": "mine/good", "prompt": "def f(n):\n", "entry_point": "f"}
GOOD |= {
    "canonical_solution": "    a = 1\n    b = n\n    if n > 0:\n        b = a\n    else:\n        b = 2\n    return b\n"
}
GOOD |= {"test": "def check(candidate):\n    assert candidate(3) == 1\n    assert candidate(-3) == 2\n"}


@pytest.mark.slow
@pytest.mark.parametrize(
    "name, said",
    [
        ("01_perturbation", "left out: mine/unread: line 2: the source does not parse"),
        ("02_validation", "mine/unread    if_else_flip           unparsable       line 2: the source does not parse"),
        ("03_qlora_finetuning", "left out: mine/wrong, if_else_flip: original_fails, tests_fail: test line 2"),
    ],
)
def test_a_bad_problem_of_ones_own_is_named_and_the_others_are_used(name, said, tmp_path, monkeypatch):
    monkeypatch.setenv("PLOTLY_RENDERER", "plotly_mimetype")
    unread = GOOD | {"task_id": "mine/unread", "canonical_solution": "    return (\n"}
    wrong = GOOD | {"task_id": "mine/wrong", "canonical_solution": GOOD["canonical_solution"].replace("a = 1", "a = 5")}
    path = tmp_path / "mine.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in (unread, wrong, GOOD)))
    few = {"steps": 1, "batch_size": 1} if name.startswith("03") else {}
    entry = execute(NOTEBOOKS / f"{name}.ipynb", tmp_path, {"problem_set": str(path)} | few)
    assert entry["error"] == "" and said in (tmp_path / f"{name}.ipynb").read_text()


def test_opens_with_aims_needs_and_times(notebook):
    first = notebook.cells[0].source
    for promise in ("# ", "**You will learn**", "**You need**", "**Time**"):
        assert promise in first
    assert "– s" not in first


def test_begins_by_looking_for_the_kit():
    """The same small cell everywhere: silent where the kit is, two lines and no error where it is not."""
    (cell,) = {code_cells(nbformat.read(path, as_version=4))[0].source for path in PATHS}
    for options, lines in (((), 0), (("-I", "-S"), 2)):  # with no site-packages: Colab, or any other Python
        ran = subprocess.run([sys.executable, *options, "-c", cell], capture_output=True, text=True)
        said = ran.stdout.splitlines()
        assert (ran.returncode, len(said), ran.stderr) == (0, lines, ""), ran
    extras, alone = shlex.split(said[0])[-1], shlex.split(said[1].partition("--no-deps ")[2])
    assert Requirement(extras).name == "procure-kit" and Requirement(extras).extras == set(EXTRAS)
    assert sorted(alone) == sorted(ALONE.values())


def test_says_in_words_what_to_expect(notebook):
    assert sum(cell.source.count("**Expect**") for cell in notebook.cells) >= 3
    said = ""
    for cell in notebook.cells:
        said = cell.source if cell.cell_type == "markdown" else said
        if any("image/png" in output.get("data", {}) for output in cell.get("outputs", [])):
            assert "**Expect**" in said, f"no word on what to see in the picture of {cell.source!r}"


@pytest.mark.parametrize("tag", ["parameters", "results"])
def test_has_one_cell_of_each_role(notebook, tag):
    assert len([cell for cell in code_cells(notebook) if tag in cell.metadata.get("tags", [])]) == 1


def test_parameters_are_plain_assignments(notebook):
    (cell,) = (cell for cell in code_cells(notebook) if "parameters" in cell.metadata.get("tags", []))
    for statement in ast.parse(cell.source).body:
        ast.literal_eval(statement.value)


def test_is_committed_executed_without_errors(notebook):
    counts = [cell.execution_count for cell in code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1))
    assert not [o for cell in code_cells(notebook) for o in cell.outputs if o.output_type == "error"]


def test_outputs_are_small_and_figures_have_a_picture(notebook):
    assert len(nbformat.writes(notebook)) < 1_000_000
    for cell in code_cells(notebook):
        for output in cell.outputs:
            data = output.get("data", {})
            if "application/vnd.plotly.v1+json" in data:
                assert "image/png" in data
            assert output.get("name") != "stderr"


def test_shows_nothing_of_the_machine_it_ran_on(notebook):
    text = nbformat.writes(notebook)
    assert not re.search(r"/home/|/root/|/work/|/tmp/\w|\\\\Users\\\\", text)


def test_cells_are_short(notebook):
    for cell in code_cells(notebook):
        lines = cell.source.splitlines()
        assert len(lines) <= 20, cell.source


def test_has_three_exercises_with_hint_and_solution_and_counts_them(notebook):
    checks = [cell for cell in code_cells(notebook) if re.search(r"^lessons\.check\(", cell.source, re.M)]
    folded = [cell.source for cell in notebook.cells if "<summary>Solution</summary>" in cell.source]
    assert len(checks) == len(folded) == 3
    assert all("<summary>Hint</summary>" in source for source in folded)
    assert all("not answered yet" in cell.outputs[-1].text for cell in checks)
    (counted,) = (cell for cell in code_cells(notebook) if cell.source == "lessons.progress()")
    assert re.search(r"\nprocure lessons \w+: 0 of 3 right \(", counted.outputs[0].text)


@pytest.mark.parametrize("path, onward", zip(PATHS, [*PATHS[1:], PATHS[0]], strict=True), ids=lambda path: path.stem)
def test_leads_to_the_next_one_and_names_both_papers_where_they_first_appear(path, onward):
    cells = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "markdown"]
    assert f"]({onward.name})" in cells[-1] and "](GLOSSARY.md)" in cells[0]
    for name, title, link in (
        ("ProCURE", "Strengthening Programming Comprehension", "https://arxiv.org/abs/2508.12620"),
        ("CACP", "Counterfactual Analysis for Programming Concept Predicates", "https://arxiv.org/abs/2402.05980"),
    ):
        first = "".join(cells).index(name)
        assert "".join(cells)[first - 1 :].startswith(f"[{name}]({link})") and title in cells[0]


def words(html: str) -> str:
    return re.sub(r"\s", "", unescape(re.sub(r"<[^>]*>", "", html)))


def test_each_picture_has_words_and_survives_what_lab_strips(notebook):
    for cell in code_cells(notebook):
        for output in cell.outputs:
            data = output.get("data", {})
            if "image/png" in data:
                alt = output.metadata["image/png"]["alt"]
                assert len(alt) > 10 and not re.search(r"</?\w+>|&\w+;|\xa0", alt), cell.source
            if html := data.get("text/html", ""):
                left = sanitised(html)
                pictures = len(re.findall(r"<(?:svg|img|iframe|canvas)\b", html))
                assert pictures == len(re.findall(r'<img alt="[^"]{10,}"[^>]*src="data:image/', left)), cell.source
                assert words(left) == words(html), cell.source


def test_metadata_are_as_lab_writes_them(notebook):
    """What ipykernel tells of itself is what Lab puts there on opening; only the version is the reader's own."""
    from ipykernel.ipkernel import IPythonKernel

    known = IPythonKernel.language_info
    told = notebook.metadata["language_info"]
    assert notebook.metadata["kernelspec"] == KERNEL and set(notebook.metadata) == {"kernelspec", "language_info"}
    assert {k: v for k, v in told.items() if k != "version"} == {k: v for k, v in known.items() if k != "version"}


def test_links_lead_somewhere(notebook):
    for cell in notebook.cells:
        for target in re.findall(r"\]\((?!http)([^)#]+)", cell.source if cell.cell_type == "markdown" else ""):
            assert (NOTEBOOKS / target).exists(), target
