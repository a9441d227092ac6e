"""`procure train CONFIG`: a training run written down in one TOML or JSON file.

    model = "smollm2"              # what load_model takes
    rows = "pairs.jsonl"           # counterfactual rows; those with status "valid" are trained on
    problems = "humaneval"         # optional: the statements for the prompts
    [train]                        # fields of TrainConfig
    output_dir = "runs/first"
    [loss]                         # fields of LossConfig
    lam = 0.1

The other fields of the file are those of `Run`.
"""

import argparse
import json
import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path

from procure_kit.counterfactual import Counterfactual
from procure_kit.problems import load_problems
from procure_kit.rows import read_rows


@dataclass(frozen=True)
class Run:
    """A run as its file says it; `train` and `loss` hold the fields of TrainConfig and LossConfig."""

    model: str
    rows: str
    problems: str | None = None
    four_bit: bool = False
    device: str | None = None
    template: str = "plain"
    response: str = "program"
    targets: str = "all"
    originals: bool = True
    max_length: int = 1024
    train: dict = field(default_factory=dict)
    loss: dict = field(default_factory=dict)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("config", metavar="CONFIG", help="a TOML or JSON file: model, rows, [train], [loss], ...")


def run(args: argparse.Namespace) -> int:
    """Train as the file says and tell what was used and where the result lies."""
    job = read_run(args.config)
    from procure_kit.examples import build_examples  # the heavy libraries load after the file is known to be good
    from procure_kit.loss import LossConfig
    from procure_kit.models import load_model
    from procure_kit.training import TrainConfig, train

    loss = checked(LossConfig, job.loss, f"{args.config} [loss]")
    config = checked(TrainConfig, job.train | {"loss": loss}, f"{args.config} [train]")
    pairs = training_pairs(job)
    model, tokenizer = load_model(job.model, four_bit=job.four_bit, device=job.device)
    examples, counts = build_examples(
        tokenizer,
        pairs,
        originals=job.originals,
        template=job.template,
        response=job.response,
        targets=job.targets,
        max_length=job.max_length,
    )
    print(", ".join(f"{name} {count}" for name, count in counts.items()))
    result = train(model, tokenizer, examples, config)
    print(
        f"{result.seconds:.0f} s; " + (f"adapter in {result.adapter}" if result.adapter else "no output_dir: not kept")
    )
    return 0


def read_run(path: str | Path) -> Run:
    """Read and check a run's file. Raises: ValueError naming the file and the field that is wrong."""
    text = Path(path).read_text(encoding="utf-8")
    try:
        values = json.loads(text) if str(path).endswith(".json") else tomllib.loads(text)
    except ValueError as error:
        raise ValueError(f"{path} cannot be read: {error}") from error
    if missing := [name for name in ("model", "rows") if name not in values]:
        raise ValueError(f"{path}: field {missing[0]!r} is missing")
    return checked(Run, values, path)


def checked(kind: type, values: dict, where: str | Path):
    """kind(**values). Raises: ValueError for a field that `kind` lacks, naming those it has."""
    known = [f.name for f in fields(kind)]
    if unknown := [name for name in values if name not in known]:
        raise ValueError(f"{where}: no field {unknown[0]!r}; known: {', '.join(known)}")
    return kind(**values)


def training_pairs(job: Run) -> list[tuple]:
    """The valid counterfactuals, each with its problem or None. Raises: ValueError when there is none."""
    problems = {p.task_id: p for p in load_problems(job.problems)} if job.problems else {}
    rows = list(read_rows(job.rows, required=("task_id", "concept", "original", "counterfactual")))
    valid = [row for row in rows if row.get("status") == "valid"]
    if not valid:
        raise ValueError(f'{job.rows}: none of the {len(rows)} rows has status "valid": run `procure validate` first')
    print(f"{len(valid)} of {len(rows)} rows are valid")
    return [(Counterfactual.from_row(row), problems.get(row["task_id"])) for row in valid]
