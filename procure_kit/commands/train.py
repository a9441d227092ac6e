"""`procure train CONFIG`: a training run written down in one TOML or JSON file, as EPILOG shows."""

import argparse
import hashlib
import itertools
import json
import tomllib
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path

from procure_kit.commands.parameters import parse_value
from procure_kit.problems.counterfactual import REQUIRED, VALID, Counterfactual
from procure_kit.problems.rows import BadRow, Complaints, read_rows, warn_bad_row
from procure_kit.problems.sets import SETS
from procure_kit.training.field_types import check_types
from procure_kit.training.presets import PRESETS
from procure_kit.validation.problem_names import load_problems

EPILOG = """\
The file, in TOML or JSON:

  model = "smollm2"              # "tiny", a Hub name or a path
  rows = "pairs.jsonl"           # what `procure validate` wrote; its valid rows are trained on
  problems = "humaneval"         # optional: the statements for the prompts
  [train]                        # fields of pk.TrainConfig
  output_dir = "runs/first"      # without it nothing is kept
  steps = 200
  [loss]                         # fields of pk.LossConfig
  lam = 0.1

examples:
  procure train run.toml -p loss.lam 0.5
  procure train run.toml --each ablation nll mask attention both --each loss.lam 0.05 0.1 0.5
  accelerate launch --config_file data/configs/accelerate/ddp.yaml -m procure_kit.cli train run.toml"""


CHOICES = {"response": ("program", "rest"), "targets": ("all", "uses")}


@dataclass(frozen=True)
class Run:
    """A run as its file says it; `train` and `loss` hold the fields of TrainConfig and LossConfig.

    Raises: ValueError for a wrong type, an unknown name or an impossible length.
    """

    model: str
    rows: str
    problems: str | None = None
    four_bit: bool = False
    device: str | None = None
    ablation: str = "both"  # what stays of the loss: "nll", "mask", "attention" or "both"
    template: str | None = None  # of build_example; default: the preset's, else "plain"
    response: str = "program"
    targets: str = "all"
    originals: bool = True
    max_length: int = 1024
    train: dict = field(default_factory=dict)
    loss: dict = field(default_factory=dict)

    def __post_init__(self):
        check_types(self)
        for name, known in CHOICES.items():
            if getattr(self, name) not in known:
                raise ValueError(f"{name} must be one of {', '.join(known)}, not {getattr(self, name)!r}")
        if self.template not in (None, "plain", "instruct", "chat") and "{task}" not in self.template:
            raise ValueError(f"no template {self.template!r}: use plain, instruct, chat, or a text with {{task}}")
        if self.max_length < 1:
            raise ValueError(f"max_length must be at least 1 token, not {self.max_length}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("config", metavar="CONFIG", help="a TOML or JSON file, as below")
    parser.add_argument(
        "-p", nargs=2, action="append", default=[], metavar=("KEY", "VALUE"), help="change a field: loss.lam 0.5"
    )
    parser.add_argument(
        "--each", nargs="+", action="append", default=[], metavar="KEY VALUE",
        help="one run for each value, each in a folder of its own under output_dir; several --each give every mix",
    )  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Train as the file says, once or for each mix of `--each`, and tell what was used and where the result lies.

    Returns 0, or 1 when a row could not be used. Raises: ValueError for what cannot be done at all.
    """
    if lone := [key for key, *values in args.each if not values]:
        raise ValueError(f"--each {lone[0]} needs at least one value")
    fixed = {key: parse_value(value) for key, value in args.p}
    axes = [[(key, parse_value(value)) for value in values] for key, *values in args.each]
    mixes = [dict(mix) for mix in itertools.product(*axes)]
    jobs = [read_run(args.config, fixed | mix) for mix in mixes]
    complaints = Complaints()
    settings = [_settings(job, args.config) for job in jobs]  # every mistake shows before the first run
    for mix, job, config in zip(mixes, jobs, settings, strict=True):
        if mix:
            name = ",".join(f"{key}={value}" for key, value in mix.items())
            print(name)
            if config.output_dir:
                config = replace(config, output_dir=str(Path(config.output_dir) / name))
        _train(job, config, complaints)
    return int(bool(complaints))


def _settings(job: Run, path):
    from procure_kit.training.loss.loss import (  # the heavy libraries load after the file is known to be good
        ABLATIONS,
        LossConfig,
    )
    from procure_kit.training.training import TrainConfig

    if job.ablation not in ABLATIONS:
        raise ValueError(f"{path}: no ablation {job.ablation!r}; known: {', '.join(ABLATIONS)}")
    loss = checked(LossConfig, job.loss | ABLATIONS[job.ablation], f"{path} [loss]")
    preset = {"lora_targets": PRESETS[job.model].lora_targets} if job.model in PRESETS else {}
    return checked(TrainConfig, preset | job.train | {"loss": loss}, f"{path} [train]")


def _train(job: Run, config, complaints: Complaints) -> None:
    from procure_kit.training.card import about_pairs
    from procure_kit.training.examples import build_examples
    from procure_kit.training.folder import claim
    from procure_kit.training.models import load_model
    from procure_kit.training.training import train

    pairs = training_pairs(job, complaints)
    if config.output_dir:
        claim(Path(config.output_dir) / "run.json", _identity(job))
    model, tokenizer = load_model(job.model, four_bit=job.four_bit, device=job.device)
    choices = {name: getattr(job, name) for name in ("originals", "response", "targets", "max_length")}
    template = job.template or (PRESETS[job.model].template if job.model in PRESETS else "plain")
    examples, counts = build_examples(tokenizer, pairs, template=template, **choices)
    print(", ".join(f"{name} {count}" for name, count in counts.items()))
    dataset = ", ".join(Path(name).name for name in (job.problems, job.rows) if name)
    result = train(model, tokenizer, examples, config, about=about_pairs(pairs, dataset))
    print(
        f"{result.seconds:.0f} s; " + (f"adapter in {result.adapter}" if result.adapter else "no output_dir: not kept")
    )


def _identity(job: Run) -> dict:
    """What of a run's file belongs to the run, beside what `train` compares: named before a model is loaded."""
    kept = {name: value for name, value in asdict(job).items() if name not in ("train", "loss", "device")}
    return kept | {"rows' text": hashlib.sha256(Path(job.rows).read_bytes()).hexdigest()[:16]}


def read_run(path: str | Path, changes: dict | None = None) -> Run:
    """Read and check a run's file, with `changes` to its fields ("loss.lam": 0.5) made first.

    Raises: ValueError naming the file and the field that is wrong.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")  # some editors begin a file with a mark of its encoding
        values = json.loads(text) if str(path).endswith(".json") else tomllib.loads(text)
    except ValueError as error:
        raise ValueError(f"{path} cannot be read: {error}") from error
    except RecursionError as error:
        raise ValueError(f"{path} cannot be read: it is nested too deep") from error
    if not isinstance(values, dict):
        raise ValueError(f"{path} must hold an object with the run's fields, not {type(values).__name__}")
    for key, value in (changes or {}).items():
        table, _, name = key.rpartition(".")
        inside = values.setdefault(table, {}) if table else values
        if not isinstance(inside, dict):
            raise ValueError(f"{path}: field {table!r} must be a table, for {key} to lie in it")
        inside[name] = value
    if missing := [name for name in ("model", "rows") if name not in values]:
        raise ValueError(f"{path}: field {missing[0]!r} is missing")
    return checked(Run, values, path)


def checked(kind: type, values: dict, where: str | Path):
    """kind(**values). Raises: ValueError naming the place, for a field that `kind` lacks or a value that it refuses."""
    known = [f.name for f in fields(kind)]
    if unknown := [name for name in values if name not in known]:
        raise ValueError(f"{where}: no field {unknown[0]!r}; known: {', '.join(known)}")
    try:
        return kind(**values)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error


def training_pairs(job: Run, on_bad: Callable[[BadRow], None] = warn_bad_row) -> list[tuple]:
    """The valid counterfactuals, each with its problem or None.

    Raises: ValueError when there is none, or none of a problem among the job's.
    """
    problems = {p.task_id: p for p in load_problems(job.problems, on_bad=on_bad)} if job.problems else {}
    if problems and not any(problem.has_code for problem in problems.values()):
        raise ValueError(f"{job.problems} has no reference code that rows could be made of: it is for scoring models")
    if job.rows in SETS and not Path(job.rows).exists():
        make = f"`procure perturb {job.rows} -o FILE`, then `procure validate`"
        raise ValueError(f"rows must be a file, not the problem set {job.rows!r}: {make}")
    rows = list(read_rows(job.rows, required=REQUIRED, check=Counterfactual.from_row, on_bad=on_bad))
    valid = [row for row in rows if row.get("status") in VALID]
    if not valid:
        raise ValueError(f'{job.rows}: none of the {len(rows)} rows has status "valid": run `procure validate` first')
    print(f"{len(valid)} of {len(rows)} rows are valid")
    strange = [row["task_id"] for row in valid if problems and row["task_id"] not in problems]
    if strange:
        lacks = f"{len(strange)} of {len(valid)} valid rows have no problem in {job.problems}, {strange[0]!r} the first"
        if len(strange) == len(valid):
            raise ValueError(f"{job.rows}: {lacks}: name the set that the rows are of, or none")
        print(f"{lacks}: their prompts are without a statement")
    return [(Counterfactual.from_row(row), problems.get(row["task_id"])) for row in valid]
