"""What a first run must not show in red: only the one line that asks for a package nobody here needs."""

import logging
import subprocess
import sys

import pytest

import procure_kit.training  # noqa: F401  (it sets the filter)


@pytest.mark.parametrize("said, shown", [("Failed to load CPU gemm_4bit_forward: %s", False), ("another: %s", True)])
def test_one_line_of_bitsandbytes_is_left_out_and_no_other(said, shown):
    logger = logging.getLogger("bitsandbytes.backends.cpu.ops")
    record = logger.makeRecord(logger.name, logging.WARNING, "ops.py", 1, said, ("why",), None)
    assert bool(logger.filter(record)) is shown


@pytest.mark.slow
@pytest.mark.parametrize("first", ["adapters", "models"])  # peft imports bitsandbytes, too
def test_it_is_left_out_whichever_module_comes_first(first):
    command = [sys.executable, "-W", "ignore", "-c", f"import procure_kit.training.{first}, bitsandbytes"]
    assert "Failed to load" not in subprocess.run(command, capture_output=True, text=True, check=True).stderr
