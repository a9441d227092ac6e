"""What the concept-sensitive loss costs beside plain fine-tuning: time per step and peak memory at several lengths.

    python -m tests.benchmarks.loss_cost                 # CPU: a small random model, three minutes
    python -m tests.benchmarks.loss_cost --device cuda   # Llama-3.1-8B's shape, random NF4 weights, both checkpointings

plain: the model's own NLL under SDPA. trl: the same NLL by TRL's SFTTrainer, with its defaults; it measures entropy and
accuracy, too, and its chunked projection is made for Triton, so that on a CPU its figures say little. fused, eager:
`concept_loss`. A step is forward, backward and AdamW on LoRA; the response is the last three quarters of one sequence,
every eighth token of it altered. Prints a table, writes JSON and Markdown to data/results.

Time: every round takes a step of each loss, in turn; the ratio is the median over the rounds of this loss's time by
plain's. On a CPU the process's own seconds on one thread, so that other programs count little; on a GPU the clock,
synchronised. Memory: the most above what lies there before the first step, on a CPU in a process of its own.
"""

import argparse
import json
import platform
import resource
import statistics
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import torch
from bitsandbytes.nn import Linear4bit, Params4bit
from transformers import AutoModelForCausalLM, LlamaConfig

from procure_kit.shipped import RESULTS
from procure_kit.training.loss.loss import concept_loss
from procure_kit.training.presets import shape_of
from procure_kit.training.training import NON_REENTRANT, TrainConfig, with_adapter

VARIANTS = ("plain", "trl", "fused", "eager")
ROUNDS = 7
EAGER_ROUNDS = 3  # it is slow, and its ratio is not close
SMALL = LlamaConfig(
    vocab_size=16384,
    hidden_size=256,
    intermediate_size=704,
    num_hidden_layers=4,
    num_attention_heads=8,
    num_key_value_heads=4,
)
LENGTHS = {"cpu": (256, 512, 1024, 2048), "cuda": (512, 1024, 2048, 4096, 8192)}


@cache
def adapted_model(device: str, name: str | None, layers: int | None, checkpointing: bool):
    """A random model with LoRA on it, NF4 on a GPU; the optimizer; and TRL's trainer of that model."""
    torch.manual_seed(0)
    dtype = torch.float32 if device == "cpu" else torch.bfloat16
    config = shape_of(name, **({"num_hidden_layers": layers} if layers else {})) if name else SMALL
    with torch.device(device):
        model = AutoModelForCausalLM.from_config(config, dtype=dtype)
        if device == "cuda":
            quantize(model)
    model = with_adapter(model, TrainConfig()).to(device).train()
    if checkpointing:
        model.gradient_checkpointing_enable(NON_REENTRANT)
    return model, torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-5)


@cache
def trl_trainer(*key):
    """SFTTrainer around the same model; it adds a second forward pass to the model and leaves the first as it is."""
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    from tests.training.test_examples import byte_tokenizer

    arguments = SFTConfig(
        output_dir=tempfile.mkdtemp(),
        report_to="none",
        use_cpu=key[0] == "cpu",
        bf16=key[0] == "cuda",
        gradient_checkpointing=key[3],
        gradient_checkpointing_kwargs=NON_REENTRANT,
        dataset_kwargs={"skip_prepare_dataset": True},
    )
    data = Dataset.from_list([{"input_ids": [1, 2], "labels": [1, 2]}])
    model = adapted_model(*key)[0]
    trainer = SFTTrainer(model, arguments, train_dataset=data, processing_class=byte_tokenizer())
    for parameter in model.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.float()  # over NF4 weights it has put the adapter into 16 bits
    return trainer


def quantize(model) -> None:
    """Replace every linear layer but the output projection by an NF4 one."""
    linear = [(n, m) for n, m in model.named_modules() if isinstance(m, torch.nn.Linear) and n != "lm_head"]
    for name, module in linear:
        weight = module.weight.data
        nf4 = Linear4bit(*reversed(weight.shape), bias=False, compute_dtype=weight.dtype, quant_type="nf4")
        nf4.bias = module.bias
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


def step(key: tuple, variant: str, length: int) -> None:
    """Forward, backward and optimizer on one random sequence."""
    device = key[0]
    model, optimizer = adapted_model(*key)
    batch = batch_of(length, model.config.vocab_size, device)
    inputs = {name: batch[name] for name in ("input_ids", "attention_mask", "labels")}
    with torch.autocast(device, torch.bfloat16, enabled=device == "cuda"):
        if variant == "plain":
            loss = model(**inputs, use_cache=False).loss
        elif variant == "trl":
            loss = trl_trainer(*key).compute_loss(model, inputs)
        else:
            loss = concept_loss(model, batch, implementation=variant).total
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()


def memory(key: tuple, variant: str, length: int) -> int | None:
    """Bytes at the peak of a first step over what was there before it; None: does not fit."""
    _one_thread()
    try:
        step(key, variant, 16)  # loads what is loaded at first use
        if key[0] == "cuda":
            torch.cuda.synchronize()
            before = torch.cuda.memory_allocated()
            torch.cuda.reset_peak_memory_stats()
            step(key, variant, length)
            return torch.cuda.max_memory_allocated() - before
        before = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
        step(key, variant, length)
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before
    except torch.OutOfMemoryError:
        return _nothing(key)


def seconds(key: tuple, length: int, rounds: int) -> dict[str, list[float] | None]:
    """The times of each variant's steps, round by round; None: does not fit."""
    _one_thread()
    times = {variant: [] for variant in VARIANTS}
    for number in range(rounds + 1):  # the first warms up
        for variant in VARIANTS:
            if times[variant] is None or (variant == "eager" and number > EAGER_ROUNDS):
                continue
            try:
                taken = _timed(key, variant, length)
            except torch.OutOfMemoryError:
                times[variant] = _nothing(key)
                continue
            times[variant] += [taken] if number else []
    return times


def _one_thread() -> None:
    torch.set_num_threads(1)


def _nothing(key: tuple) -> None:
    adapted_model(*key)[1].zero_grad()
    torch.cuda.empty_cache()


def _timed(key: tuple, variant: str, length: int) -> float:
    clock = time.process_time if key[0] == "cpu" else time.perf_counter
    start = clock()
    step(key, variant, length)
    if key[0] == "cuda":
        torch.cuda.synchronize()
    return clock() - start


def measured(key: tuple, length: int, rounds: int, pool) -> list[dict]:
    """One row for each variant. pool: a function like `map` that runs (function, arguments) pairs."""
    jobs = [(memory, (key, variant, length)) for variant in VARIANTS]
    *peaks, times = pool([*jobs, (seconds, (key, length, rounds))])
    rows = []
    for variant, peak in zip(VARIANTS, peaks, strict=True):
        taken = times[variant]
        ratios = [t / plain for t, plain in zip(taken or [], times["plain"] or [], strict=False)]
        row = {
            "tokens": length,
            "checkpointing": key[3],
            "loss": variant,
            "seconds": taken and round(statistics.median(taken), 4),
            "time_ratio": round(statistics.median(ratios), 3) if ratios else None,
            "time_ratio_range": [round(min(ratios), 3), round(max(ratios), 3)] if ratios else None,
            "MiB": peak and round(peak / 2**20, 1),
            "memory_ratio": round(peak / peaks[0], 3) if peak and peaks[0] else None,
        }
        rows.append(row)
    return rows


def in_this_process(jobs: list) -> list:
    return [function(*arguments) for function, arguments in jobs]


def in_their_own(jobs: list) -> list:
    """The peak of a process never falls again, so each job has one; memory two at a time, then time alone."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["procure_kit.training.training"])  # whose libraries load once
    with ProcessPoolExecutor(2, mp_context=context, max_tasks_per_child=1) as pool:
        peaks = [pool.submit(function, *arguments) for function, arguments in jobs[:-1]]
        found = [job.result() for job in peaks]
        return [*found, pool.submit(jobs[-1][0], *jobs[-1][1]).result()]


def table(rows: list[dict]) -> str:
    """A line for each measurement, in Markdown."""
    lines = [
        "| tokens | checkpointing | loss | s/step | time by plain | (least to most) | peak MiB | memory by plain |",
        "| ---: | --- | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for row in rows:
        spread = "{:.2f} to {:.2f}".format(*row["time_ratio_range"]) if row["time_ratio_range"] else "-"
        cells = [
            f"{row['tokens']:,}", "yes" if row["checkpointing"] else "no", row["loss"],
            f"{row['seconds']:.3f}" if row["seconds"] else "does not fit",
            f"{row['time_ratio']:.2f}" if row["time_ratio"] else "-", spread,
            f"{row['MiB']:,.0f}" if row["MiB"] else "does not fit",
            f"{row['memory_ratio']:.2f}" if row["memory_ratio"] else "-",
        ]  # fmt: skip
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def aims(rows: list[dict]) -> str:
    """What was aimed at, and whether the rows reach it."""
    fused = [row for row in rows if row["loss"] == "fused"]
    timed, weighed = ([row for row in fused if row[ratio]] for ratio in ("time_ratio", "memory_ratio"))
    slow = [f"{row['tokens']} ({row['time_ratio']:.2f})" for row in timed if row["time_ratio"] > 1.10]
    large = [f"{row['tokens']} ({row['memory_ratio']:.2f})" for row in weighed if row["memory_ratio"] > 1]
    per_token = [f"{1024 * row['MiB'] / row['tokens']:.0f}" for row in fused if row["MiB"]]
    return "\n".join(
        [
            "- fused within 1.10 of plain's time: " + (f"not at {', '.join(slow)}" if slow else "at every length"),
            "- fused at or below plain's memory: " + (f"not at {', '.join(large)}" if large else "at every length"),
            f"- fused, KiB a token: {', '.join(per_token)}",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="time and memory of the loss")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--model", help="a preset's shape; default: a small one, on cuda Llama-3.1-8B")
    parser.add_argument("--layers", type=int, help="so many layers of it instead of all")
    parser.add_argument("--lengths", type=int, nargs="+")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("-o", "--output", type=Path)
    args = parser.parse_args()
    on_gpu = args.device == "cuda"
    if on_gpu and not torch.cuda.is_available():
        parser.error("there is no GPU that torch can use here; --device cpu measures on a processor")
    name = args.model or ("meta-llama/Llama-3.1-8B" if on_gpu else None)
    rows = []
    for checkpointing in (False, True) if on_gpu else (False,):
        for length in args.lengths or LENGTHS[args.device]:
            key = (args.device, name, args.layers, checkpointing)
            rows += measured(key, length, args.rounds, in_this_process if on_gpu else in_their_own)
            print("\n".join(str(row) for row in rows[-len(VARIANTS) :]), flush=True)
        for cached in (adapted_model, trl_trainer):
            cached.cache_clear()
    hardware = torch.cuda.get_device_name() if on_gpu else f"{platform.machine()}, one thread of a CPU, no GPU"
    model = f"{name}, {args.layers or 'all'} layers, random weights" if name else "a small random Llama"
    head = f"{hardware}; torch {torch.__version__}; {model}; {args.rounds} rounds"
    print(head, table(rows), aims(rows), sep="\n\n")
    output = args.output or RESULTS / f"loss_cost.{args.device}.json"
    values = {"hardware": hardware, "torch": torch.__version__, "model": model, "rounds": args.rounds, "rows": rows}
    output.write_text(json.dumps(values, indent=1) + "\n")
    output.with_suffix(".md").write_text(f"{head}\n\n{table(rows)}\n\n{aims(rows)}\n")


if __name__ == "__main__":
    main()
