"""No string in code, tests, docs or settings names a module, a `python -m` target or a file of the kit that is gone."""

import ast
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
READ = re.compile(r"\.(py|md|ipynb|toml|ya?ml|txt|js|html)$|^Makefile$|^\.ci/|^\.git-blame")
# Paths in other trees: packages' own suites, data sets' own files, source trees that a test writes.
OTHER_TREES = ("tests/proofs/packages.py", "tests/problems/test_sets.py", "tests/repositories/", "tests/test_paths.py")
# `tests` is also what many a variable is called, so it counts only where a module must stand.
MODULE = re.compile(r"(?:(?<![\w/.])procure_kit|(?<=-m )tests|(?<=from )tests|(?<=[\"'`])tests)(?:\.[A-Za-z_]\w*)+")
FILE = re.compile(r"(?<![\w/.<{-])(?:data|notebooks|procure_kit|tests)(?:/[\w.-]*\w)+/?(?!\w*\*)")
IN_A_WHEEL = ("procure_kit/data", "procure_kit/notebooks")  # where the two lie once installed
STANDS_FOR = re.compile(r"MODEL|NAME|NEW|DIR")  # a placeholder in a path; so are <...>, {...} and *, which end one


def texts() -> list[str]:
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        pytest.skip("not a checkout: git cannot say which files are the kit's")
    return [name for name in done.stdout.splitlines() if READ.search(name) and (ROOT / name).is_file()]


def gone_module(dotted: str) -> bool:
    """Whether a dotted name leads nowhere: no folder, no module, and no name in the file where it ends."""
    place, parts = ROOT, dotted.split(".")
    while parts and (place / parts[0]).is_dir():
        place /= parts.pop(0)
    if parts and (place / f"{parts[0]}.py").is_file():
        place /= f"{parts.pop(0)}.py"
    elif parts:
        place /= "__init__.py"
    return bool(parts) and not (place.is_file() and parts[0] in names_in(place))


@cache
def names_in(path: Path) -> set[str]:
    """What a file defines, imports, or lists as the key of a table: the public names stand in one."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.Name(id=name, ctx=ast.Store()):
                names.add(name)
            case ast.alias(name=name, asname=other):
                names.add(other or name.split(".")[0])
            case ast.Dict(keys=keys):
                names |= {key.value for key in keys if isinstance(key, ast.Constant)}
    return names


def gone_file(path: str) -> bool:
    return path not in IN_A_WHEEL and not STANDS_FOR.search(path) and not (ROOT / path).exists()


def test_no_text_names_a_module_or_a_file_that_is_gone():
    gone = []
    for name in texts():
        if not name.startswith(OTHER_TREES):
            text = (ROOT / name).read_text(encoding="utf-8")
            gone += [(name, module) for module in MODULE.findall(text) if gone_module(module)]
            gone += [(name, path) for path in FILE.findall(text) if gone_file(path)]
    assert gone == []


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("`python -m procure_kit.experiments.scores tiny`", False),
        ("python -m procure_kit.world_score tiny", True),
        ("python -m tests.benchmarks.no_such_thing", True),
        ('monkeypatch.setattr("procure_kit.running.runner.run_many", fake)', False),
        ('monkeypatch.setattr("procure_kit.running.runner.gone_by_now", fake)', True),
        ('monkeypatch.setattr("procure_kit.runner.run_many", fake)', True),
        ("procure_kit.evaluation.pass_at_k", False),
        ("see procure_kit.concepts.", False),
        ("body = tests.replace(a, b)", False),
        ("`data/results/runner_speed.json`, data/tiny", False),
        ("tests/benchmarks/runner_speed.json", True),
        ("[it](notebooks/00_quickstart.ipynb)", False),
        ("notebooks/07_gone.ipynb", True),
        ("data/results/experiments_MODEL.jsonl, runs/<time>/data/x, {folder}/tests/x", False),
    ],
)
def test_what_is_gone_is_found(text, gone):
    assert any(map(gone_module, MODULE.findall(text))) + any(map(gone_file, FILE.findall(text))) == gone
