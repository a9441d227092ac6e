"""Weights in 4 bits, as QLoRA has them."""

import torch
from transformers import BitsAndBytesConfig, PreTrainedModel

from procure_kit.extras import load


def four_bit_config(dtype: torch.dtype) -> BitsAndBytesConfig:
    """QLoRA's weights: NF4 with doubly quantized constants; products are computed in `dtype`.

    Raises: ModuleNotFoundError when bitsandbytes is missing.
    """
    load("bitsandbytes")
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=dtype,
    )


def keep_gradients(model: PreTrainedModel) -> None:
    """Forbid bitsandbytes to repack 4-bit weights on CPUs with AVX512-BF16; without such weights nothing is done.

    It does so at the first use without gradients, into a form that computes in bfloat16 and through which a later
    backward pass sends nothing, with no more than a warning.

    Raises: ValueError when that has happened.
    """
    if not getattr(model, "is_loaded_in_4bit", False):
        return
    from bitsandbytes.nn import Linear4bit  # heavy, and only QLoRA needs it

    for name, module in model.named_modules():
        if isinstance(module, Linear4bit):
            if getattr(getattr(module.weight, "quant_state", None), "packing_format_for_cpu", False):
                raise ValueError(
                    f"bitsandbytes has packed the 4-bit weights of {name} anew for a CPU without gradients: "
                    "load the model again, by load_model, to train it"
                )
            module.support_avx512bf16_for_cpu = False
