"""What the folders promise each other; the order of the phases is import-linter's, in pyproject.toml."""

import ast
from importlib import import_module
from pathlib import Path

import pytest

import procure_kit as pk
from procure_kit.shipped import PACKAGE

MODULES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("name", [*pk.__all__, "evaluation", "figures"])
def test_every_public_name_resolves(name):
    assert getattr(pk, name) is not None and name in dir(pk)


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'perturbe'"):
        pk.perturbe  # noqa: B018


@pytest.mark.parametrize("name", ["ame", "ccs_all", "ccs_valid", "pass_at_k"])
def test_the_scores_stand_in_evaluation(name):
    assert callable(getattr(pk.evaluation, name))


def phase(module: str) -> str:
    """The folder in procure_kit that a module lies in: the concepts of `procure_kit.concepts.recognition.flip`."""
    return module.split(".")[1] if module.count(".") > 1 else module


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_folder_uses_a_private_name_of_another(path: Path):
    own = phase(".".join(("procure_kit", *path.relative_to(PACKAGE).with_suffix("").parts)))
    taken = [
        f"{node.module}.{alias.name}"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("procure_kit")
        for alias in node.names
        if alias.name.startswith("_") and phase(node.module) != own
    ]
    assert taken == []


def test_folders_are_small_and_say_what_they_are_for():
    for folder in {path.parent for path in MODULES}:
        modules = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
        assert len(modules) <= 20, folder
        name = ".".join(("procure_kit", *folder.relative_to(PACKAGE).parts))
        assert len((import_module(name).__doc__ or "").split()) > 10, folder
