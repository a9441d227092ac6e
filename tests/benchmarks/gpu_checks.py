"""Does the kit do on a card what it does on a CPU? Cheap, and before anything is timed."""

import platform
import sys
import tempfile
import warnings
from collections.abc import Iterator
from copy import deepcopy
from importlib.metadata import version

import torch
from transformers import AutoModelForCausalLM, PretrainedConfig

from procure_kit.evaluation.evaluation import evaluate
from procure_kit.generation.rules import pairs_of
from procure_kit.training.adapters import with_adapter
from procure_kit.training.config import TrainConfig, fast_bf16
from procure_kit.training.examples import build_examples, collate
from procure_kit.training.loss.loss import LossConfig, concept_loss
from procure_kit.training.models import load_model
from procure_kit.training.presets import PRESETS
from procure_kit.training.training import NON_REENTRANT, train
from procure_kit.world.generation import generate
from tests.benchmarks.loss_table import FAILS
from tests.benchmarks.random_models import four_bit_model, in_four_bits, shape

LIBRARIES = ("transformers", "peft", "accelerate", "bitsandbytes")
FORMS = {"32 bits": ("eager", "fused"), "NF4, 16 bits": ("fused",)}
ALLOWED = {"32 bits": 1e-3, "NF4, 16 bits": 5e-2}  # of each term and of all gradients together; kernels may take TF32
TERMS = ("nll", "mask", "attention")


def card(device: torch.device, dry: bool) -> Iterator[dict]:
    """What it is, and what of it matters here. Raises: SystemExit with what to do where there is none to be used."""
    if device.type == "cuda":
        with warnings.catch_warnings(record=True) as told:  # a driver that is too old is a warning
            warnings.simplefilter("always")
            found = torch.cuda.is_available()
        if not found:
            sys.exit(_no_card([str(warning.message) for warning in told]))
        known = torch.cuda.get_device_properties(device)
        row = {"card": known.name, "GiB": round(known.total_memory / 2**30, 1)}
        row |= {"compute capability": f"{known.major}.{known.minor}", "CUDA": torch.version.cuda}
    else:
        row = {"card": f"CPU {platform.machine()}"}
    try:
        error = _packing_error(device)
    except Exception as reason:  # whatever a missing kernel is met with
        error = f"{type(reason).__name__}: {str(reason).splitlines()[0]}"
    if not isinstance(error, float) or error > 0.2:  # 4 bits cost about a tenth
        sys.exit(
            f"bitsandbytes {version('bitsandbytes')} does not compute in NF4 here ({error}): "
            f"install a version of it that is built for CUDA {torch.version.cuda}"
        )
    yield (
        row
        | {"bfloat16": "fast" if fast_bf16(device) else "slow", "torch": torch.__version__}
        | {name: version(name) for name in LIBRARIES}
    )


def _no_card(told: list[str]) -> str:
    if torch.version.cuda is None:
        torch_version = torch.__version__.partition("+")[0]
        return (
            f"torch {torch.__version__} is built without CUDA: `pip install --force-reinstall torch=={torch_version}` "
            "from PyPI brings one with it; without a card, --device cpu --dry tries the script itself"
        )
    reason = f" ({told[0].splitlines()[0]})" if told else ""
    return (
        f"torch {torch.__version__} finds no CUDA GPU{reason}: see what `nvidia-smi` says and whether "
        "CUDA_VISIBLE_DEVICES hides it; without a card, --device cpu --dry tries the script itself"
    )


def _packing_error(device: torch.device) -> float:
    """How far a packed layer's output is from the whole one's, and that gradients go through it."""
    torch.manual_seed(0)
    whole = torch.nn.Linear(256, 128, bias=False, device=device, dtype=torch.bfloat16)
    states = torch.randn(16, 256, device=device, dtype=torch.bfloat16, requires_grad=True)
    with torch.no_grad():
        expected = whole(states)
        packed = in_four_bits(whole)
    given = packed(states)
    given.sum().backward()
    if not states.grad.abs().sum() > 0:
        raise RuntimeError("no gradient comes back")
    return ((given - expected).abs().mean() / expected.abs().mean()).item()


def exact(device: torch.device, dry: bool) -> Iterator[dict]:
    """The loss on small random models of each preset's architecture: all its forms here against the readable one, in
    32 bits against that on a CPU."""
    for kind, name in {PRESETS[name].model_type: name for name in reversed(PRESETS)}.items():
        config = shape(name, small=True)
        for field in ("resid_pdrop", "attn_pdrop", "embd_pdrop"):
            if hasattr(config, field):
                setattr(config, field, 0.0)
        for width, forms in FORMS.items():
            model = _model_in(width, config, device)
            compared = _measured(deepcopy(model).cpu() if width == "32 bits" else model, "eager")
            for how in forms:
                row = {"architecture": kind, "arithmetic": width, "loss": how}
                errors = [_difference(_measured(model, how, again), compared) for again in (False, True)]
                row |= dict(zip(("error", "with checkpointing"), (float(f"{e:.1e}") for e in errors), strict=True))
                yield row | ({} if max(errors) <= ALLOWED[width] else {"note": f"{FAILS}: over {ALLOWED[width]}"})


def _model_in(width: str, config: PretrainedConfig, device: torch.device):
    torch.manual_seed(0)
    if width == "32 bits":
        return AutoModelForCausalLM.from_config(deepcopy(config), dtype=torch.float32).to(device).train()
    model = with_adapter(four_bit_model(deepcopy(config), device, torch.bfloat16), TrainConfig())
    for name, parameter in model.named_parameters():
        if "lora_B" in name:  # zero in a fresh adapter, which sends no gradient to its other half
            parameter.data.normal_(std=0.02)
    return model.train()


def _measured(model, how: str, checkpointing: bool = False) -> tuple[torch.Tensor, torch.Tensor]:
    """The terms (3,), and all gradients one after the other, on the CPU."""
    torch.manual_seed(1)
    rows = []
    for length in (96, 64):
        ids = torch.randint(3, 512, (length,)).tolist()
        flags = [int(t > 20 and t % 8 == 0) for t in range(length)]
        labels = [-100] * 16 + ids[16:]
        rows.append({"input_ids": ids, "attention_mask": [1] * length, "labels": labels, "changed": flags})
    device = next(model.parameters()).device
    batch = {name: values.to(device) for name, values in collate(rows, 0).items()}
    model.set_attn_implementation("sdpa")
    model.gradient_checkpointing_disable()
    if checkpointing:
        model.gradient_checkpointing_enable(NON_REENTRANT)
    model.zero_grad()
    sixteen = any(parameter.dtype == torch.bfloat16 for parameter in model.parameters())
    with torch.autocast(device.type, torch.bfloat16, enabled=sixteen):
        parts = concept_loss(model, batch, LossConfig(lam=1.0, layers=(0, -1)), how)
    parts.total.backward()
    gradients = [p.grad.flatten().float().cpu() for p in model.parameters() if p.grad is not None]
    return torch.stack([getattr(parts, term).detach().float().cpu() for term in TERMS]), torch.cat(gradients)


def _difference(found: tuple, expected: tuple) -> float:
    """The largest relative difference of a term, or of the gradients as one vector."""
    terms = ((found[0] - expected[0]).abs() / expected[0].abs().clamp_min(1e-2)).max()
    gradients = (found[1] - expected[1]).norm() / expected[1].norm()
    return max(terms.item(), gradients.item())


def tiny(device: torch.device, dry: bool) -> Iterator[dict]:
    """The whole way with the kit's own model: NF4, a run that is kept, its adapter on a fresh model, greedy scores."""
    pairs = list(pairs_of(generate(seed=0, n=4 if dry else 40)))
    model, tokenizer = load_model("tiny", four_bit=True, device=device.type)
    examples, _ = build_examples(tokenizer, pairs)
    scored = pairs[: 3 if dry else 60]
    settings = {"k": (1,), "samples": 1, "max_new_tokens": 8 if dry else 96}
    with tempfile.TemporaryDirectory() as folder:
        config = TrainConfig(steps=2 if dry else 30, batch_size=4, lr=1e-3, output_dir=folder)
        result = train(model, tokenizer, examples, config)
        fresh, _ = load_model(result.adapter, device=device.type)
        report = evaluate(fresh, tokenizer, scored, **settings)
    first, last = (result.log[place]["nll"] for place in (0, -1))
    row = {"steps": len(result.log), "seconds": round(result.seconds, 1), "nll, first": round(first, 3)}
    row |= {"nll, last": round(last, 3), "pairs": len(report.rows)}
    yield row | {side: sum(r[side][0] for r in report.rows) for side in ("original", "counterfactual")}
