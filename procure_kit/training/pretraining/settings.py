"""What decides how the kit's own small model comes out: its shape, its data and its schedule."""

import math
from dataclasses import dataclass, fields

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from procure_kit.problems.ranges import refuse_impossible
from procure_kit.world.habits import Habits


@dataclass(frozen=True)
class Settings:
    """What decides the result; all of it is stored next to the model.

    Raises: ValueError for numbers that cannot be meant.
    """

    seed: int = 0
    steps: int = 3600
    batch: int = 16  # rows a step
    length: int = 256  # tokens a row
    lr: float = 3e-3
    warm_up: int = 100  # steps
    weight_decay: float = 0.1
    vocabulary: int = 1536
    width: int = 256
    layers: int = 6
    heads: int = 8
    kv_heads: int = 2
    feed_forward: int = 640
    condition_first: float = Habits.condition_first
    fixed_order: float = Habits.fixed_order
    keep_name: float = Habits.keep_name
    role_names: float = Habits.role_names
    strange_names: float = Habits.strange_names
    rewritten: float = 0.0  # share of the programs that a concept of the paper has rewritten

    def __post_init__(self):
        refuse_impossible(steps=self.steps, lr=self.lr, batch_size=self.batch, rewritten=self.rewritten)
        _ = self.habits  # which refuses by itself

    @property
    def habits(self) -> Habits:
        return Habits(**{field.name: getattr(self, field.name) for field in fields(Habits)})


def new_model(settings: Settings, tokenizer) -> LlamaForCausalLM:
    """A Llama with grouped-query attention and tied embeddings, its weights drawn by the seed."""
    torch.manual_seed(settings.seed)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=settings.width,
        intermediate_size=settings.feed_forward,
        num_hidden_layers=settings.layers,
        num_attention_heads=settings.heads,
        num_key_value_heads=settings.kv_heads,
        max_position_embeddings=2 * settings.length,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return LlamaForCausalLM(config)


def learning_rate(step: int, settings: Settings) -> float:
    """Linear warm-up, then a cosine down to a twentieth of the peak."""
    if step < settings.warm_up:
        return settings.lr * (step + 1) / settings.warm_up
    done = (step - settings.warm_up) / max(1, settings.steps - settings.warm_up)
    return settings.lr * (0.05 + 0.95 * (1 + math.cos(math.pi * done)) / 2)
