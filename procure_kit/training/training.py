"""Fine-tune with the concept-sensitive loss: transformers' Trainer, LoRA by PEFT, QLoRA on a model loaded in 4 bits.

    result = train(model, tokenizer, examples, TrainConfig(steps=100, output_dir="runs/first"))

Each term of the loss has its own denominator, and it runs over everything that makes up one optimizer step: however a
step's examples are cut into batches (and spread over processes), the gradient is the same.
"""

import json
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

import torch
from transformers import TrainerCallback, TrainingArguments
from transformers.integrations import TensorBoardCallback
from transformers.trainer import DEFAULT_PROGRESS_CALLBACK
from transformers.trainer_callback import ProgressCallback

from procure_kit.extras import load
from procure_kit.training.adapters import with_adapter
from procure_kit.training.card import model_card
from procure_kit.training.config import TrainConfig, TrainResult
from procure_kit.training.examples import collate
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
) -> TrainResult:
    """Train on examples from `build_example`; with an `output_dir` that holds checkpoints, go on from the last one.

    There TensorBoard finds its events in `tensorboard/`, and `README.md`, the model card, says what was done.
    Of several processes (torchrun, accelerate launch) each calls this with the same examples.

    A model in 4 bits gets LoRA on top (QLoRA); a PeftModel goes on with the adapter it has. The model stays in the
    hands of the caller: it is changed in place. Ctrl-C ends the run after the current step, with a checkpoint.

    Raises: ValueError without examples, when `output_dir` holds a run of other settings, or for several GPUs in one
    process, a model in 4 bits without LoRA, or one that an earlier run put an adapter into; KeyboardInterrupt after
    Ctrl-C.
    """
    config = config or TrainConfig()
    if not examples:
        raise ValueError("there are no examples to train on")
    started = time.perf_counter()
    torch.manual_seed(config.seed)  # the adapter's first weights
    with tempfile.TemporaryDirectory() as scratch:
        trainer = _trainer(model, tokenizer, examples, config, Path(config.output_dir or scratch))
        checkpoint = _resume(Path(config.output_dir), config, trainer) if config.output_dir else None
        attention = SDPA_MASS if config.implementation == "fused" else "eager"
        with Interruptible() as interrupt, attention_implementation(trainer.model, attention):
            for callback in (interrupt, *callbacks):
                trainer.add_callback(callback)
            trainer.train(resume_from_checkpoint=checkpoint)
            trainer.model.eval()  # no backward pass comes any more, so that the model's own attention can come back
    if interrupt.asked:
        then = (
            "load the model and run again to go on from there"
            if config.output_dir
            else "nothing is kept without an output_dir"
        )
        raise KeyboardInterrupt(f"stopped after step {trainer.state.global_step}: {then}")
    adapter, seconds = None, time.perf_counter() - started
    log = [row for row in trainer.state.log_history if "nll" in row]
    if config.output_dir:
        adapter = Path(config.output_dir) / "adapter"
        trainer.save_model(adapter)
        if trainer.is_world_process_zero():
            text = model_card(_base_name(model), config, examples, log, seconds)
            for folder in (adapter, adapter.parent):
                (folder / "README.md").write_text(text, encoding="utf-8")
    return TrainResult(trainer.model, log, adapter, seconds)


def _base_name(model) -> str:
    """What the base model is called; of a local folder the last part."""
    name = model.config.get_text_config().name_or_path
    return Path(name).name if Path(name).is_absolute() else name or type(model).__name__


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
        bf16=device.type == "cuda" and torch.cuda.is_bf16_supported(),
        use_cpu=device.type == "cpu",
        remove_unused_columns=False,  # `changed` is the loss's, not the model's
        dataloader_pin_memory=device.type == "cuda",
        report_to="none",
        ddp_find_unused_parameters=False,  # it looks from the model's outputs, and the loss is not among them
        **checkpointing,
    )
    if arguments.n_gpu > 1:
        raise ValueError("several GPUs: start with torchrun or accelerate launch, or show one by CUDA_VISIBLE_DEVICES")
    trainer = ConceptTrainer(
        loss=config.loss,
        implementation=config.implementation,
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


def _resume(folder: Path, config: TrainConfig, trainer: ConceptTrainer) -> str | None:
    """The last complete checkpoint; also writes the run's settings down, or compares them with those that are there."""
    settings = json.loads(json.dumps({k: v for k, v in asdict(config).items() if k != "output_dir"}))
    note = folder / "train_config.json"
    if note.is_file():
        before = json.loads(note.read_text())
        if other := [name for name in settings if settings[name] != before.get(name)]:
            raise ValueError(
                f"{folder} holds a run with other settings ({', '.join(other)}): choose another output_dir"
            )
    trainer.accelerator.wait_for_everyone()  # nobody reads while one writes
    if trainer.is_world_process_zero():
        folder.mkdir(parents=True, exist_ok=True)
        note.write_text(json.dumps(settings, indent=2) + "\n")
    # trainer_state.json is written last: a folder without it is what a killed run left
    complete = [path.parent for path in folder.glob("checkpoint-*/trainer_state.json")]
    return str(max(complete, key=lambda path: int(path.name.split("-")[1]))) if complete else None


class _Bar(ProgressCallback):
    """The bar alone; what is logged has places of its own (`TrainResult.log`, `live`, TensorBoard)."""

    def on_log(self, *args, **kwargs):
        pass
