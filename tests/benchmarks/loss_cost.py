"""What the concept-sensitive loss costs beside plain fine-tuning: time per step and peak memory at several lengths.

    python -m tests.benchmarks.loss_cost                 # CPU: a small random model, a few minutes
    python -m tests.benchmarks.loss_cost --device cuda   # Llama-3.1-8B's shape with random NF4 weights

plain: the model's own NLL under SDPA. fused, eager: `concept_loss`. A step is forward, backward and AdamW on LoRA; the
response is the last three quarters of one sequence, every eighth token of it altered. Prints a table, writes a JSON
file. Time: CPU seconds of one thread, so that other programs on the machine count little; on a GPU wall-clock.
Memory: the most above what lies there before the step.
"""

import argparse
import json
import platform
import resource
import time
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import torch
from bitsandbytes.nn import Linear4bit, Params4bit
from transformers import AutoModelForCausalLM, LlamaConfig

from procure_kit.loss import concept_loss
from procure_kit.training import NON_REENTRANT, TrainConfig, with_adapter

VARIANTS = ("plain", "fused", "eager")
SMALL = LlamaConfig(
    vocab_size=16384,
    hidden_size=256,
    intermediate_size=704,
    num_hidden_layers=4,
    num_attention_heads=8,
    num_key_value_heads=4,
)
LLAMA_8B = LlamaConfig(
    vocab_size=128256,
    hidden_size=4096,
    intermediate_size=14336,
    num_hidden_layers=32,
    num_attention_heads=32,
    num_key_value_heads=8,
    rope_parameters={"rope_type": "default", "rope_theta": 500000.0},
)
LENGTHS = {"cpu": (256, 512, 1024, 2048), "cuda": (512, 1024, 2048, 4096, 8192)}


@cache
def adapted_model(device: str, checkpointing: bool):
    """The model of a device, with LoRA on it; on a GPU its linear layers become NF4 first."""
    torch.manual_seed(0)
    dtype = torch.float32 if device == "cpu" else torch.bfloat16
    with torch.device(device):
        model = AutoModelForCausalLM.from_config(SMALL if device == "cpu" else LLAMA_8B, dtype=dtype)
    if device == "cuda":
        quantize(model)
    model = with_adapter(model, TrainConfig(gradient_checkpointing=checkpointing)).to(device).train()
    if checkpointing:
        model.gradient_checkpointing_enable(NON_REENTRANT)
    return model, torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-5)


def quantize(model) -> None:
    """Replace every linear layer but the output projection by an NF4 one."""
    linear = [(n, m) for n, m in model.named_modules() if isinstance(m, torch.nn.Linear) and n != "lm_head"]
    for name, module in linear:
        weight = module.weight.data
        nf4 = Linear4bit(*reversed(weight.shape), bias=False, compute_dtype=weight.dtype, quant_type="nf4")
        nf4.weight = Params4bit(weight, requires_grad=False, quant_type="nf4")
        model.set_submodule(name, nf4.to(weight.device))
    model.is_loaded_in_4bit = True


def batch_of(length: int, vocabulary: int, device: str) -> dict[str, torch.Tensor]:
    ids = torch.randint(vocabulary, (1, length), device=device)
    labels = ids.clone()
    labels[:, : length // 4] = -100
    changed = torch.zeros_like(ids, dtype=torch.bool)
    changed[:, length // 4 :: 8] = True
    return {"input_ids": ids, "attention_mask": torch.ones_like(ids), "labels": labels, "changed": changed}


def measure(device: str, variant: str, length: int, checkpointing: bool, repeats: int = 3) -> dict:
    """Seconds and MiB of one step; both None where the memory does not suffice."""
    torch.set_num_threads(1)
    model, optimizer = adapted_model(device, checkpointing)

    def step(length=length):
        batch = batch_of(length, model.config.vocab_size, device)
        with torch.autocast(device, torch.bfloat16, enabled=device == "cuda"):
            if variant == "plain":
                inputs = {name: batch[name] for name in ("input_ids", "attention_mask", "labels")}
                loss = model(**inputs, use_cache=False).loss
            else:
                loss = concept_loss(model, batch, implementation=variant).total
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()

    try:
        step(length=16)  # loads what is loaded at first use
        memory = peak_memory(device, step)
        seconds = min(timed(device, step) for _ in range(repeats))
    except torch.OutOfMemoryError:
        torch.cuda.empty_cache()
        seconds = memory = None
    return {
        "variant": variant,
        "length": length,
        "checkpointing": checkpointing,
        "seconds": seconds and round(seconds, 4),
        "MiB": memory and round(memory / 2**20, 1),
    }


def timed(device: str, step) -> float:
    clock = time.process_time if device == "cpu" else time.perf_counter
    start = clock()
    step()
    if device == "cuda":
        torch.cuda.synchronize()
    return clock() - start


def peak_memory(device: str, step) -> int:
    """Bytes at the peak of a first step over what was there before it."""
    if device == "cuda":
        before = torch.cuda.memory_allocated()
        torch.cuda.reset_peak_memory_stats()
        step()
        return torch.cuda.max_memory_allocated() - before
    before = resident()
    step()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def measured_apart(device: str, *cell) -> dict:
    """On CPU each cell runs in a process of its own: the peak of a process never falls again."""
    if device == "cuda":
        return measure(device, *cell)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(measure, device, *cell).result()


def table(rows: list[dict]) -> str:
    """One line for each length, with the ratios to plain."""
    lines = [f"{'tokens':>7} {'ckpt':>5} {'loss':>6} {'s/step':>9} {'MiB':>9} {'time':>7} {'memory':>7}"]
    for row in rows:
        same = (row["length"], row["checkpointing"])
        plain = next(r for r in rows if (r["length"], r["checkpointing"]) == same and r["variant"] == "plain")
        ratios = [
            f"{row[key] / plain[key]:6.2f}x" if row[key] and plain[key] else "      -" for key in ("seconds", "MiB")
        ]
        values = [f"{row[key]:9.3f}" if row[key] else "   no fit" for key in ("seconds", "MiB")]
        lines.append(" ".join([f"{row['length']:7} {row['checkpointing']!s:>5} {row['variant']:>6}", *values, *ratios]))
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="time and memory of the loss")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--lengths", type=int, nargs="+")
    parser.add_argument("-o", "--output", type=Path)
    args = parser.parse_args()
    checkpointing = (False, True) if args.device == "cuda" else (False,)
    rows = []
    for length in args.lengths or LENGTHS[args.device]:
        for checkpoint in checkpointing:
            for variant in VARIANTS:
                rows.append(measured_apart(args.device, variant, length, checkpoint))
                print(rows[-1], flush=True)
    print(table(rows))
    hardware = torch.cuda.get_device_name() if args.device == "cuda" else f"{platform.machine()}, one thread"
    output = args.output or Path(__file__).with_name(f"loss_cost.{args.device}.json")
    output.write_text(json.dumps({"hardware": hardware, "torch": torch.__version__, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
