"""One run, from the base model to its row: tuned, scored by verdicts and by likelihoods, all of it resumable.

The adapter is trained on the packed weights, as QLoRA has it. Scored is the very same model with its weights unpacked
and the adapter added to them (decoding unpacks them for every token otherwise), in the 16 bits that training multiplies
in, where the device is fast in them: half the time of 32 bits on a CPU.
"""

import json
import shutil
import time
from collections.abc import Iterable, Sequence
from contextlib import redirect_stdout
from dataclasses import asdict
from io import StringIO
from pathlib import Path
from typing import NamedTuple

from tqdm.auto import tqdm

from procure_kit.evaluation.evaluation import evaluate, evaluate_whole
from procure_kit.evaluation.likelihood import NATS, likelihoods
from procure_kit.experiments.curves.arms import MAIN, Arm, arm_named
from procure_kit.experiments.smollm2.choice import chosen
from procure_kit.experiments.smollm2.data import scored_pairs, scored_problems, training_examples
from procure_kit.experiments.smollm2.recipe import Recipe
from procure_kit.experiments.smollm2.reports import report_of
from procure_kit.problems.rows import append_row, read_rows, replace_rows
from procure_kit.training.card import add_scores
from procure_kit.training.config import TrainConfig, fast_bf16
from procure_kit.training.folder import claim
from procure_kit.training.loss.loss import LossConfig
from procure_kit.training.models import load_model
from procure_kit.training.training import train

BATCH = 16  # pairs, or problems, that are scored together
UNTUNED = "untuned"
TERMS = ("step", "nll", "mask", "attention", "mean_mass")


class Rows(NamedTuple):
    """Where the counterfactuals lie that a run may be trained on, and where it is noted which of them it is."""

    files: Sequence[Path]
    note: Path


def trainable(name: str) -> Arm | None:
    """An arm of the curves' by its name; None: untuned. Raises: ValueError for one unknown, or not to be had here."""
    if name == UNTUNED:
        return None
    try:
        arm = arm_named(name)
    except ValueError:
        known = ", ".join((UNTUNED, *(name for name, arm in MAIN.items() if not _needs_own_loop(arm))))
        behind = "`λ NUMBER`, `without CONCEPT` or `procure`"
        raise ValueError(f"no arm {name!r}: use {known}; the tuned ones also with {behind} behind") from None
    if _needs_own_loop(arm):
        raise ValueError(f"arm {name!r} needs the loop of experiments/curves: here the Trainer runs the kit's own loss")
    return arm


def _needs_own_loop(arm: Arm) -> bool:
    return bool(arm.kl or arm.preference or arm.fades)


def run_all(
    out: Path,
    names: Iterable[str],
    seeds: Iterable[int],
    recipe: Recipe,
    files: Sequence[Path],
    device: str,
    work: Path,
) -> None:
    """Append each run that `out` lacks, the untuned model's first, then seed by seed, so that a stopped run has whole
    comparisons. What the seeds train on is noted beside `out`, in a file that ends in _rows.jsonl.

    Raises: ValueError when `out`, or what `work` has of a run, is of another recipe or other rows.
    """
    for path in files:
        path.stat()  # before anything long: whether it is there
    kept = list(read_rows(out, required=("arm",))) if out.exists() else []
    note = out.with_name(f"{out.stem}_rows.jsonl")
    asked = json.loads(json.dumps(asdict(recipe)))
    for row in kept:
        if row["recipe"] != asked:
            raise ValueError(f"{out} holds runs with other recipe: {row['recipe']}, not {asked}; name a new file")
    noted = {line["digest"] for line in read_rows(note, required=("digest",))} if note.exists() else set()
    if other := [row for row in kept if row["rows"] and row["rows"] not in noted]:
        run = f"{other[0]['arm']}, seed {other[0]['seed']}"
        raise ValueError(f"{out} holds a run ({run}) with other rows than {note} names; name a new file")
    done = {(row["arm"], row["seed"]) for row in kept}
    wanted = [(name, 0 if name == UNTUNED else seed) for seed in seeds for name in names]
    wanted.sort(key=lambda run: run[0] != UNTUNED)
    for name, seed in tqdm([run for run in dict.fromkeys(wanted) if run not in done], desc="runs"):
        folder = work / f"{name.replace(' ', '_')}-{seed}"
        claim(folder / "run.json", {"recipe": asked})
        found = run_one(name, seed, recipe, Rows(files, note), device, folder)
        append_row(out, {"arm": name, "seed": seed, "recipe": asked, **found})
        for checkpoint in (folder / "training").glob("checkpoint-*"):  # the adapter stays
            shutil.rmtree(checkpoint)


def run_one(name: str, seed: int, recipe: Recipe, rows: Rows, device: str, folder: Path) -> dict:
    """What was trained, the greedy verdicts ("10": the original passes), and the likelihoods. What `folder` holds of an
    earlier try is gone on from."""
    arm, started = trainable(name), time.perf_counter()
    notes = {"rows": "", "tokens": 0, "response_tokens": 0, "concepts": {}, "log": [], "seconds": {"training": 0}}
    adapter = None
    if arm:
        adapter, notes = tuned(name, arm, seed, recipe, rows, device, folder / "training")
        started = time.perf_counter()
    model, tokenizer = unpacked(recipe, device, adapter)
    scores = {"verdicts": {}, "likelihoods": {}}
    for dataset in recipe.scored:
        for kind, found in scored(model, tokenizer, dataset, recipe, folder).items():
            scores[kind] |= found
    if adapter:
        add_scores(folder / "training", card_scores(scores["verdicts"]))
    notes["seconds"]["scoring"] = round(time.perf_counter() - started)  # of this try
    return notes | {"device": device_name(model), "dtype": str(model.dtype).removeprefix("torch.")} | scores


def tuned(name: str, arm: Arm, seed: int, recipe: Recipe, rows: Rows, device: str, folder: Path) -> tuple[Path, dict]:
    """Where the trained adapter lies, and what the training says of itself."""
    model, tokenizer = load_model(recipe.model, four_bit=recipe.four_bit, device=device)
    pairs, digest = chosen(tokenizer, arm, recipe, rows.files, seed, rows.note)
    examples, concepts = training_examples(tokenizer, arm, recipe, pairs, seed)
    loss = LossConfig(lam=arm.lam, w_mask=arm.w_mask, w_att=arm.w_att, layers=arm.layers, form=arm.form)
    config = TrainConfig(
        steps=recipe.steps,
        batch_size=recipe.batch_size,
        gradient_accumulation=2,
        lr=recipe.lr,
        lora_r=recipe.lora_r,
        loss=loss,
        seed=seed,
        output_dir=folder,
        save_steps=25,
        logging_steps=max(recipe.steps // 25, 1),
    )
    told = ", ".join(f"{concept} {count:,}" for concept, count in concepts.items())
    about = {"set": " and ".join(recipe.trained), "arm": name}
    about["counterfactuals"] = "none: other programs in their place" if arm.rows == "originals" else told
    with redirect_stdout(StringIO()):  # the Trainer prints each row of its log
        result = train(model, tokenizer, examples, config, about=about)
    notes = {
        "rows": digest,
        "tokens": sum(len(example["input_ids"]) for example in examples),
        "response_tokens": sum(sum(label != -100 for label in e["labels"]) for e in examples),
        "concepts": concepts,
        "log": [{name: round(row[name], 4) for name in TERMS} for row in result.log],
        "seconds": {"training": round(result.seconds)},
    }
    return result.adapter, notes


def card_scores(verdicts: dict[str, str]) -> dict:
    """For the adapter's card: of each set the pairs from the cut points, and the whole functions."""
    found = {}
    for name in sorted({key.split("/")[0] for key in verdicts}):
        for kind, whole in (("pairs", False), ("whole functions", True)):
            report = report_of({"verdicts": verdicts}, f"{name}/", whole)
            found[f"{name}, {len(report.rows)} {kind}, greedy"] = report.scores()
    return found


def unpacked(recipe: Recipe, device: str, adapter: Path | None):
    """The model that was trained on, in whole weights of the same values, with the adapter's share added."""
    import torch
    from peft import PeftModel

    model, tokenizer = load_model(recipe.model, four_bit=recipe.four_bit, device=device)
    if recipe.four_bit:
        model = model.dequantize()
    if adapter:
        model = PeftModel.from_pretrained(model, adapter).merge_and_unload()
    if fast_bf16(model.device):
        model = model.to(torch.bfloat16)
    return model.eval(), tokenizer


def scored(model, tokenizer, dataset: str, recipe: Recipe, folder: Path) -> dict[str, dict]:
    """The verdicts and likelihoods of one set's pairs, by task and concept."""
    pairs, settings = scored_pairs(dataset, recipe), {"batch_size": BATCH}
    limits = [{"max_new_tokens": recipe.max_new_tokens}, {"max_new_tokens": recipe.whole_new_tokens}]
    records = [{"record": folder / f"{dataset}_{kind}.jsonl"} for kind in ("pairs", "whole")]
    cut = evaluate(model, tokenizer, pairs, (1,), 1, **settings, **limits[0], **records[0])
    problems = scored_problems(dataset, recipe)
    whole = evaluate_whole(model, tokenizer, problems, (1,), 1, **settings, **limits[1], **records[1])
    kept = folder / f"{dataset}_likelihoods.jsonl"
    if not kept.exists():
        replace_rows(kept, likelihoods(model, tokenizer, pairs, **settings))
    verdicts = {
        _key(row): "".join(str(int(row[side][0])) for side in ("original", "counterfactual") if side in row)
        for row in (*cut.rows, *whole.rows)
    }
    measured = {_key(row): {name: row[name] and round(row[name], 4) for name in NATS} for row in read_rows(kept)}
    return {"verdicts": verdicts, "likelihoods": measured}


def _key(row: dict) -> str:
    return f"{row['task_id']} {row['concept']}"


def device_name(model) -> str:
    import torch

    return torch.cuda.get_device_name(model.device) if model.device.type == "cuda" else "cpu"
