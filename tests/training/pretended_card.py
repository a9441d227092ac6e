"""A card that is only pretended, for machines without one: its tensors refuse to meet a CPU's, and live there anyway.

    python -m tests.training.pretended_card      # whether loss, attention and sampling leave anything behind on the CPU

On CUDA an operation on tensors of two devices is an error, which no run on a CPU can show. Here torch's own place for
foreign devices (PrivateUse1, in Python since torch 2.10) is a wrapper around CPU tensors that makes the same error.
"""

import sys
from itertools import product

import torch
from torch.utils import _pytree as tree
from torch.utils.backend_registration import _DummyBackendModule, _setup_privateuseone_for_python_backend

from procure_kit.evaluation.completion import complete
from procure_kit.training.adapters import with_adapter
from procure_kit.training.config import TrainConfig
from procure_kit.training.cuts import Cut
from procure_kit.training.loss.attention import attention_groups, attention_maps
from procure_kit.training.loss.loss import LossConfig
from tests.training.small_models import CONFIGS, batch_of, measured, model_of
from tests.training.test_examples import BODY, PROMPT, byte_tokenizer

CARD = "card:0"
MOVES = ("copy_", "_to_copy", "_copy_from", "set_")  # between devices
new_tensor = torch.tensor  # whose device, and lists as an index, C++ looks up where Python cannot reach


class OnCard(torch.Tensor):
    """A tensor of the card; `there` is what it holds."""

    __torch_function__ = torch._C._disabled_torch_function_impl

    @staticmethod
    def __new__(cls, there):
        layout = {"strides": there.stride(), "storage_offset": there.storage_offset(), "dtype": there.dtype}
        made = torch.Tensor._make_wrapper_subclass(cls, there.size(), **layout, device=torch.device(CARD))
        made.there = there
        return made

    @classmethod
    def __torch_dispatch__(cls, operation, types, args=(), kwargs=None):
        return on_card(operation, *args, **(kwargs or {}))

    def tolist(self):
        return self.there.tolist()

    def __getitem__(self, index):
        return super().__getitem__(_index(index))

    def __setitem__(self, index, value):
        super().__setitem__(_index(index), value)


def _index(index):
    """Lists of places as tensors of the card, where C++ would make them."""
    if isinstance(index, tuple):
        return tuple(map(_index, index))
    return torch.tensor(index, device=CARD) if isinstance(index, list) else index


def on_card(operation, *args, **kwargs):
    """Run it on what the tensors hold. Raises: RuntimeError for a tensor of the CPU that is more than a number."""
    name, given = operation.overloadpacket.__name__, tree.tree_leaves((args, kwargs))
    here = [each for each in given if isinstance(each, torch.Tensor) and not isinstance(each, OnCard) and each.dim()]
    there = any(isinstance(each, OnCard) for each in given)
    if here and there and name not in MOVES:
        raise RuntimeError(f"{operation} on tensors of two devices; that of the CPU is {tuple(here[0].shape)}")
    device = kwargs.get("device")
    stays = there if device is None else torch.device(device).type == "card"
    args, kwargs = tree.tree_map_only(OnCard, lambda each: each.there, (args, kwargs))
    args, kwargs = tree.tree_map_only(torch.device, lambda _: torch.device("cpu"), (args, kwargs))
    with torch._C._DisableTorchDispatch():
        found = operation(*args, **kwargs)
    back = {id(each.there): each for each in given if operation._schema.is_mutable and isinstance(each, OnCard)}
    return (
        tree.tree_map_only(torch.Tensor, lambda t: back[id(t)] if id(t) in back else OnCard(t), found)
        if stays
        else found
    )


class Module(_DummyBackendModule):
    """What torch asks of a device beside its operations."""

    def get_rng_state(self, device=None):
        return torch.get_rng_state()

    def set_rng_state(self, state, device=None):
        torch.set_rng_state(state)

    def get_amp_supported_dtype(self):
        return [torch.bfloat16]


def plugged_in() -> torch.library.Library:
    """Make the card known; it is, for as long as the library is held."""
    _setup_privateuseone_for_python_backend("card", Module())
    library = torch.library.Library("_", "IMPL")
    library.fallback(lambda operation, *args, **kwargs: on_card(operation, *args, **kwargs), "PrivateUse1")
    torch.tensor = lambda *args, device=None, **kwargs: new_tensor(*args, **kwargs).to(device or "cpu")
    return library


def loss_on(device: str, how: str, lora: bool, checkpointing: bool) -> torch.Tensor:
    """The loss of a batch and all its gradients, one after the other."""
    model = model_of(CONFIGS["qwen2"])
    torch.manual_seed(0)
    model = (with_adapter(model, TrainConfig(lora_r=2)) if lora else model).to(device)
    if checkpointing:
        model.gradient_checkpointing_enable({"use_reentrant": False})
    batch = {name: values.to(device) for name, values in batch_of("left").items()}
    parts, gradients = measured(model, batch, LossConfig(layers=(0, -1), heads=(0, 3)), how)
    return torch.cat([parts.total.detach().cpu()[None], *(values.cpu().flatten() for values in gradients.values())])


def compared() -> dict[str, float]:
    """How far the results on the card are from those on the CPU, by what was run."""
    found, tokenizer = {}, byte_tokenizer()
    for way in product(("fused", "eager"), (False, True), (False, True)):
        name = "{}, LoRA {}, checkpointing {}".format(*way)
        found[name] = (loss_on("cpu", *way) - loss_on(CARD, *way)).abs().max().item()
    config = type(CONFIGS["llama"])(**CONFIGS["llama"].to_dict() | {"vocab_size": 400})
    one, other = model_of(config).eval(), model_of(config).eval().to(CARD)
    spans = [[(0, 24)], [(24, 60)]]
    masses = [attention_groups(model, tokenizer, PROMPT + BODY, spans).cpu() for model in (one, other)]
    found["attention_groups"] = (masses[0] - masses[1]).abs().max().item()
    maps = [torch.stack(attention_maps(model, tokenizer, PROMPT + BODY).maps).cpu() for model in (one, other)]
    found["attention_maps"] = (maps[0] - maps[1]).abs().max().item()
    for samples in (1, 3):
        cuts = [Cut(PROMPT, "", 0), Cut(PROMPT + "    total = a", "", 0)]
        texts = [complete(model, tokenizer, cuts, samples=samples, max_new_tokens=6) for model in (one, other)]
        found[f"complete, {samples} samples"] = float(texts[0] != texts[1])
    return found


def main() -> int:
    torch.set_num_threads(1)
    card = plugged_in()
    try:
        torch.ones(3, device=CARD) + torch.ones(3)
    except RuntimeError as error:
        assert "tensors of two devices" in str(error)
    else:
        return 2
    found = compared()
    print(*(f"{name}: {difference:.0e}" for name, difference in found.items()), sep="\n")
    del card
    return int(max(found.values()) > 1e-4)


if __name__ == "__main__":
    sys.exit(main())
