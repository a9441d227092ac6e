"""Runs in processes of their own: spread over two by torchrun (gloo, CPU), and killed.

Starting a process costs far more than these runs, so torchrun is started once for all that it is to do.
"""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from procure_kit.training.loss.loss import LossConfig
from tests.training.small_models import CONFIGS, batch_of, measured, model_of
from tests.training.training_process import trained

ROOT = Path(__file__).parents[2]
TORCHRUN = ("-m", "torch.distributed.run", "--nproc-per-node=2", "--standalone")
ONE_STEP = {"steps": 1, "max_grad_norm": 1e9}
pytestmark = pytest.mark.slow


def start(folder, jobs, *launcher):
    """Run the jobs to their end in new processes; return their exit status and error text."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    command = [
        sys.executable,
        *launcher,
        str(Path(__file__).with_name("training_process.py")),
        str(folder),
        json.dumps(jobs),
    ]
    with subprocess.Popen(command, env=environment, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        try:
            errors = process.communicate(timeout=300)[1]
        except subprocess.TimeoutExpired:
            process.terminate()  # torchrun then ends its processes; killed, it would leave them behind
            raise
    return process.returncode, errors[-4000:]


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """The folder in which two processes left their results."""
    folder = tmp_path_factory.mktemp("two")
    jobs = {
        "2x4": ONE_STEP | {"batch_size": 4, "output_dir": str(folder / "run")},
        "2x2x2": ONE_STEP | {"batch_size": 2, "gradient_accumulation": 2},
        "sharded": {},
    }
    status, errors = start(folder, jobs, *TORCHRUN)
    assert status == 0, errors
    return folder


@pytest.fixture(scope="module")
def one():
    return trained(batch_size=8, **ONE_STEP)


@pytest.mark.parametrize("name", ["8x1", "2x4", "2x2x2"])
def test_however_a_step_is_spread_it_is_the_same(name, two, one):
    if name == "8x1":
        other = trained(batch_size=1, gradient_accumulation=8, **ONE_STEP)
    else:
        other = torch.load(two / name, weights_only=False)
    for value in ("loss", "nll", "mask", "attention", "mean_mass", "n_response", "n_changed", "n_query"):
        assert other["log"][0][value] == pytest.approx(one["log"][0][value], rel=1e-4), value
    assert other["gradient"].keys() == one["gradient"].keys() and one["gradient"]
    for parameter, expected in one["gradient"].items():
        torch.testing.assert_close(other["gradient"][parameter], expected, rtol=1e-4, atol=1e-6, msg=parameter)


def test_two_processes_keep_one_run(two):
    assert (two / "run" / "README.md").is_file() and (two / "run" / "adapter" / "adapter_config.json").is_file()


def test_fully_sharded_weights_have_the_same_gradient(two):
    found = torch.load(two / "sharded")
    _, expected = measured(model_of(CONFIGS["llama"]), batch_of(), LossConfig(lam=1.0))
    assert found.keys() == expected.keys()
    for name, gradient in expected.items():
        torch.testing.assert_close(found[name], gradient, rtol=1e-4, atol=1e-5, msg=name)


def test_a_killed_run_reaches_the_same_weights(tmp_path):
    settings = {"steps": 5, "batch_size": 4, "save_steps": 2}
    kept = settings | {"output_dir": str(tmp_path / "run")}
    status, _ = start(tmp_path, {"never": kept | {"kill_at": 4}})
    assert status == -signal.SIGKILL and not (tmp_path / "never").exists()
    assert [path.name for path in (tmp_path / "run").glob("checkpoint-*")] == ["checkpoint-2"]
    resumed, whole = trained(**kept), trained(**settings)
    assert [row["step"] for row in resumed["log"]] == [1, 2, 3, 4, 5]
    assert whole["weights"]
    for name, expected in whole["weights"].items():
        torch.testing.assert_close(resumed["weights"][name], expected)
