"""What a first run must not show in red: only the one line that asks for a package nobody here needs."""

import logging

import pytest

import procure_kit.training.four_bit  # noqa: F401  (it sets the filter)


@pytest.mark.parametrize("said, shown", [("Failed to load CPU gemm_4bit_forward: %s", False), ("another: %s", True)])
def test_one_line_of_bitsandbytes_is_left_out_and_no_other(said, shown):
    logger = logging.getLogger("bitsandbytes.backends.cpu.ops")
    record = logger.makeRecord(logger.name, logging.WARNING, "ops.py", 1, said, ("why",), None)
    assert bool(logger.filter(record)) is shown
