"""Loss, attention and sampling leave nothing on the CPU that the model's device needs."""

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
def test_nothing_meets_a_tensor_of_another_device():
    """In a process of its own: torch knows the pretended card until it ends. Exit code 2: it would not have noticed."""
    command = [sys.executable, "-m", "tests.training.pretended_card"]
    ran = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr[-2000:]
    assert ran.stdout.count("LoRA True") == 4 and "complete, 3 samples" in ran.stdout
