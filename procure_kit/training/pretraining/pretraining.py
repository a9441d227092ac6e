"""Train the kit's own small model from nothing on the world's programs.

    python -m procure_kit.training.pretraining --out runs/tiny
    torchrun --nproc-per-node 2 -m procure_kit.training.pretraining --out runs/tiny  # a busy machine: a process a core

One pass over text that never repeats: every step reads new programs. Packed rows, warm-up and cosine, a checkpoint
every few minutes; the same command started again goes on from the last one. The log is a CSV and TensorBoard's.
Matrices are multiplied in bfloat16 on a GPU and on a CPU with instructions for it, otherwise in float32.
"""

import argparse
import copy
import json
import os
import random
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, fields
from pathlib import Path

import numpy as np
import torch
from torch.utils.tensorboard import SummaryWriter
from transformers import AutoTokenizer, LlamaForCausalLM

from procure_kit.concepts.perturbation import perturb
from procure_kit.concepts.table import PAPER_CONCEPTS
from procure_kit.errors import one_sentence
from procure_kit.training.config import fast_bf16
from procure_kit.training.pretraining.loss_curve import loss_curve
from procure_kit.training.pretraining.settings import Settings, learning_rate, new_model
from procure_kit.world.corpus import packed, texts, train_tokenizer

LOG = ("step", "tokens", "loss", "lr", "seconds")
LOG_EVERY = 20  # steps
TOKENIZER_TEXTS = 12000


def pretrain(out: Path, settings: Settings, *, every: int = 200, threads: int = 2) -> LlamaForCausalLM:
    """Train, or go on training, in the folder `out`; model and tokenizer lie there in the end.

    Under torchrun each process takes its share of every step's rows, and `threads` of its own.

    Raises: ValueError when `out` holds a run with other settings.
    """
    rank, workers = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
    device = f"cuda:{os.environ.get('LOCAL_RANK', 0)}" if torch.cuda.is_available() else "cpu"
    kind = device.split(":")[0]
    torch.set_num_threads(threads)
    if workers > 1:
        torch.distributed.init_process_group("nccl" if kind == "cuda" else "gloo")
    if rank == 0:
        _prepare(out, settings)
    if workers > 1:
        torch.distributed.barrier()
    tokenizer, rows = AutoTokenizer.from_pretrained(out), np.load(out / "rows.npy", mmap_mode="r")
    model = new_model(settings, tokenizer).to(device)
    optimizer = adamw(model, settings)
    start, seconds = 0, 0.0
    if (out / "checkpoint.pt").exists():
        state = torch.load(out / "checkpoint.pt", map_location=device, weights_only=True)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        start, seconds = state["step"], state["seconds"]
    if rank == 0:
        _cut_log(out, start)
    shared = torch.nn.parallel.DistributedDataParallel(model) if workers > 1 else model
    board = SummaryWriter(out / "tensorboard", purge_step=start) if rank == 0 else None
    began, losses = time.perf_counter() - seconds, []
    model.train()
    for done in range(start + 1, settings.steps + 1):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(done - 1, settings)
        mine = np.arange((done - 1) * settings.batch + rank, done * settings.batch, workers) % len(rows)
        ids = torch.from_numpy(rows[mine].astype(np.int64)).to(device)  # (B / workers, T)
        losses.append(train_on(shared, optimizer, ids))
        if rank == 0 and (done % LOG_EVERY == 0 or done == settings.steps):
            seconds = time.perf_counter() - began
            _log(out, board, done, settings, sum(losses) / len(losses), seconds)
        if done % LOG_EVERY == 0:
            losses.clear()
        if rank == 0 and (done % every == 0 or done == settings.steps):
            state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": done, "seconds": seconds}
            torch.save(state, out / "checkpoint.part")
            (out / "checkpoint.part").replace(out / "checkpoint.pt")
            copy.deepcopy(model).half().save_pretrained(out)  # half the size to ship; the checkpoint stays exact
    if rank == 0:
        rows = [line.split(",") for line in (out / "log.csv").read_text().splitlines()[1:]]
        (out / "loss.svg").write_text(loss_curve([(int(tokens), float(loss)) for _, tokens, loss, *_ in rows]))
    if workers > 1:
        torch.distributed.destroy_process_group()
    return model


def adamw(model: LlamaForCausalLM, settings: Settings) -> torch.optim.AdamW:
    """AdamW, whose decay leaves the norms alone; the rate is set at every step."""
    groups = [
        {"params": [p for p in model.parameters() if p.ndim > 1], "weight_decay": settings.weight_decay},
        {"params": [p for p in model.parameters() if p.ndim < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, betas=(0.9, 0.95), fused=True)


def train_on(model, optimizer: torch.optim.Optimizer, ids: torch.Tensor) -> float:
    """One optimizer step on rows of tokens (B, T); the loss, in nats a token."""
    with torch.autocast(ids.device.type, torch.bfloat16, enabled=fast_bf16(ids.device)):
        loss = model(input_ids=ids, labels=ids).loss
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return loss.item()  # a number: tensors kept from step to step would pin the freed memory between them


def _prepare(out: Path, settings: Settings) -> None:
    """Store the settings, and what a run reads: the tokenizer and the packed rows, made once and kept in `out`."""
    stored = out / "settings.json"
    if stored.exists() and json.loads(stored.read_text()) != asdict(settings):
        raise ValueError(f"{out} holds a run with other settings: choose another folder, or remove it")
    out.mkdir(parents=True, exist_ok=True)
    stored.write_text(json.dumps(asdict(settings), indent=2) + "\n")
    if not (out / "rows.npy").exists():
        tokenizer = train_tokenizer(texts(settings.seed + 1, TOKENIZER_TEXTS, settings.habits), settings.vocabulary)
        tokenizer.save_pretrained(out)
        programs = settings.steps * settings.batch * settings.length // 64  # a program is 75 to 90 tokens long
        samples = rewritten(texts(settings.seed, programs, settings.habits), settings.rewritten, settings.seed)
        rows = packed(tokenizer, samples, settings.length)
        np.save(out / "rows.npy", rows)


def rewritten(samples: Iterable[str], share: float, seed: int) -> Iterator[str]:
    """The texts, a share of them rewritten by a concept of the paper that applies; drawn by the seed.

    A text that no concept applies to stays as it is; so does an inner function of the library with a `nonlocal`,
    which does not compile by itself.
    """
    rng = random.Random(f"rewritten {seed}")
    for number, text in enumerate(samples):
        if rng.random() < share:
            for concept in rng.sample(PAPER_CONCEPTS, len(PAPER_CONCEPTS)):
                with suppress(ValueError):  # NotApplicable is one
                    text = perturb(text, concept, seed + number).counterfactual
                    break
        yield text


def _cut_log(out: Path, step: int) -> None:
    """Keep the log up to the step from which the run goes on; begin it where there is none."""
    path = out / "log.csv"
    lines = path.read_text().splitlines()[1:] if path.exists() else []
    kept = [line for line in lines if int(line.split(",")[0]) <= step]
    path.write_text("\n".join([",".join(LOG), *kept]) + "\n")


def _log(out: Path, board: SummaryWriter, step: int, settings: Settings, loss: float, seconds: float) -> None:
    tokens, lr = step * settings.batch * settings.length, learning_rate(step - 1, settings)
    board.add_scalar("loss", loss, step)
    board.add_scalar("lr", lr, step)
    board.add_scalar("tokens_per_second", tokens / seconds, step)
    with open(out / "log.csv", "a") as file:
        file.write(f"{step},{tokens},{loss:.4f},{lr:.2e},{seconds:.0f}\n")


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=2)
    for field in fields(Settings):
        parser.add_argument(f"--{field.name.replace('_', '-')}", type=field.type, default=field.default)
    values = vars(parser.parse_args(argv))
    out, threads = values.pop("out"), values.pop("threads")
    with one_sentence(parser):
        pretrain(out, Settings(**values), threads=threads)
