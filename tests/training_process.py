"""One process of a training run that a test starts: `torchrun tests/training_process.py '{"steps": 1, ...}' OUT`.

Writes the trained weights, the last gradient and the log to OUT. With "kill_at" it kills itself during that step.
"""

import json
import os
import signal
import sys

import torch
from transformers import TrainerCallback

from procure_kit.loss import LossConfig
from procure_kit.training import TrainConfig, train
from tests.test_examples import byte_tokenizer
from tests.test_loss import CONFIGS, example, model_of

torch.set_num_threads(1)


class Watch(TrainerCallback):
    def __init__(self, kill_at):
        self.kill_at, self.gradient = kill_at, {}

    def on_pre_optimizer_step(self, args, state, control, model, **kwargs):
        if self.kill_at == state.global_step + 1:
            os.kill(os.getpid(), signal.SIGKILL)
        named = [(n.removeprefix("module."), p) for n, p in model.named_parameters()]  # DDP's prefix
        self.gradient = {name: p.grad.clone() for name, p in named if p.grad is not None}


def main(settings: dict, out: str) -> None:
    watch = Watch(settings.pop("kill_at", None))
    torch.manual_seed(1)
    examples = [example(6 + t, 1 + t % 3, {4, 5} if t % 2 else set()) for t in range(8)]
    config = TrainConfig(loss=LossConfig(lam=1), lr=1e-2, lora_r=4, **settings)
    result = train(model_of(CONFIGS["llama"]), byte_tokenizer(), examples, config, [watch])
    weights = {name: p.detach().clone() for name, p in result.model.named_parameters() if p.requires_grad}
    if int(os.environ.get("RANK", 0)) == 0:
        torch.save({"weights": weights, "gradient": watch.gradient, "log": result.log}, out)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), sys.argv[2])
