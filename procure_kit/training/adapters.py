"""Adapters: a fresh LoRA around a model that is to train, and a trained one put on the model that it belongs to."""

import json
import warnings
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from peft.tuners.tuners_utils import BaseTunerLayer
from safetensors import SafetensorError

from procure_kit.training.config import TrainConfig
from procure_kit.training.four_bit import keep_gradients

# peft asks each model it wraps by a name that transformers 5 calls deprecated: nobody here can do otherwise.
warnings.filterwarnings("ignore", "`is_gradient_checkpointing` is deprecated", FutureWarning)

CONFIG, BASE = "adapter_config.json", "base.json"  # peft's own; and what the adapter was trained on


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


def base_of(model) -> dict:
    """What tells a base model from others, in whichever width it is loaded: its name, and some of its first matrix, the
    embeddings, which are never packed."""
    brought = ("lora_", "modules_to_save", "trainable_tokens")  # by an adapter
    own = [p for name, p in model.named_parameters() if p.ndim == 2 and not any(word in name for word in brought)]
    sample = own[0].detach()[::97, :4][:64].float().flatten()
    return {"base": base_name(model), "embeddings": [float(f"{value:.5g}") for value in sample.tolist()]}


def base_name(model) -> str:
    """What the base model is called; of a local folder the last part."""
    name = model.config.get_text_config().name_or_path
    return Path(name).name if Path(name).is_absolute() else name or type(model).__name__


def is_adapter(folder: str | Path) -> bool:
    return Path(folder, CONFIG).is_file()


def trained_on(folder: str | Path) -> dict:
    """`base_of` the model that the adapter in a folder was trained on; of an adapter from elsewhere only the name.

    Raises: ValueError for a file that cannot be read.
    """
    if Path(folder, BASE).is_file():
        return _read(Path(folder, BASE))
    name = base_path(folder)
    return {"base": Path(name).name if Path(name).is_absolute() else name}


def base_path(folder: str | Path) -> str:
    """Where the adapter's base model was loaded from, a folder or a Hub id; "" where that is not told."""
    return _read(Path(folder, CONFIG)).get("base_model_name_or_path") or ""


def _read(file: Path) -> dict:
    try:
        return dict(json.loads(file.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise ValueError(f"{file} is damaged ({error})") from error


def put_on(model, folder: str | Path) -> PeftModel:
    """The model with the adapter of a folder on it, for evaluation.

    Warns where another name is all that is known of the adapter's own base model. Raises: ValueError where there is no
    adapter, for one that was trained on another model, and for one that does not fit.
    """
    if not is_adapter(folder):
        raise ValueError(f"{folder}: no adapter there (a folder with {CONFIG})")
    here, there = base_of(model), trained_on(folder)
    theirs = there.get("base") or "a model without a name"
    both = f"this adapter was trained on {theirs}, and the model here is {here['base']}"
    values = [torch.tensor(known.get("embeddings", ())) for known in (here, there)]
    if "embeddings" in there:
        if values[0].shape != values[1].shape or not torch.allclose(*values, rtol=1e-2, atol=1e-6):  # 16 bits' rounding
            raise ValueError(f"{folder}: {both}, with other weights: load the one that it was trained on")
    elif there.get("base") and there["base"].rpartition("/")[2] != here["base"].rpartition("/")[2]:
        warnings.warn(f"{folder}: {both}: it is of use only if both are the same model", stacklevel=2)
    try:
        return PeftModel.from_pretrained(model, str(folder)).eval()
    except (RuntimeError, ValueError, OSError, KeyError, SafetensorError) as error:
        raise ValueError(f"{folder}: {both}; it does not fit: {str(error).splitlines()[0]}") from error
