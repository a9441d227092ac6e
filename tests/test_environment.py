"""pyproject.toml, constraints.txt and environment.yml must describe one environment."""

import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

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
