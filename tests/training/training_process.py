"""A process that trains, for tests that kill it or start two: `training_process.py FOLDER '{NAME: SETTINGS, ...}'`.

Runs each job in turn and writes its result to FOLDER/NAME. The job "sharded" has no settings.
"""

import json
import os
import signal
import sys
from pathlib import Path

import torch
import torch.distributed as dist
from torch.distributed.fsdp import fully_shard
from transformers import TrainerCallback

from procure_kit.training.loss.loss import LossConfig, concept_loss, token_counts
from procure_kit.training.training import TrainConfig, train
from tests.training.small_models import CONFIGS, batch_of, example, model_of
from tests.training.test_examples import byte_tokenizer

torch.set_num_threads(1)


class Watch(TrainerCallback):
    """Keeps the last gradient; kills the process in the middle of step `kill_at`."""

    def __init__(self, kill_at):
        self.kill_at, self.gradient = kill_at, {}

    def on_pre_optimizer_step(self, args, state, control, model, **kwargs):
        if self.kill_at == state.global_step + 1:
            os.kill(os.getpid(), signal.SIGKILL)
        named = [(n.removeprefix("module."), p) for n, p in model.named_parameters()]  # DDP's prefix
        self.gradient = {name: p.grad.clone() for name, p in named if p.grad is not None}


def trained(kill_at: int | None = None, **settings) -> dict:
    """The trained weights, the last gradient and the log of a run with these fields of TrainConfig."""
    watch = Watch(kill_at)
    torch.manual_seed(1)
    examples = [example(6 + t, 1 + t % 3, {4, 5} if t % 2 else set()) for t in range(8)]
    config = TrainConfig(loss=LossConfig(lam=1), lr=1e-2, lora_r=4, bf16=False, **settings)
    result = train(model_of(CONFIGS["llama"]), byte_tokenizer(), examples, config, [watch])
    weights = {name: p.detach().clone() for name, p in result.model.named_parameters() if p.requires_grad}
    return {"weights": weights, "gradient": watch.gradient, "log": result.log}


def sharded() -> dict:
    """The gradient of half a batch on weights that FSDP2 spreads over the processes.

    Accelerate offers FSDP on GPUs only; this is what it does there, without it.
    """
    model, batch = model_of(CONFIGS["llama"]), batch_of()
    for layer in model.model.layers:
        fully_shard(layer)
    fully_shard(model)
    half = {name: values[dist.get_rank() :: 2] for name, values in batch.items()}
    parts = concept_loss(model, half, LossConfig(lam=1.0), denominators=token_counts(batch))
    (2 * parts.total).backward()  # FSDP averages
    return {name: parameter.grad.full_tensor() for name, parameter in model.named_parameters()}


def main(folder: Path, jobs: dict) -> None:
    for name, settings in jobs.items():
        result = sharded() if name == "sharded" else trained(**settings)
        if int(os.environ.get("RANK", 0)) == 0:
            torch.save(result, folder / name)
    if dist.is_initialized():
        dist.barrier()  # nobody takes the group down under another's last exchange
        dist.destroy_process_group()
        os._exit(0)  # gloo's threads can still hold Python objects, and tearing those down aborts now and then


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(sys.argv[2]))
