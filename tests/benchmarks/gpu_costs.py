"""What the loss and a step of QLoRA cost on a card, in the shapes of the presets: random weights, NF4, 16 bits."""

import gc
import time
from collections.abc import Iterator
from itertools import pairwise

import torch
from transformers import TrainerCallback

from procure_kit.training.config import TrainConfig
from procure_kit.training.presets import PRESETS, memory_needed
from procure_kit.training.training import train
from tests.benchmarks.loss_cost import Subject, in_this_process, measured
from tests.benchmarks.loss_table import NO_ROOM
from tests.benchmarks.memory import peak, synchronize
from tests.benchmarks.random_models import SMALL, four_bit_model, shape
from tests.training.test_examples import byte_tokenizer

LOSS_OF = "meta-llama/Llama-3.1-8B"
LENGTHS, LENGTHS_DRY = (512, 1024, 2048, 4096, 8192), (32, 64)
ROUNDS = 5
STEPS = 3  # the first loads kernels
TOKENS, TOKENS_DRY = (1024, 8192), (48, 96)  # of a step's one example, as notebook 03 estimates their memory


def loss(device: torch.device, dry: bool) -> Iterator[dict]:
    """Time and memory of each form of the loss; short texts first, so that a run cut short has whole comparisons."""
    changes = tuple(SMALL[PRESETS[LOSS_OF].model_type].items()) if dry else ()
    for length in LENGTHS_DRY if dry else LENGTHS:
        for checkpointing in (False, True):
            subject = Subject(device, LOSS_OF, changes, checkpointing)
            yield from measured(subject, length, 1 if dry else ROUNDS, in_this_process)


class Clock(TrainerCallback):
    """When each step ended."""

    def __init__(self, device: torch.device):
        self.device, self.ends = device, []

    def on_step_end(self, *args, **kwargs):
        synchronize(self.device)
        self.ends.append(time.perf_counter())


def step(name: str, device: torch.device, dry: bool) -> Iterator[dict]:
    """Steps of QLoRA by `train` with the preset's targets and checkpointing, and beside them what `memory_needed` says.

    GiB: all that is held at the peak, weights and adapter included, without CUDA's own context.
    """
    model = four_bit_model(shape(name, dry), device, torch.bfloat16)
    settings = {"lora_targets": PRESETS[name].lora_targets, "gradient_checkpointing": True}
    config = TrainConfig(steps=STEPS, batch_size=1, **settings)
    for tokens in TOKENS_DRY if dry else TOKENS:
        estimate = memory_needed(name, tokens=tokens, **(SMALL[PRESETS[name].model_type] if dry else {}))["total"]
        row = {"tokens": tokens, "GiB, estimated": round(estimate / 2**30, 1)}
        try:
            model, found = _trained(model, tokens, config, device)
        except torch.OutOfMemoryError:
            yield row | {"note": NO_ROOM}
            return  # longer ones do not fit either
        yield row | found
        gc.collect()  # the optimizer's moments


def _trained(model, tokens: int, config: TrainConfig, device: torch.device) -> tuple[torch.nn.Module, dict]:
    clock, examples, runs = Clock(device), [_example(tokens, model.config.vocab_size)] * STEPS, []
    held, most = peak(device, lambda: runs.append(train(model, byte_tokenizer(), examples, config, [clock])))
    seconds = min(later - sooner for sooner, later in pairwise(clock.ends))
    found = {"GiB": round((held + most) / 2**30, 1), "s/step": round(seconds, 3)}
    return runs[0].model, found | {"nll": round(runs[0].log[-1]["nll"], 3)}


def _example(tokens: int, vocabulary: int) -> dict[str, list[int]]:
    ids = torch.randint(3, vocabulary, (tokens,)).tolist()
    prompt = tokens // 4
    flags = [int(t > prompt and t % 8 == 0) for t in range(tokens)]
    return {
        "input_ids": ids,
        "attention_mask": [1] * tokens,
        "labels": [-100] * prompt + ids[prompt:],
        "changed": flags,
    }
