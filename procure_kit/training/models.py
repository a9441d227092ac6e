"""Load a model and its tokenizer by name or path, on CPU or GPU, whole or in 4 bits."""

import os
import warnings
from pathlib import Path

import torch
from safetensors import SafetensorError
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizer

from procure_kit.extras import load
from procure_kit.shipped import DATA, brought_back_by
from procure_kit.training.adapters import base_path, is_adapter, put_on, trained_on
from procure_kit.training.four_bit import four_bit_config, keep_gradients
from procure_kit.training.smollm2 import FOLDER, smollm2_folder


def load_model(
    name: str | Path,
    *,
    four_bit: bool = False,
    device: str | torch.device | None = None,
    dtype: torch.dtype | None = None,
    **options,
) -> tuple[PreTrainedModel, PreTrainedTokenizer]:
    """Load "tiny" (the kit's own), "smollm2" (SmolLM2-135M-Instruct), a local folder, or any Hub id. A folder with an
    adapter gives the model that it was trained on, with the adapter on it.

    four_bit: NF4 weights by bitsandbytes, for QLoRA; the arithmetic stays in `dtype`.
    device: "cpu", "cuda" or one GPU of several; default: a GPU if there is one, its own for each process of torchrun.
    dtype: default float32 on CPU (where bfloat16 can be 20 times slower) and bfloat16 on a GPU.
    options: go to transformers' `from_pretrained`.

    The model is in evaluation mode and runs SDPA; the loss and the attention functions exchange that as they need.
    Raises: ValueError when there is no such GPU, model or complete copy of it, or when an adapter's base model is gone
    or another by now; ModuleNotFoundError when bitsandbytes or accelerate is missing; the message says what to do.
    """
    if is_adapter(name):
        base = _base_of_adapter(name)
        model, tokenizer = load_model(base, four_bit=four_bit, device=device, dtype=dtype, **options)
        return put_on(model, name), tokenizer
    load("accelerate")  # which transformers leaves the placing of weights to
    device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    if device.type == "cuda" and not torch.cuda.is_available():
        raise ValueError('device="cuda": this machine shows no CUDA GPU to PyTorch; use device="cpu" or leave it out')
    if device.type == "cuda" and device.index is None:
        # Of several processes (torchrun, accelerate) each has its GPU. And one without a number is another than cuda:0
        # to accelerate, which then refuses to train a model in 4 bits.
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)))
    dtype = dtype or (torch.float32 if device.type == "cpu" else torch.bfloat16)
    folder = _folder(name)
    if four_bit:
        options["quantization_config"] = four_bit_config(dtype)
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder)
        model, loading = AutoModelForCausalLM.from_pretrained(
            folder, dtype=dtype, device_map={"": device}, output_loading_info=True, **options
        )
    except SafetensorError as error:
        raise ValueError(f"model {str(name)!r}: a weight file in {folder} is damaged: {_mend(name)}") from error
    except OSError as error:
        raise ValueError(f"model {str(name)!r} cannot be loaded: {_reason(name, folder, error)}") from error
    if missing := sorted(loading["missing_keys"]):  # they would silently be random
        raise ValueError(f"model {str(name)!r}: {folder} lacks {len(missing)} of its weights, first {missing[0]}")
    keep_gradients(model)
    _refuse_tokens_beyond(model, tokenizer, name)
    if four_bit:
        _tell_what_stays_wide(model, name)
    if tokenizer.eos_token_id is None:
        warnings.warn(
            f"model {str(name)!r}: its tokenizer has no end of text, so that nothing it writes ends", stacklevel=2
        )
    elif tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return model.eval(), tokenizer


def _base_of_adapter(folder: str | Path) -> str:
    """What `load_model` knows the adapter's base model by. One of the kit's own is found wherever the kit is."""
    named = trained_on(folder).get("base")
    if own := {"tiny": "tiny", FOLDER: "smollm2"}.get(named):
        return own
    base = base_path(folder)
    if not base or (Path(base).is_absolute() and not Path(base).is_dir()):
        raise ValueError(
            f"adapter {folder}: the model that it was trained on, {named or 'which has no name'}, is not where it was: "
            "load that by its own name, and put the adapter on it by procure_kit.training.adapters.put_on"
        )
    return base


def _refuse_tokens_beyond(model, tokenizer, name) -> None:
    rows = model.get_input_embeddings().num_embeddings
    if beyond := [token for token in tokenizer.all_special_ids if token >= rows]:  # padding, most often, added later
        token = tokenizer.convert_ids_to_tokens(beyond[0])
        raise ValueError(
            f"model {str(name)!r}: its tokenizer has token {beyond[0]} ({token!r}), but the model embeds {rows}: load "
            "it with transformers, call resize_token_embeddings(len(tokenizer)) and save it"
        )
    if len(tokenizer) > rows:
        warnings.warn(
            f"model {str(name)!r} embeds {rows} tokens and its tokenizer has {len(tokenizer)}: text that holds one of "
            "the others cannot be run",
            stacklevel=3,
        )


def _tell_what_stays_wide(model, name) -> None:
    """Experts are often one tensor of three dimensions, which bitsandbytes passes over."""
    head = model.get_output_embeddings()
    apart = {id(p) for part in (head, model.get_input_embeddings()) if part is not None for p in part.parameters()}
    wide, total = 0, 0
    for parameter in model.parameters():
        if parameter.ndim < 2 or id(parameter) in apart:
            continue
        packed = parameter.dtype == torch.uint8  # two weights a byte
        wide += 0 if packed else parameter.numel()
        total += parameter.numel() * (2 if packed else 1)
    if wide > 0.05 * total:
        warnings.warn(
            f"model {str(name)!r}: {wide / total:.0%} of its matrices (embeddings apart) are not in 4 bits, "
            "which bitsandbytes does to linear layers alone",
            stacklevel=3,
        )


def _folder(name: str | Path) -> str | Path:
    if name == "smollm2":
        return smollm2_folder()
    if name == "tiny":
        if not (DATA / "tiny").is_dir():
            raise ValueError(f"model 'tiny' is missing from {DATA / 'tiny'}: {_mend(name)}")
        return DATA / "tiny"
    return name


def _mend(name: str | Path) -> str:
    if name == "tiny":
        back = brought_back_by("data/tiny")
        return f"{back} brings it back, python -m procure_kit.training.pretraining trains it anew"
    return "delete that folder and load the model again" if name == "smollm2" else "fetch it again"


def _reason(name: str | Path, folder: str | Path, error: OSError) -> str:
    if Path(folder).is_dir():
        return f"{folder} is incomplete ({str(error).splitlines()[0]}): {_mend(name)}"
    return (
        "no such folder here, not in the Hub's cache, and the Hub has no such model or is not reachable (a gated one "
        "needs `hf auth login`); use 'smollm2', which needs no Hub, or the path of a local copy"
    )
