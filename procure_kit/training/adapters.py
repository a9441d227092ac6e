"""A model made ready to train: a fresh LoRA around it, unless it has an adapter or trains in full."""

import warnings

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from peft.tuners.tuners_utils import BaseTunerLayer

from procure_kit.training.config import TrainConfig
from procure_kit.training.four_bit import keep_gradients

# peft asks each model it wraps by a name that transformers 5 calls deprecated: nobody here can do otherwise.
warnings.filterwarnings("ignore", "`is_gradient_checkpointing` is deprecated", FutureWarning)


def with_adapter(model, config: TrainConfig):
    """The model ready to train: a fresh LoRA around it, unless it has an adapter or trains in full.

    What trains is in 32 bits, whatever the rest is in: in bfloat16 a step of 5e-6 is lost in rounding.

    Raises: ValueError for an adapter that is merged, or left by an earlier run; for 4 bits without LoRA; for
    `lora_targets` that the model lacks.
    """
    keep_gradients(model)
    if isinstance(model, PeftModel):
        return _in_32_bits(_made_to_train(model))
    if any(isinstance(module, BaseTunerLayer) for module in model.modules()):
        raise ValueError("this model was trained before: go on with that run's result.model, or load the model afresh")
    if config.lora_r == 0:
        if getattr(model, "is_loaded_in_4bit", False):
            raise ValueError("weights in 4 bits cannot be trained in full: give lora_r, or load without four_bit")
        return _in_32_bits(model.requires_grad_(True))
    targets = config.lora_targets if isinstance(config.lora_targets, str) else list(config.lora_targets)
    modules, parameters = _targets(model, targets)
    lora = LoraConfig(
        r=config.lora_r,
        lora_alpha=config.lora_alpha,
        lora_dropout=config.lora_dropout,
        target_modules=modules,
        target_parameters=parameters,
        task_type="CAUSAL_LM",
    )
    # peft's prepare_model_for_kbit_training is left out: it would put the frozen embeddings, projection and norms into
    # 32 bits, 2 GiB more for Llama-3.1-8B. The adapter's weights are in 32 bits in any case.
    adapted = get_peft_model(model, lora)
    _tell_what_has_no_adapter(adapted)
    return adapted


def _targets(model, targets: str | list[str]) -> tuple[str | list[str], list[str] | None]:
    """LoRA's modules, and its parameters: experts that are one tensor, as "mlp.experts.gate_up_proj"."""
    if isinstance(targets, str):
        return targets, None
    places = [name for name, _ in (*model.named_modules(), *model.named_parameters())]
    for target in targets:
        if not any(f".{place}".endswith(f".{target}") for place in places):
            raise ValueError(f"lora_targets: the model has no module or parameter {target!r}")
    bare = {name for name, parameter in model.named_parameters() if parameter.ndim == 3}
    parameters = [target for target in targets if any(f".{name}".endswith(f".{target}") for name in bare)]
    return [target for target in targets if target not in parameters], parameters or None


def _tell_what_has_no_adapter(model: PeftModel) -> None:
    """Of a mixture's experts "all-linear" sees none where they are one tensor of three dimensions."""
    experts = {name: p.numel() for name, p in model.named_parameters() if p.ndim == 3 and "lora_" not in name}
    bare = {name: size for name, size in experts.items() if "base_layer" not in name}
    if not bare:
        return
    total = sum(p.numel() for name, p in model.named_parameters() if p.ndim > 1 and "lora_" not in name)
    targets = sorted({".".join(name.split(".")[-3:]) for name in bare})
    warnings.warn(
        f"{sum(bare.values()) / total:.0%} of the matrices' entries are experts without an adapter; to give them one, "
        f"name them in lora_targets: {', '.join(targets)}",
        stacklevel=3,
    )


def _made_to_train(model: PeftModel) -> PeftModel:
    """Its active adapter switched on and unfrozen: peft loads one for inference, unless told otherwise."""
    layers = [module for module in model.modules() if isinstance(module, BaseTunerLayer)]
    if any(layer.merged for layer in layers):
        raise ValueError("the adapter is merged into the model's weights: call model.unmerge_adapter() before training")
    if any(layer.disable_adapters for layer in layers):
        model.base_model.enable_adapter_layers()
    if not any(parameter.requires_grad for parameter in model.parameters()):
        model.set_adapter(model.active_adapter)
    return model


def _in_32_bits(model):
    for parameter in model.parameters():
        if parameter.requires_grad and parameter.dtype in (torch.float16, torch.bfloat16):
            parameter.data = parameter.data.float()
    return model
