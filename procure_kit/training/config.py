"""How to train, and what a run leaves."""

from dataclasses import dataclass, field
from pathlib import Path

import torch
from transformers.training_args import OptimizerNames

from procure_kit.training.field_types import check_types
from procure_kit.training.loss.loss import LossConfig

SMALLEST, MOST = 1e-12, 1e9
RANGES = {
    "epochs": (SMALLEST, MOST), "lr": (SMALLEST, 1e3), "batch_size": (1, MOST), "steps": (1, MOST),
    "gradient_accumulation": (1, MOST), "lora_r": (0, MOST), "lora_alpha": (1, MOST), "lora_dropout": (0, 0.999),
    "warmup_steps": (0, MOST), "weight_decay": (0, 1e3), "max_grad_norm": (0, MOST), "seed": (0, 2**32 - 1),
    "save_steps": (1, MOST), "logging_steps": (1, MOST),
}  # fmt: skip
CHOICES = {"implementation": ("fused", "eager"), "optimizer": tuple(name.value for name in OptimizerNames)}


@dataclass(frozen=True)
class TrainConfig:
    """How to train. The paper states the first four and λ; everything else is our reconstruction or convenience.

    Raises: ValueError for a wrong type, an unknown name or an impossible number.
    """

    epochs: float = 5  # paper
    lr: float = 5e-6  # paper
    batch_size: int = 16  # paper; examples in one forward pass, on each process
    optimizer: str = "adamw_torch"  # paper: AdamW; any name that TrainingArguments(optim=…) takes
    loss: LossConfig = field(default_factory=LossConfig)  # paper: λ = 0.1
    steps: int | None = None  # optimizer steps; given, they take the place of `epochs`
    gradient_accumulation: int = 1  # forward passes to one optimizer step
    lora_r: int = 16  # 0: full fine-tuning (the paper does not say which it used)
    lora_alpha: int = 32
    lora_dropout: float = 0.0
    lora_targets: str | tuple[str, ...] = "all-linear"  # or the names of modules: ("q_proj", "v_proj")
    warmup_steps: int = 0  # then a linear decay
    weight_decay: float = 0.0
    max_grad_norm: float = 1.0
    gradient_checkpointing: bool = False
    bf16: bool | None = None  # products in bfloat16; None: where the GPU, or the CPU, has instructions for them
    implementation: str = "fused"  # of the loss, or "eager"
    seed: int = 0
    output_dir: str | Path | None = None  # None: nothing is written, nothing can be resumed
    save_steps: int = 50
    logging_steps: int = 1

    def __post_init__(self):
        if isinstance(self.lora_targets, list):  # from TOML and JSON
            object.__setattr__(self, "lora_targets", tuple(self.lora_targets))
        check_types(self)
        for name, (least, most) in RANGES.items():
            value = getattr(self, name)
            if value is not None and not least <= value <= most:
                raise ValueError(f"{name} must lie between {least:g} and {most:g}, not {value!r}")
        for name, known in CHOICES.items():
            if getattr(self, name) not in known:
                raise ValueError(f"{name} must be one of {', '.join(known)}, not {getattr(self, name)!r}")
        if not self.lora_targets:
            raise ValueError('lora_targets names no module: give "all-linear", or names')


def fast_bf16(device: torch.device) -> bool:
    """Whether the device multiplies matrices in bfloat16 faster than in 32 bits."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return device.type == "cpu" and any(torch.cpu.get_capabilities().get(name) for name in ("avx512_bf16", "amx_bf16"))


@dataclass(frozen=True)
class TrainResult:
    """What a run leaves: `model` carries the trained adapter, and `log` has one dict for each logged step.

    A log row holds step, epoch, loss, nll, mask, attention, mean_mass, n_response, n_changed, n_query,
    steps_without_concept, learning_rate and grad_norm: means over the steps since the row before, token counts summed
    over them. `steps_without_concept` counts the steps in which a concept term had no token at all, and was zero.
    """

    model: torch.nn.Module
    log: list[dict]
    adapter: Path | None  # the folder of the adapter (of the whole model without LoRA); None without output_dir
    seconds: float
