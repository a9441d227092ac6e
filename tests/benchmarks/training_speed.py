"""How many tokens a second `tiny` is tuned at, beside its pre-training and TRL.

    python -m tests.benchmarks.training_speed          # one thread, and its own seconds: other programs count little
    python -m tests.benchmarks.training_speed --threads 2   # the clock: only on a machine with nothing else to do

Pre-training: rows of 256 tokens, 16 a step. Tuning: `pk.train` with the concept loss on the experiments' examples, 16 a
step, as it is and without each of its means, all weights or LoRA. TRL: SFTTrainer with the plain NLL on the same
examples, with its defaults, and with its own batches of like lengths; padding does not count as tokens.
Every round takes some steps of each in turn; a ratio is the median over the rounds of this rate by pre-training's.
"""

import argparse
import json
import platform
import statistics
import tempfile
import time
from contextlib import redirect_stdout
from io import StringIO
from itertools import islice
from pathlib import Path

import torch
from transformers import TrainerCallback

from procure_kit.experiments.curves.arms import MAIN
from procure_kit.experiments.curves.stream import units
from procure_kit.shipped import RESULTS
from procure_kit.training import order
from procure_kit.training.config import TrainConfig, fast_bf16
from procure_kit.training.loss import attention
from procure_kit.training.models import load_model
from procure_kit.training.pretraining.pretraining import adamw, train_on
from procure_kit.training.pretraining.settings import Settings
from procure_kit.training.training import train

STEPS, ROUNDS, BATCH, EXAMPLES = 5, 3, 16, 1600
BEFORE = {"pool": 1, "short": 0, "bf16": False}
AS_IT_IS = {"pool": order.POOL, "short": attention.SHORT, "bf16": None}
TUNED = {  # name: what differs from AS_IT_IS, and LoRA's rank
    "tuning": ({}, 0),
    "batches at random": ({"pool": 1}, 0),
    "products in 32 bits": ({"bf16": False}, 0),
    "attention in 16 bits": ({"short": 0}, 0),
    "without the three": (BEFORE, 0),
    "tuning, LoRA": ({}, 16),
    "LoRA without the three": (BEFORE, 16),
}
TRL = {"TRL, plain NLL": "random", "TRL, like lengths": "group_by_length"}


class Clock(TrainerCallback):
    """The time of a training loop, without what comes before and after it."""

    def __init__(self, now):
        self.now = now

    def on_train_begin(self, *args, **kwargs):
        self.started = self.now()

    def on_train_end(self, *args, **kwargs):
        self.seconds = self.now() - self.started


def pretraining(now) -> float:
    """Tokens a second of some steps."""
    settings = Settings()
    model = load_model("tiny")[0].train()
    optimizer = adamw(model, settings)
    started = now()
    for _ in range(STEPS):
        train_on(model, optimizer, torch.randint(model.config.vocab_size, (settings.batch, settings.length)))
    return STEPS * settings.batch * settings.length / (now() - started)


def tuning(now, examples: list[dict], seed: int, lora_r: int, changes: dict) -> float:
    """Tokens a second of the first steps of `train`."""
    means = AS_IT_IS | changes
    order.POOL, attention.SHORT = means["pool"], means["short"]
    model, tokenizer = load_model("tiny")
    clock = Clock(now)
    config = TrainConfig(steps=STEPS, batch_size=BATCH, lr=1e-5, lora_r=lora_r, bf16=means["bf16"], seed=seed)
    train(model, tokenizer, examples, config, [clock])
    lengths = [len(example["input_ids"]) for example in examples]
    taken = list(order.LikeLengths(lengths, BATCH, seed, lambda: 0))[: STEPS * BATCH]
    return sum(lengths[number] for number in taken) / clock.seconds


def trl(now, examples: list[dict], seed: int, sampling: str) -> float:
    """Tokens a second of the first steps by TRL, which knows nothing of what is altered."""
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    model, tokenizer = load_model("tiny")
    data = Dataset.from_list([{name: example[name] for name in ("input_ids", "labels")} for example in examples])
    clock, taken = Clock(now), []
    with tempfile.TemporaryDirectory() as folder:
        arguments = SFTConfig(
            output_dir=folder,
            max_steps=STEPS,
            per_device_train_batch_size=BATCH,
            learning_rate=1e-5,
            train_sampling_strategy=sampling,
            dataset_kwargs={"skip_prepare_dataset": True},
            use_cpu=True,
            save_strategy="no",
            logging_steps=1,
            seed=seed,
            report_to="none",
        )
        trainer = SFTTrainer(model, arguments, train_dataset=data, processing_class=tokenizer, callbacks=[clock])
        collator = trainer.data_collator

        def counting(batch):
            taken.append(sum(len(example["input_ids"]) for example in batch))
            return collator(batch)

        trainer.data_collator = counting
        trainer.train()
    return sum(taken[:STEPS]) / clock.seconds  # one more batch is fetched ahead


def measured(now, examples: list[dict], rounds: int) -> list[dict]:
    """One row for each way to train; its ratio is by the pre-training of the same round."""
    rates = {name: [] for name in ("pre-training", *TUNED, *TRL)}
    for number in range(rounds + 1):  # the first warms up
        found = {"pre-training": pretraining(now)}
        for name, (changes, lora_r) in TUNED.items():
            found[name] = tuning(now, examples, number, lora_r, changes)
        for name, sampling in TRL.items():
            found[name] = trl(now, examples, number, sampling)
        for name, rate in found.items():
            rates[name] += [rate] if number else []
    rows = []
    for name, values in rates.items():
        ratios = [rate / pre for rate, pre in zip(values, rates["pre-training"], strict=True)]
        row = {"training": name, "tokens_per_second": round(statistics.median(values))}
        spread = [round(min(ratios), 2), round(max(ratios), 2)]
        rows.append(row | {"ratio": round(statistics.median(ratios), 2), "ratio_range": spread})
    return rows


def table(rows: list[dict]) -> str:
    lines = ["| training | tokens/s | by pre-training | (least to most) |", "| --- | ---: | ---: | ---: |"]
    for row in rows:
        least, most = row["ratio_range"]
        cells = (row["training"], f"{row['tokens_per_second']:,}", f"{row['ratio']:.2f}", f"{least:.2f} to {most:.2f}")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("-o", "--output", type=Path, default=RESULTS / "training_speed.cpu.json")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    now = time.process_time if args.threads == 1 else time.perf_counter
    stream = units(load_model("tiny")[1], MAIN["both"], 0)
    examples = [row for unit in islice(stream, EXAMPLES // 2) for row in unit.rows]
    with redirect_stdout(StringIO()):  # the Trainers print each row of their logs
        rows = measured(now, examples, args.rounds)
    bf16 = "with" if fast_bf16(torch.device("cpu")) else "without"
    head = (
        f"{platform.machine()} {bf16} instructions for bfloat16, {args.threads} thread(s), no GPU; torch "
        f"{torch.__version__}; {args.rounds} rounds of {STEPS} steps; {BATCH} examples, or rows of 256 tokens, a step"
    )
    print(head, table(rows), sep="\n\n")
    args.output.write_text(json.dumps({"measured": head, "rows": rows}, indent=1) + "\n")
    args.output.with_suffix(".md").write_text(f"{head}\n\n{table(rows)}\n")


if __name__ == "__main__":
    main()
