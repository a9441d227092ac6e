"""Fine-tune with the concept-sensitive loss: transformers' Trainer, LoRA by PEFT, QLoRA on a model loaded in 4 bits.

    result = train(model, tokenizer, examples, TrainConfig(steps=100, output_dir="runs/first"))

Each term of the loss has its own denominator, and it runs over everything that makes up one optimizer step: however a
step's examples are cut into batches (and spread over processes), the gradient is the same.
"""

import json
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

import torch
from transformers import TrainerCallback, TrainerState, TrainingArguments
from transformers.integrations import TensorBoardCallback
from transformers.trainer import DEFAULT_PROGRESS_CALLBACK
from transformers.trainer_callback import ProgressCallback

from procure_kit.extras import load
from procure_kit.training.adapters import BASE, base_name, base_of, is_adapter, with_adapter
from procure_kit.training.card import model_card
from procure_kit.training.config import TrainConfig, TrainResult, fast_bf16
from procure_kit.training.examples import collate
from procure_kit.training.folder import (
    LOG,
    claim,
    fingerprint,
    finished,
    last_checkpoint,
    process_count,
    telling_of_no_room,
    weights_fingerprint,
    write_whole,
)
from procure_kit.training.interrupt import Interruptible
from procure_kit.training.loss.attention import SDPA_MASS, attention_implementation
from procure_kit.training.trainer import ConceptTrainer

NON_REENTRANT = {"use_reentrant": False}


def train(
    model,
    tokenizer,
    examples: Sequence[dict],
    config: TrainConfig | None = None,
    callbacks: Sequence[TrainerCallback] = (),
    about: Mapping[str, str] | None = None,
) -> TrainResult:
    """Train on examples from `build_example`; with an `output_dir` that holds checkpoints, go on from the last whole.

    A folder holds one run: settings, examples, base model, quantisation and the number of processes belong to it. A
    finished run called again returns itself: the weights, the log and the time that it took. In the folder TensorBoard
    finds its events in `tensorboard/`, and `README.md`, the model card, says what was done, with what `about` tells of
    the data and the arm (`card.about_pairs`); scores that come later go there by `card.add_scores`.
    Of several processes (torchrun, accelerate launch) each calls this with the same examples.

    A model in 4 bits gets LoRA on top (QLoRA); a PeftModel goes on with the adapter it has. The model stays in the
    hands of the caller: it is changed in place. Ctrl-C ends the run after the current step, with a checkpoint.

    Warns of a checkpoint that is damaged, and goes on from the one before.
    Raises: ValueError without examples, when `output_dir` holds another run (the difference is named) or notes that
    cannot be read, or for several GPUs in one process, a model in 4 bits without LoRA, or one that an earlier run put
    an adapter into; OSError with ENOSPC when the disk is full; KeyboardInterrupt after Ctrl-C.
    """
    config = config or TrainConfig()
    if not examples:
        raise ValueError("there are no examples to train on")
    if config.output_dir is None:
        print("no output_dir: nothing of this run will be kept", flush=True)
    started = time.perf_counter()
    torch.manual_seed(config.seed)  # the adapter's first weights
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(config.output_dir or scratch)
        run = _identity(model, tokenizer, examples, config) if config.output_dir else {}
        base = base_of(model)  # before anything is trained
        trainer = _trainer(model, tokenizer, examples, config, folder)
        if config.output_dir:
            trainer.accelerator.wait_for_everyone()  # nobody writes while one still looks
            claim(folder / "train_config.json", run)
            if done := finished(folder):
                trainer._load_from_checkpoint(str(folder / "adapter"))
                return TrainResult(trainer.model.eval(), done["log"], _adapter(trainer, folder), done["seconds"])
        interrupt = Interruptible()
        with telling_of_no_room(folder):
            _run(trainer, config, interrupt, callbacks, last_checkpoint(folder))
            if interrupt.asked:
                then = (
                    "load the model and run again to go on from there"
                    if config.output_dir
                    else "nothing is kept without an output_dir"
                )
                raise KeyboardInterrupt(f"stopped after step {trainer.state.global_step}: {then}")
            seconds = time.perf_counter() - started
            log = [row for row in trainer.state.log_history if "nll" in row]
            if config.output_dir:
                card = model_card(base["base"], config, examples, log, seconds, about)
                _keep(trainer, folder, card, base, log, seconds)
    return TrainResult(trainer.model, log, _adapter(trainer, folder) if config.output_dir else None, seconds)


def _identity(model, tokenizer, examples, config: TrainConfig) -> dict:
    """What makes a run the run that it is: its settings, its examples and what it begins with."""
    settings = {name: value for name, value in asdict(config).items() if name != "output_dir"}
    return settings | {
        "examples": fingerprint(examples),
        "base model": base_name(model),
        "weights": weights_fingerprint(model),
        "four_bit": bool(getattr(model, "is_loaded_in_4bit", False)),
        "pad_token_id": tokenizer.pad_token_id,
        "processes": process_count(),
    }


def _run(trainer, config: TrainConfig, interrupt: Interruptible, callbacks, checkpoint: Path | None) -> None:
    """The steps that are still to do after a checkpoint; of the last one its weights and log are taken."""
    if checkpoint:
        state = TrainerState.load_from_json(str(checkpoint / "trainer_state.json"))
        if state.global_step >= state.max_steps:
            trainer._load_from_checkpoint(str(checkpoint))
            trainer.state = state
            trainer.model.eval()
            return
    attention = SDPA_MASS if config.implementation == "fused" else "eager"
    with interrupt, attention_implementation(trainer.model, attention):
        for callback in (interrupt, *callbacks):
            trainer.add_callback(callback)
        try:
            trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
        finally:
            trainer.model.eval()  # no backward pass comes any more, so that the model's own attention can come back


def _adapter(trainer, folder: Path) -> Path:
    """Where the trained weights lie: peft puts an adapter that has a name into a folder of that name."""
    name = getattr(trainer.model, "active_adapter", "default")
    return folder / "adapter" / ("" if callable(name) or name == "default" else name)


def _keep(trainer, folder: Path, card: str, base: dict, log: list[dict], seconds: float) -> None:
    trainer.save_model(folder / "adapter")
    if trainer.is_world_process_zero():
        if is_adapter(adapter := _adapter(trainer, folder)):  # and not the whole model
            write_whole(adapter / BASE, json.dumps(base) + "\n")
        for place in (folder / "adapter", folder):
            write_whole(place / "README.md", card)
        write_whole(folder / LOG, json.dumps({"log": log, "seconds": seconds}))
    trainer.accelerator.wait_for_everyone()


def _in_16_bits(model) -> bool:
    """Whether some weights are: next to trained ones in 32 bits they need autocast, on any device."""
    return any(parameter.dtype in (torch.float16, torch.bfloat16) for parameter in model.parameters())


def _trainer(model, tokenizer, examples, config: TrainConfig, folder: Path) -> ConceptTrainer:
    device = model.device
    checkpointing = {"gradient_checkpointing": True, "gradient_checkpointing_kwargs": NON_REENTRANT}
    checkpointing = checkpointing if config.gradient_checkpointing else {}
    arguments = TrainingArguments(
        output_dir=str(folder),
        max_steps=config.steps or -1,
        num_train_epochs=config.epochs,
        learning_rate=config.lr,
        optim=config.optimizer,
        per_device_train_batch_size=config.batch_size,
        gradient_accumulation_steps=config.gradient_accumulation,
        warmup_steps=config.warmup_steps,
        weight_decay=config.weight_decay,
        max_grad_norm=config.max_grad_norm,
        seed=config.seed,
        save_strategy="steps" if config.output_dir else "no",
        save_steps=config.save_steps,
        logging_steps=config.logging_steps,
        logging_nan_inf_filter=False,  # a loss that is not a number shall be seen
        use_cpu=device.type == "cpu",
        remove_unused_columns=False,  # `changed` is the loss's, not the model's
        dataloader_pin_memory=device.type == "cuda",
        report_to="none",
        ddp_find_unused_parameters=False,  # it looks from the model's outputs, and the loss is not among them
        **checkpointing,
    )
    sixteen = _in_16_bits(model)  # before what trains is put into 32
    if arguments.n_gpu > 1:
        raise ValueError("several GPUs: start with torchrun or accelerate launch, or show one by CUDA_VISIBLE_DEVICES")
    trainer = ConceptTrainer(
        loss=config.loss,
        implementation=config.implementation,
        bf16=(fast_bf16(device) if config.bf16 is None else config.bf16) or sixteen,
        model=with_adapter(model, config),
        args=arguments,
        train_dataset=list(examples),
        data_collator=partial(collate, pad_token_id=tokenizer.pad_token_id),
        processing_class=tokenizer,
    )
    if DEFAULT_PROGRESS_CALLBACK is not ProgressCallback:  # in a notebook: a table with the sum of the terms alone
        trainer.remove_callback(DEFAULT_PROGRESS_CALLBACK)
        trainer.add_callback(_Bar)
    if config.output_dir and trainer.is_world_process_zero():
        load("tensorboard")  # slow, and only a run that is kept needs it
        from torch.utils.tensorboard import SummaryWriter

        trainer.add_callback(TensorBoardCallback(SummaryWriter(folder / "tensorboard")))
    return trainer


class _Bar(ProgressCallback):
    """The bar alone; what is logged has places of its own (`TrainResult.log`, `live`, TensorBoard)."""

    def on_log(self, *args, **kwargs):
        pass
