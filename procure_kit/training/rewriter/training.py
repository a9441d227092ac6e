"""LoRA on SmolLM2, to answer questions of generation/llm/edits.py; the loss is on the answer alone.

One process, one thread, float32: what a step costs are the frozen weights' products, so a question is short, the head
sees the answer's tokens alone, and the lowest layers, which have no adapter, need no backward pass.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

import torch
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict, set_peft_model_state_dict
from torch.nn.functional import cross_entropy
from tqdm import tqdm
from transformers import AutoModelForCausalLM, AutoTokenizer

from procure_kit.training.smollm2 import smollm2_folder

STOP = "<|im_end|>"  # a token that the model has
LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
WINDOW = 16  # batches among which rows of like length are put together


@dataclass(frozen=True)
class Plan:
    """The rate rises for `warmup` steps, stays, and falls to zero in the last `falling` share: a run that is stopped
    before may go on with other `steps`."""

    steps: int = 320
    batch_size: int = 4  # rows a step
    lr: float = 1e-3
    rank: int = 16
    first_layer: int = 8  # of 30: those below have no adapter
    longest: int = 200  # tokens of question and answer
    warmup: int = 20
    falling: float = 0.4
    seed: int = 0

    def rate(self, step: int) -> float:
        """The learning rate of a step, from 0."""
        left = (self.steps - step) / max(1.0, self.falling * self.steps)
        return self.lr * min(1.0, (step + 1) / self.warmup, left)


def encode(rows: Sequence[dict], tokenizer, longest: int) -> list[tuple[list[int], int]]:
    """Token ids of question, answer and stop mark, and how many of them are the question's, of rows not too long."""
    stop = tokenizer.convert_tokens_to_ids(STOP)
    examples = []
    for row in rows:
        asked, answered = (tokenizer(row[name], add_special_tokens=False).input_ids for name in ("question", "answer"))
        if len(asked) + len(answered) < longest:
            examples.append(([*asked, *answered, stop], len(asked)))
    return examples


def batches(examples: Sequence[tuple[list[int], int]], plan: Plan) -> list[list[int]]:
    """For each step the numbers of its examples: by epochs, those of like length together."""
    rng, size, made = Random(plan.seed), plan.batch_size, []
    while len(made) < plan.steps:
        order = rng.sample(range(len(examples)), len(examples))
        for start in range(0, len(order) - size + 1, size * WINDOW):
            window = sorted(order[start : start + size * WINDOW], key=lambda number: len(examples[number][0]))
            some = [window[at : at + size] for at in range(0, len(window) - size + 1, size)]
            made += rng.sample(some, len(some))
    return made[: plan.steps]


def answer_loss(model, batch: Sequence[tuple[list[int], int]]) -> torch.Tensor:
    """Mean cross-entropy (nats) of the answers' tokens. The head is asked for these alone."""
    width = max(len(ids) for ids, _ in batch)
    ids = torch.tensor([ids + [0] * (width - len(ids)) for ids, _ in batch])  # (B, T), padded at the right
    place = torch.arange(width)
    asked, whole = (torch.tensor(counts)[:, None] for counts in zip(*((n, len(ids)) for ids, n in batch), strict=True))
    inner = model.get_base_model()
    hidden = inner.model(input_ids=ids, attention_mask=(place < whole).long(), use_cache=False).last_hidden_state
    before = (place >= asked - 1) & (place < whole - 1)  # (B, T): what predicts a token of the answer
    return cross_entropy(inner.lm_head(hidden[before]), ids[:, 1:][before[:, :-1]])


def fresh_model(plan: Plan):
    """SmolLM2 in float32 with a new adapter on the layers from `first_layer` on."""
    torch.manual_seed(plan.seed)
    model = AutoModelForCausalLM.from_pretrained(smollm2_folder(), dtype=torch.float32)
    layers = list(range(plan.first_layer, model.config.num_hidden_layers))
    lora = LoraConfig(
        r=plan.rank,
        lora_alpha=2 * plan.rank,
        target_modules=LINEAR,
        layers_to_transform=layers,
        task_type="CAUSAL_LM",
    )
    return get_peft_model(model, lora)


def train(rows: Sequence[dict], plan: Plan, out: Path, every: int = 10, minutes: float | None = None):
    """Train, or go on from the checkpoint in `out`. Returns the model and the log: of each step its number, loss, rate,
    tokens and seconds. `minutes` may end it before all steps are made.

    Raises: ValueError for a checkpoint of another plan, but for the steps.
    """
    examples = encode(rows, AutoTokenizer.from_pretrained(smollm2_folder()), plan.longest)
    model, file, log = fresh_model(plan), out / "checkpoint.pt", []
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=plan.lr, weight_decay=0.0)
    if file.is_file():
        log = _resume(file, plan, model, optimizer)
    start, order = time.monotonic(), batches(examples, plan)
    with tqdm(total=plan.steps, initial=len(log), desc="rewriter", unit="step") as bar:
        for step in range(len(log), plan.steps):
            if minutes is not None and time.monotonic() - start >= 60 * minutes:
                break
            begun = time.perf_counter()
            for group in optimizer.param_groups:
                group["lr"] = plan.rate(step)
            batch = [examples[number] for number in order[step]]
            loss = answer_loss(model, batch)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(trained, 1.0)
            optimizer.step()
            optimizer.zero_grad()
            tokens, seconds = sum(len(ids) for ids, _ in batch), time.perf_counter() - begun
            row = {"step": step + 1, "loss": loss.item(), "lr": plan.rate(step)}
            log.append(row | {"tokens": tokens, "seconds": seconds})
            bar.set_postfix(loss=f"{loss.item():.3f}", tokens_a_second=f"{tokens / seconds:.0f}")
            bar.update()
            if (step + 1) % every == 0:
                _keep(file, plan, model, optimizer, log)
    if len(log) % every:
        _keep(file, plan, model, optimizer, log)
    return model.eval(), log


def _keep(file: Path, plan: Plan, model, optimizer, log: list[dict]) -> None:
    state = {"plan": asdict(plan), "adapter": get_peft_model_state_dict(model), "log": log}
    torch.save(state | {"optimizer": optimizer.state_dict()}, file.with_suffix(".part"))
    file.with_suffix(".part").replace(file)
    lines = "".join(json.dumps(row) + "\n" for row in log)
    (file.parent / "log.jsonl").write_text(lines, encoding="utf-8")


def _resume(file: Path, plan: Plan, model, optimizer) -> list[dict]:
    state = torch.load(file, weights_only=True)
    other = [name for name, value in asdict(plan).items() if name != "steps" and state["plan"][name] != value]
    if other:
        raise ValueError(f"{file} is of a run with another {', '.join(other)}: choose another --out")
    set_peft_model_state_dict(model, state["adapter"])
    optimizer.load_state_dict(state["optimizer"])
    return state["log"]
