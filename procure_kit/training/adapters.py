"""A model made ready to train: a fresh LoRA around it, unless it has an adapter or trains in full."""

import warnings

from peft import LoraConfig, PeftModel, get_peft_model
from peft.tuners.tuners_utils import BaseTunerLayer

from procure_kit.training.config import TrainConfig

# peft asks each model it wraps by a name that transformers 5 calls deprecated: nobody here can do otherwise.
warnings.filterwarnings("ignore", "`is_gradient_checkpointing` is deprecated", FutureWarning)


def with_adapter(model, config: TrainConfig):
    """The model ready to train: a fresh LoRA around it, unless it has an adapter or trains in full."""
    if isinstance(model, PeftModel):
        return model
    if any(isinstance(module, BaseTunerLayer) for module in model.modules()):
        raise ValueError("this model was trained before: go on with that run's result.model, or load the model afresh")
    if config.lora_r == 0:
        if getattr(model, "is_loaded_in_4bit", False):
            raise ValueError("weights in 4 bits cannot be trained in full: give lora_r, or load without four_bit")
        return model.requires_grad_(True)
    targets = config.lora_targets if isinstance(config.lora_targets, str) else list(config.lora_targets)
    lora = LoraConfig(
        r=config.lora_r,
        lora_alpha=config.lora_alpha,
        lora_dropout=config.lora_dropout,
        target_modules=targets,
        task_type="CAUSAL_LM",
    )
    # peft's prepare_model_for_kbit_training is left out: it would put the frozen embeddings, projection and norms into
    # 32 bits, 2 GiB more for Llama-3.1-8B. The adapter's weights are in 32 bits in any case.
    return get_peft_model(model, lora)
