"""What the concept-sensitive loss costs beside plain fine-tuning: time per step and peak memory at several lengths.

    python -m tests.benchmarks.loss_cost     # a small random model on a CPU, three minutes; tests.benchmarks.gpu: a GPU

plain: the model's own NLL under SDPA. trl: the same NLL by TRL's SFTTrainer, with its defaults; it measures entropy and
accuracy, too, and its chunked projection is made for Triton, so that on a CPU its figures say little. fused, eager:
`concept_loss`. A step is forward, backward and AdamW on LoRA; the response is the last three quarters of one sequence,
every eighth token of it altered. Prints a table, writes JSON and Markdown to data/results.

Time: every round takes a step of each loss, in turn; the ratio is the median over the rounds of this loss's time by
plain's. On a CPU the process's own seconds on one thread, so that other programs count little; on a GPU the clock,
synchronised. Memory: the most above what lies there before the first step, on a CPU in a process of its own.
"""

import argparse
import gc
import json
import platform
import statistics
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import torch
from transformers import AutoModelForCausalLM, LlamaConfig

from procure_kit.shipped import RESULTS
from procure_kit.training.loss.loss import concept_loss
from procure_kit.training.presets import shape_of
from procure_kit.training.training import NON_REENTRANT, TrainConfig, with_adapter
from tests.benchmarks.loss_table import FAILS, NO_ROOM, NOT_HERE, aims, table
from tests.benchmarks.memory import peak, synchronize
from tests.benchmarks.random_models import four_bit_model

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
LENGTHS = (256, 512, 1024, 2048)


class Subject(NamedTuple):
    """What is measured. Of a preset's shape in NF4 and 16 bits, as on a GPU; or the small Llama in 32."""

    device: torch.device = torch.device("cpu")
    preset: str = ""
    changes: tuple[tuple[str, int], ...] = ()  # to fields of its configuration
    checkpointing: bool = False

    @property
    def autocast(self) -> bool:
        return bool(self.preset)


@cache
def adapted_model(device: torch.device, preset: str, changes: tuple):
    """A random model with LoRA on it, and the optimizer."""
    torch.manual_seed(0)
    if preset:
        model = four_bit_model(shape_of(preset, **dict(changes)), device, torch.bfloat16)
    else:
        model = AutoModelForCausalLM.from_config(SMALL, dtype=torch.float32)
    model = with_adapter(model, TrainConfig()).train()
    return model, torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-5)


@cache
def trl_trainer(subject: Subject):
    """SFTTrainer around the same model; it adds a second forward pass to the model and leaves the first as it is."""
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    from tests.training.test_examples import byte_tokenizer

    arguments = SFTConfig(
        output_dir=tempfile.mkdtemp(),
        report_to="none",
        use_cpu=subject.device.type == "cpu",
        bf16=subject.autocast,
        gradient_checkpointing=subject.checkpointing,
        gradient_checkpointing_kwargs=NON_REENTRANT,
        dataset_kwargs={"skip_prepare_dataset": True},
    )
    data = Dataset.from_list([{"input_ids": [1, 2], "labels": [1, 2]}])
    model = adapted_model(*subject[:3])[0]
    trainer = SFTTrainer(model, arguments, train_dataset=data, processing_class=byte_tokenizer())
    for parameter in model.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.float()  # over NF4 weights it has put the adapter into 16 bits
    return trainer


def batch_of(length: int, vocabulary: int, device: torch.device) -> dict[str, torch.Tensor]:
    ids = torch.randint(vocabulary, (1, length), device=device)
    labels = ids.clone()
    labels[:, : length // 4] = -100
    changed = torch.zeros_like(ids, dtype=torch.bool)
    changed[:, length // 4 :: 8] = True
    return {"input_ids": ids, "attention_mask": torch.ones_like(ids), "labels": labels, "changed": changed}


def prepared(subject: Subject, variant: str):
    """The model and its optimizer, set for a step: under checkpointing it keeps the attention of the step before."""
    if variant == "trl":
        trl_trainer(subject)
    model, optimizer = adapted_model(*subject[:3])
    model.gradient_checkpointing_disable()
    if subject.checkpointing:
        model.gradient_checkpointing_enable(NON_REENTRANT)
    model.set_attn_implementation("sdpa")
    return model, optimizer


def step(subject: Subject, variant: str, length: int, model, optimizer) -> None:
    """Forward, backward and optimizer on one random sequence."""
    batch = batch_of(length, model.config.vocab_size, subject.device)
    inputs = {name: batch[name] for name in ("input_ids", "attention_mask", "labels")}
    with torch.autocast(subject.device.type, torch.bfloat16, enabled=subject.autocast):
        if variant == "plain":
            loss = model(**inputs, use_cache=False).loss
        elif variant == "trl":
            loss = trl_trainer(subject).compute_loss(model, inputs)
        else:
            loss = concept_loss(model, batch, implementation=variant).total
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()


def memory(subject: Subject, variant: str, length: int) -> tuple[int, int] | str:
    """Bytes that lie there before a first step, and at its peak on top of them; or why there is no such figure."""
    _one_thread()
    if variant == "trl" and not find_spec("trl"):
        return NOT_HERE
    try:
        model, optimizer = prepared(subject, variant)

        def first_step() -> tuple[int, int]:
            step(subject, variant, 16, model, optimizer)  # loads what is loaded at first use
            return peak(subject.device, lambda: step(subject, variant, length, model, optimizer))

        return _if_it_fits(first_step, optimizer) or NO_ROOM
    except Exception as error:  # told in the row, so that what one variant cannot do does not cost the others
        traceback.print_exc()
        return f"{FAILS}: {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"


def seconds(subject: Subject, length: int, rounds: int, variants: list[str]) -> dict[str, list[float]]:
    """The times of each variant's steps, round by round; none for one that does not fit."""
    _one_thread()
    times: dict[str, list[float]] = {variant: [] for variant in variants}
    for number in range(rounds + 1):  # the first warms up
        for variant in list(times):
            if variant == "eager" and number > EAGER_ROUNDS:
                continue
            model, optimizer = prepared(subject, variant)
            work = lambda: _timed(subject, variant, length, model, optimizer)  # noqa: B023, E731 (called at once)
            taken = _if_it_fits(work, optimizer)
            if taken is None:
                del times[variant]
            elif number:
                times[variant].append(taken)
    return times


def _one_thread() -> None:
    torch.set_num_threads(1)


def _if_it_fits(work: Callable, optimizer):
    """What `work` returns; None where the GPU's memory does not suffice, which is then free again."""
    try:
        return work()
    except torch.OutOfMemoryError:
        pass
    optimizer.zero_grad()
    gc.collect()
    torch.cuda.empty_cache()
    return None


def _timed(subject: Subject, variant: str, length: int, model, optimizer) -> float:
    clock = time.process_time if subject.device.type == "cpu" else time.perf_counter
    synchronize(subject.device)
    start = clock()
    step(subject, variant, length, model, optimizer)
    synchronize(subject.device)
    return clock() - start


def measured(subject: Subject, length: int, rounds: int, run: Callable) -> Iterator[dict]:
    """One row for each variant. run: a function like `map` that runs (function, arguments) pairs."""
    peaks = dict(zip(VARIANTS, run([(memory, (subject, variant, length)) for variant in VARIANTS]), strict=True))
    fitting = [variant for variant, found in peaks.items() if not isinstance(found, str)]
    (times,) = run([(seconds, (subject, length, rounds, fitting))])
    for variant, found in peaks.items():
        row = {"tokens": length, "checkpointing": subject.checkpointing, "loss": variant}
        if variant not in times:
            yield row | {"note": found if isinstance(found, str) else NO_ROOM}
            continue
        row |= {"seconds": round(statistics.median(times[variant]), 4), "MiB": round(found[1] / 2**20, 1)}
        if "plain" in times:
            ratios = [t / plain for t, plain in zip(times[variant], times["plain"], strict=False)]
            row["time_ratio"] = round(statistics.median(ratios), 3)
            row["time_ratio_range"] = [round(min(ratios), 3), round(max(ratios), 3)]
            row["memory_ratio"] = round(found[1] / max(peaks["plain"][1], 1), 3)
        yield row | {"before_MiB": round(found[0] / 2**20, 1)}


def in_this_process(jobs: list) -> list:
    return [function(*arguments) for function, arguments in jobs]


def in_their_own(jobs: list) -> list:
    """The peak of a process never falls again, so each job has one, two at a time; a lone job is alone."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["procure_kit.training.training"])  # whose libraries load once
    with ProcessPoolExecutor(2, mp_context=context, max_tasks_per_child=1) as pool:
        return [job.result() for job in [pool.submit(function, *arguments) for function, arguments in jobs]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lengths", type=int, nargs="+", default=LENGTHS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("-o", "--output", type=Path, default=RESULTS / "loss_cost.cpu.json")
    args = parser.parse_args()
    rows = []
    for length in args.lengths:
        for row in measured(Subject(), length, args.rounds, in_their_own):
            print(row, flush=True)
            rows.append(row)
    hardware, model = f"{platform.machine()}, one thread of a CPU, no GPU", "a small random Llama"
    head = f"{hardware}; torch {torch.__version__}; {model}; {args.rounds} rounds"
    print(head, table(rows), aims(rows), sep="\n\n")
    values = {"hardware": hardware, "torch": torch.__version__, "model": model, "rounds": args.rounds, "rows": rows}
    args.output.write_text(json.dumps(values, indent=1) + "\n")
    args.output.with_suffix(".md").write_text(f"{head}\n\n{table(rows)}\n\n{aims(rows)}\n")


if __name__ == "__main__":
    main()
