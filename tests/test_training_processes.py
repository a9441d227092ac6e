"""Runs in processes of their own: killed and resumed, and spread over two by torchrun (gloo, CPU)."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).parent.parent
TORCHRUN = ("-m", "torch.distributed.run", "--nproc-per-node=2", "--standalone")


def start(script, *words, launcher=()):
    """Run one of the scripts beside this file to its end; return its exit status and error text."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    command = [sys.executable, *launcher, str(ROOT / "tests" / script), *words]
    done = subprocess.run(command, env=environment, cwd=ROOT, timeout=300, capture_output=True, text=True)
    return done.returncode, done.stderr[-4000:]


def finished(out, launcher=(), **settings):
    status, errors = start("training_process.py", json.dumps(settings), str(out), launcher=launcher)
    assert status == 0, errors
    return torch.load(out, weights_only=False)


def assert_same_step(one, other):
    for name in ("loss", "nll", "mask", "attention", "mean_mass", "n_response", "n_changed", "n_query"):
        assert one["log"][0][name] == pytest.approx(other["log"][0][name], rel=1e-4), name
    assert one["gradient"].keys() == other["gradient"].keys() and one["gradient"]
    for name, expected in other["gradient"].items():
        torch.testing.assert_close(one["gradient"][name], expected, rtol=1e-4, atol=1e-6, msg=name)


@pytest.mark.slow
def test_two_processes_of_four_do_what_one_of_eight_does(tmp_path):
    settings = {"steps": 1, "max_grad_norm": 1e9}
    one = finished(tmp_path / "1x8", batch_size=8, **settings)
    cut = finished(tmp_path / "8x1", batch_size=1, gradient_accumulation=8, **settings)
    two = finished(tmp_path / "2x4", TORCHRUN, batch_size=4, **settings, output_dir=str(tmp_path / "run"))
    for other in (cut, two):
        assert_same_step(other, one)
    assert (tmp_path / "run" / "README.md").is_file() and (tmp_path / "run" / "adapter").is_dir()
    mixed = finished(tmp_path / "2x2x2", TORCHRUN, batch_size=2, gradient_accumulation=2, **settings)
    assert_same_step(mixed, one)


@pytest.mark.slow
def test_fully_sharded_weights_have_the_same_gradient(tmp_path):
    status, errors = start("sharded_process.py", str(tmp_path / "out"), launcher=TORCHRUN)
    assert status == 0, errors
    found, expected = torch.load(tmp_path / "out")
    assert found.keys() == expected.keys()
    for name, gradient in expected.items():
        torch.testing.assert_close(found[name], gradient, rtol=1e-4, atol=1e-5, msg=name)


@pytest.mark.slow
def test_a_killed_run_reaches_the_same_weights(tmp_path):
    settings = {"steps": 5, "batch_size": 4, "save_steps": 2}
    whole = finished(tmp_path / "whole", **settings)
    settings["output_dir"] = str(tmp_path / "run")
    status, _ = start("training_process.py", json.dumps(settings | {"kill_at": 4}), str(tmp_path / "never"))
    assert status == -signal.SIGKILL and not (tmp_path / "never").exists()
    assert [path.name for path in (tmp_path / "run").glob("checkpoint-*")] == ["checkpoint-2"]
    resumed = finished(tmp_path / "resumed", **settings)
    assert [row["step"] for row in resumed["log"]] == [1, 2, 3, 4, 5]
    assert whole["weights"]
    for name, expected in whole["weights"].items():
        torch.testing.assert_close(resumed["weights"][name], expected)
