"""Weights in 4 bits, as QLoRA has them."""

import logging

import torch
from transformers import BitsAndBytesConfig, PreTrainedModel

from procure_kit.extras import load

# On import bitsandbytes warns in red that a kernel from the Hub is missing, which only its form for AVX512-BF16 uses:
# `keep_gradients` below forbids that form.
logging.getLogger("bitsandbytes.backends.cpu.ops").addFilter(lambda record: "gemm_4bit_forward" not in record.msg)


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
    """Forbid bitsandbytes to repack 4-bit weights on CPUs with AVX512-BF16.

    It does so at the first use without gradients, into a form that computes in bfloat16 and through which a later
    backward pass sends nothing, with no more than a warning.
    """
    from bitsandbytes.nn import Linear4bit  # heavy, and only QLoRA needs it

    for module in model.modules():
        if isinstance(module, Linear4bit):
            module.support_avx512bf16_for_cpu = False
