"""Every benchmark and proof can be started: what it imports is there."""

import importlib
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SCRIPTS = sorted(path for folder in ("benchmarks", "proofs") for path in (HERE / folder).glob("[a-z]*.py"))


@pytest.mark.slow
@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_it_says_how_it_is_run(path):
    module = importlib.import_module(f"tests.{path.parent.name}.{path.stem}")
    how = (f"python -m tests.{path.parent.name}.{path.stem}", f"python tests/{path.parent.name}/{path.stem}.py")
    assert any(command in module.__doc__ for command in how) or not hasattr(module, "main")
