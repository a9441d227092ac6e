"""What a card makes of the kit, in one command and without a download: `make gpu`.

    python -m tests.benchmarks.gpu                         # all of it, three hours at most
    python -m tests.benchmarks.gpu --minutes 9 --parts loss steps
    python -m tests.benchmarks.gpu --device cpu --dry      # the same script with tiny shapes, half a minute of one core

Looks at the card, then, each in a process of its own: whether the loss is exact there (`exact`); the whole way from
pairs to scores with the kit's own model (`tiny`); what the loss costs on Llama-3.1-8B's shape (`loss`); a step of QLoRA
on each preset's shape (`steps`); the arms of the experiment on SmolLM2 (`smollm2`), and, where a path or the Hub has
it, on Qwen2.5-Coder-0.5B (`qwen`). Weights are random but for those of `tiny`, SmolLM2 and Qwen. A part that fails, or
finds no room or no time, says so in the results, with the rows that it has, and the next goes on. JSON and Markdown go
to data/results/gpu/NAME.json and .md after each part, NAME is the card; of an earlier run stays what is not made anew.
"""

import argparse
import os
import signal
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

from huggingface_hub import hf_hub_download

from procure_kit.problems.rows import read_rows
from procure_kit.shipped import NEW_RESULTS
from procure_kit.training.presets import PRESETS
from tests.benchmarks.gpu_results import Results, fails, section
from tests.benchmarks.limited import DONE, STOPPED, limited
from tests.benchmarks.loss_table import FAILS

CHECKS = {"card": 120, "exact": 180, "tiny": 240}  # seconds at most; they take a fraction
COSTS = {**dict.fromkeys(PRESETS, 600), "loss": 1800}  # unhurried; with --minutes, in these proportions of what is left
EXPERIMENTS = {"smollm2": 3000, "qwen": 3000}
EXPERIMENT, CLI = "procure_kit.experiments.smollm2", "procure_kit.cli"
QWEN = "Qwen/Qwen2.5-Coder-0.5B"
LEFT_OUT = "left out"
LAST_LINES = 30  # of what a part that failed has said
ROOT = Path(__file__).parents[2]


def main(argv: list[str] | None = None) -> int:
    """0; 1 without a card, or when a part failed; 130 after Ctrl-C. What was done is written in any case."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = ["exact", "tiny", "loss", "steps", *EXPERIMENTS]
    parser.add_argument("--parts", nargs="+", choices=names, default=names, metavar="PART", help=", ".join(names))
    parser.add_argument("--minutes", type=float, help="for all together; default: what they take unhurried")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cuda")
    parser.add_argument("--dry", action="store_true", help="tiny shapes, to try the script: the figures mean nothing")
    parser.add_argument("--qwen", default=QWEN, metavar="PATH", help="a copy of it; default: the Hub's, %(default)s")
    parser.add_argument("--rows", type=Path, nargs="+", help="valid counterfactuals to tune on; default: made first")
    parser.add_argument("-o", "--out", type=Path, help="folder; default: gpu in data/results; of a dry run runs/gpu")
    args = parser.parse_args(argv)
    args.rows = [path.resolve() for path in args.rows or ()]
    if args.device == "cpu" and not args.dry:
        parser.error("on a CPU there is only --dry; tests.benchmarks.loss_cost measures what the loss costs there")
    if args.minutes is not None and not args.minutes > 0:
        parser.error(f"--minutes must be above 0, not {args.minutes:g}")
    with tempfile.TemporaryDirectory() as scratch:
        return run(args, Path(scratch))


def run(args: argparse.Namespace, scratch: Path) -> int:
    groups = in_processes(args)
    ends = time.monotonic() + 60 * (args.minutes or sum(unhurried(group) for group in groups) / 60)
    results, faults, stopped = None, 0, False
    for number, group in enumerate(groups):
        left = max(0.0, ends - time.monotonic())
        limit = min(left, unhurried(group))
        if group[0] not in CHECKS:
            limit = left * unhurried(group) / sum(map(unhurried, groups[number:]))
        if results is not None:
            print(f"{', '.join(group)}: at most {limit:.0f} s", flush=True)
        run_it = experiment if group[0] in EXPERIMENTS else measured
        parts = run_it(group, args, limit, scratch, results)
        if results is None:
            if (ending := parts["card"]["ending"]) != DONE:
                begin = "" if ending == FAILS else f"looking at the card: {ending}, "
                print(begin + parts["card"]["note"], file=sys.stderr)
                return 1
            folder = args.out or (Path("runs/gpu") if args.dry else NEW_RESULTS / "gpu")
            results = Results(folder, parts.pop("card")["rows"][0], args.dry)
        for name, part in parts.items():
            print(section(name, part) + "\n", flush=True)
        results.add(parts)
        faults += sum(map(fails, parts.values()))
        if stopped := any(part["ending"] == STOPPED for part in parts.values()):
            break
    print(f"written: {results.path} and {results.path.with_suffix('.md').name}")
    return 130 if stopped else min(faults, 1)


def in_processes(args: argparse.Namespace) -> list[list[str]]:
    """The parts by the processes that they share: none, but in a dry run, where a process costs more than its work."""
    wanted = {"card", *args.parts, *(PRESETS if "steps" in args.parts else ())}
    own, others = ([name for name in parts if name in wanted] for parts in (CHECKS | COSTS, EXPERIMENTS))
    return [*([own] if args.dry else [[name] for name in own]), *([name] for name in others)]


def unhurried(group: list[str]) -> int:
    return sum((CHECKS | COSTS | EXPERIMENTS)[name] for name in group)


def measured(names: list[str], args: argparse.Namespace, limit: float, scratch: Path, _) -> dict[str, dict]:
    """Of each part its rows, how it ended and why, and the seconds that it took; all in one process."""
    file = scratch / f"{names[0].replace('/', ' ')}.jsonl"
    command = ["tests.benchmarks.gpu_parts", *names, *place(args), "--rows", str(file)]
    whole = ended(command, limit, scratch / "log")  # the end of what has not said its own
    found = {name: whole | {"rows": [], "command": said(args, name)} for name in names}
    for row in read_rows(file, required=("part",)) if file.exists() else ():
        part = found[row.pop("part")]
        if "ending" in row:
            part |= row
        else:
            part["rows"].append(row)
    return found


def experiment(names: list[str], args, limit: float, scratch: Path, results: Results) -> dict[str, dict]:
    """The arms on a real model. Its rows and its page lie beside the results; the same command goes on from there."""
    (name,) = names
    out = results.path.with_suffix(f".{name}.jsonl").resolve()
    rows, commands = ([], []) if args.dry else (args.rows, []) if args.rows else rows_made()
    command = [EXPERIMENT, *place(args), "--out", str(out), *(["--rows", *map(str, rows)] if rows else [])]
    if args.dry:
        out.unlink(missing_ok=True)  # of an older dry run, which would go on
        command += ["--seeds", "1", "--arms", "untuned", "both"]
    if name == "qwen":
        command += ["--model", str(Path(args.qwen).resolve()) if Path(args.qwen).is_dir() else args.qwen]
    started = time.monotonic()
    part = {"ending": LEFT_OUT, "note": missing(name, args.qwen)}
    if not part["note"]:
        for each in (*commands, [*command, "--work", "runs/gpu"]):
            part = ended(each, limit - (time.monotonic() - started), scratch / "log")
            if part["ending"] != DONE:
                break
        part["note"] = "; ".join(filter(None, (part["note"], f"rows and page: {out.name}, {out.stem}.md")))
    part |= {"seconds": round(time.monotonic() - started), "rows": [], "command": said(args, name)}
    return {name: part}


def rows_made() -> tuple[list[Path], list[list[str]]]:
    """Files of counterfactuals to tune on, and the commands that make them, in a minute. Which of them are valid was
    found once, for the kit's own runs: a card trains on the same."""
    files, commands, workers = [], [], ["--workers", str(os.cpu_count())]
    folder = ROOT / "runs" / "gpu"
    folder.mkdir(parents=True, exist_ok=True)
    for dataset in ("codeio", "cruxeval"):
        files.append(folder / f"{dataset}.jsonl")
        commands.append([CLI, "perturb", dataset, "--concepts", "paper", "-o", str(files[-1]), *workers])
    return files, commands


def missing(name: str, qwen: str) -> str:
    """Why the experiment cannot be run on a model; "" where it can, as far as can be seen."""
    if not find_spec(EXPERIMENT):
        return f"{EXPERIMENT} is not available"
    if name == "smollm2" or Path(qwen).is_dir():
        return ""
    try:
        hf_hub_download(qwen, "config.json")
    except (OSError, ValueError) as error:
        return (
            f"{qwen} is no folder here, and neither in the Hub's cache nor to be had from the Hub "
            f"({type(error).__name__}): name a copy with --qwen PATH, or reach the Hub with HF_HUB_OFFLINE=0"
        )
    return ""


def ended(command: list[str], limit: float, log: Path) -> dict:
    """Run a module of the checkout for so many seconds: how it ended, why, and after how many."""
    cards = os.environ.get("CUDA_VISIBLE_DEVICES", "0").split(",")  # several in one process are refused
    settings = {"CUDA_VISIBLE_DEVICES": cards[0], "HF_HUB_DISABLE_PROGRESS_BARS": "1", "PYTHONUNBUFFERED": "1"}
    started = time.monotonic()
    try:
        ending, note = limited([sys.executable, "-m", *command], limit, log, cwd=ROOT, env=os.environ | settings)
    except KeyboardInterrupt:
        ending, note = STOPPED, "by Ctrl-C"
    told = log.read_text(errors="replace")
    if ending == FAILS and "Traceback" in told:
        print(*told.splitlines()[-LAST_LINES:], sep="\n")
    return {"ending": ending, "note": note, "seconds": round(time.monotonic() - started)}


def place(args: argparse.Namespace) -> list[str]:
    return ["--device", args.device, *(["--dry"] if args.dry else [])]


def said(args: argparse.Namespace, name: str) -> str:
    """The command that makes a part anew."""
    part = "steps" if name in PRESETS else name
    return " ".join(["python -m tests.benchmarks.gpu --parts", part, *(place(args) if args.dry else [])])


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM):  # the first is switched off in a shell's background jobs
        signal.signal(number, signal.default_int_handler)
    sys.exit(main())
