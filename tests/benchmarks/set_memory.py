"""Peak memory of `perturb`, `validate` and `evaluate` on a made-up set of CodeContests' shape, far larger than it.

    python -m tests.benchmarks.set_memory                   # 2 GB as JSONL, then as Parquet: 40 minutes, two cores

The set: programs that read standard input, each with a hundred generated cases; one row group of Parquet holds 2,000.
`perturb` rewrites all of its programs; of the rows some, spread over the whole set, are validated, and as many problems
are scored with a right and a wrong sample each: how many makes no difference to memory, and running takes minutes.
Peak memory is the system's own count (VmHWM) of the command's process, and, looked at five times a second, of the
largest process that it started. In the same way the set is loaded as a whole, and its rows are made, judged and scored
from there: they must be the same. With one of the `--formats` alone, what was measured of the other with the same
numbers stays in the result.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from procure_kit.problems.rows import read_rows
from procure_kit.shipped import RESULTS

LIMIT = 500  # MB
CASES, POOL, GROUP = 100, 5000, 2000
MEASURED = ("seconds", "isolation")  # what differs from run to run
PROGRAM = """n = int(input())
numbers = list(map(int, input().split()))
if n < {limit}:
    print(sum(numbers))
else:
    print(max(numbers))
"""


def rows(megabytes: int) -> Iterator[dict]:
    """Rows in the Hub's fields, until their cases hold so much: each a hundred out of thousands."""
    draw = random.Random(0)
    pool = [[draw.randrange(10**6) for _ in range(190 + draw.randrange(150))] for _ in range(POOL)]
    known = [(f"{len(values)}\n{' '.join(map(str, values))}\n", sum(values), max(values)) for values in pool]
    number = size = 0
    while size < megabytes * 1e6:
        limit, drawn = 200 + number % 100, draw.sample(range(POOL), CASES)
        cases = {
            "input": [known[place][0] for place in drawn],
            "output": [f"{known[place][1 if len(pool[place]) < limit else 2]}\n" for place in drawn],
        }
        none = {"input": [], "output": []}
        row = {"name": f"made/{number}", "description": "Print the sum, or the greatest. " * 40}
        row |= {"generated_tests": cases, "public_tests": none, "private_tests": none}
        row |= {"time_limit": {"seconds": 2, "nanos": 0}}
        row["solutions"] = {"language": [3], "solution": [PROGRAM.format(limit=limit)]}
        size += sum(map(len, cases["input"]))
        number += 1
        yield row


def write(megabytes: int, path: Path) -> int:
    """Write the set; returns the number of its problems."""
    if path.suffix == ".jsonl":
        with open(path, "w") as file:
            return sum(bool(file.write(json.dumps(row) + "\n")) for row in rows(megabytes))
    import pyarrow
    from pyarrow import parquet

    number, writer, left = 0, None, rows(megabytes)
    while group := list(islice(left, GROUP)):
        table = pyarrow.Table.from_pylist(group)
        writer = writer or parquet.ParquetWriter(path, table.schema)
        writer.write_table(table)
        number += len(group)
    writer.close()
    return number


def peak(pid: int | str) -> float:
    """The most memory that a process has held so far, in MB; 0 for one that is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1000 for line in status.splitlines() if line.startswith("VmHWM")), 0.0)


def children(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += [int(child), *children(int(child))]
    return found


def measured(code: str, *words: object) -> dict:
    """Run Python code in a process of its own. Returns its seconds, and the peaks of it and of its largest child."""
    start, largest = time.perf_counter(), 0.0
    code += "\nprint('PEAK', open('/proc/self/status').read().split('VmHWM:')[1].split()[0], flush=True)"
    run = [sys.executable, "-c", code, *map(str, words)]
    with (
        open(os.devnull, "w") as devnull,
        subprocess.Popen(run, stdout=subprocess.PIPE, stderr=devnull, text=True) as process,
    ):
        while process.poll() is None:
            largest = max([largest, *map(peak, _still(process.pid))])
            time.sleep(0.2)
        said = process.stdout.read()
    if process.returncode:
        raise RuntimeError(f"{words}: exit code {process.returncode}: {said[-500:]}")
    own = int(said.split("PEAK ")[1]) / 1000
    return {"seconds": round(time.perf_counter() - start, 1), "MB": round(own), "largest child, MB": round(largest)}


def _still(pid: int) -> list[int]:
    try:
        return children(pid)
    except OSError:  # it ended meanwhile
        return []


COMMAND = "import sys\nfrom procure_kit import cli\nassert cli.main(sys.argv[1:]) == 0"
IN_MEMORY = """
import json, sys
from dataclasses import asdict
import procure_kit as pk
from procure_kit.problems.rows import read_rows
problem_set, some, samples, out = sys.argv[1:]
problems = pk.load_problems(problem_set)
tests = {problem.task_id: problem for problem in problems}
pairs = [(pk.Counterfactual(**row), tests[row["task_id"]]) for row in read_rows(some)]
with open(out, "w") as file:
    for cf in pk.generate(problems, ["if_else_flip"]):
        file.write(json.dumps(["perturb", cf.to_row()]) + "\\n")
    for (cf, _), verdict in zip(pairs, pk.validate_all(pairs), strict=True):
        file.write(json.dumps(["validate", cf.to_row() | asdict(verdict)]) + "\\n")
    for row in pk.score_samples(samples, problems, (1,)).rows:
        file.write(json.dumps(["evaluate", row]) + "\\n")
"""


def compare(path: Path, megabytes: int, chosen: int) -> dict:
    """All three commands on a set at `path`, which is made and removed, and the same in memory."""
    problems = write(megabytes, path)
    found = {"set": path.suffix[1:], "problems": problems, "MB on disk": round(path.stat().st_size / 1e6)}
    try:
        made, some, judged, samples, record, whole = (
            path.with_name(f"{name}.jsonl") for name in ("made", "some", "judged", "samples", "record", "whole")
        )
        found["perturb"] = measured(COMMAND, "perturb", path, "-o", made, "--concepts", "if_else_flip")
        step = max(1, problems // chosen)
        with open(some, "w") as file, open(samples, "w") as sampled:
            for row in list(read_rows(made))[::step]:
                file.write(json.dumps(row) + "\n")
                for text in (row["original"].split('"""\n', 2)[2], "print(0)\n"):
                    sampled.write(json.dumps({"task_id": row["task_id"], "completion": text}) + "\n")
        found["validate"] = measured(COMMAND, "validate", some, "--problems", path, "-o", judged)
        scored = ("--samples-file", samples, "--problems", path, "--k", "1", "-o", record)
        found["evaluate"] = measured(COMMAND, "evaluate", *scored)
        found["in memory"] = measured(IN_MEMORY, path, some, samples, whole)
        theirs: dict[str, list] = {"perturb": [], "validate": [], "evaluate": []}
        for line in whole.read_text().splitlines():
            command, row = json.loads(line)
            theirs[command].append(row)
        files = {"perturb": made, "validate": judged, "evaluate": record}
        for command, file in files.items():
            ours = [json.loads(line) for line in file.read_text().splitlines()]
            found[command]["rows"] = len(ours)
            found[command]["same rows"] = _plain(ours) == _plain(theirs[command], ours[0])
        statuses = [row["status"] for row in read_rows(judged)]
        found["valid"] = f"{statuses.count('valid')} of {len(statuses)}"
    finally:
        path.unlink()
    return found


def _plain(rows_: list[dict], like: dict | None = None) -> list[dict]:
    return [{name: row[name] for name in (like or row) if name not in MEASURED} for row in rows_]


def page(results: list[dict], command: str) -> str:
    lines = [
        f"Made by `{command}`. Peak memory in MB of the command's process, and of the largest that it started.",
        "",
    ]
    lines += ["| set | problems | MB on disk | command | seconds | peak MB | largest child | rows | as in memory |"]
    lines += ["| --- | ---: | ---: | --- | ---: | ---: | ---: | ---: | --- |"]
    for found in results:
        for name in ("perturb", "validate", "evaluate", "in memory"):
            cost, same = found[name], {True: "the same", False: "NOT the same", None: "–"}
            cells = [found["set"], found["problems"], found["MB on disk"], name, cost["seconds"], cost["MB"]]
            cells += [cost["largest child, MB"], cost.get("rows", "–"), same[cost.get("same rows")]]
            lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megabytes", type=int, default=2000)
    parser.add_argument("--chosen", type=int, default=60, help="problems that are run")
    parser.add_argument("--formats", nargs="+", default=["jsonl", "parquet"])
    parser.add_argument("--out", type=Path, default=RESULTS / "set_memory.json")
    args = parser.parse_args()
    options = f"--megabytes {args.megabytes} --chosen {args.chosen}"
    for name in args.formats:
        with tempfile.TemporaryDirectory(prefix="procure-") as folder:
            if shutil.disk_usage(folder).free < 3e6 * args.megabytes:
                raise SystemExit(f"{folder}: not enough room for a set of {args.megabytes} MB")
            found = compare(Path(folder) / f"set.{name}", args.megabytes, args.chosen)
        results = sorted([*kept(args.out, options, name), found], key=lambda found: found["set"])
        formats = " ".join(found["set"] for found in results)
        command = f"python -m tests.benchmarks.set_memory {options} --formats {formats}"
        machine = f"{os.cpu_count()} CPU cores, no GPU"
        args.out.write_text(json.dumps({"command": command, "machine": machine, "results": results}, indent=1) + "\n")
        args.out.with_suffix(".md").write_text(page(results, command))
        print(page([found], command), flush=True)


def kept(path: Path, options: str, name: str) -> list[dict]:
    """What a file says of the other formats, where it was measured with the same options."""
    report = json.loads(path.read_text()) if path.exists() else {"command": "", "results": []}
    return [found for found in report["results"] if found["set"] != name and options in report["command"]]


if __name__ == "__main__":
    main()
