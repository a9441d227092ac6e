"""One of two processes of a test: the loss of half a batch on weights that FSDP2 spreads over both; `torchrun ... OUT`.

Accelerate offers FSDP on GPUs only; this is what it does there, without it.
"""

import sys

import torch
import torch.distributed as dist
from torch.distributed.fsdp import fully_shard

from procure_kit.loss import LossConfig, concept_loss, token_counts
from tests.test_loss import CONFIGS, batch_of, model_of

torch.set_num_threads(1)


def main(out: str) -> None:
    dist.init_process_group("gloo")
    batch, config = batch_of(), LossConfig(lam=1.0)
    whole = model_of(CONFIGS["llama"])
    concept_loss(whole, batch, config).total.backward()
    model = model_of(CONFIGS["llama"])
    for layer in model.model.layers:
        fully_shard(layer)
    fully_shard(model)
    half = {name: values[dist.get_rank() :: 2] for name, values in batch.items()}
    (2 * concept_loss(model, half, config, denominators=token_counts(batch)).total).backward()  # FSDP averages
    gradients = {name: parameter.grad.full_tensor() for name, parameter in model.named_parameters()}
    if dist.get_rank() == 0:
        torch.save([gradients, {name: parameter.grad for name, parameter in whole.named_parameters()}], out)
    dist.destroy_process_group()


if __name__ == "__main__":
    main(sys.argv[1])
