"""Where the time of one program goes: CPU time and page faults of each of the runner's processes.

Read off Linux's /proc, over all programs, so that its ticks of 10 ms do. After a fork most page faults copy a page,
and no Python object can be used without counting a reference to it. Beside it stand a bare fork, the same without a
fork, and the whole kit at each level of isolation.
"""

import os
import resource
import statistics
from collections.abc import Callable
from pathlib import Path

from procure_kit.problems import markdown
from procure_kit.problems.problem import Problem
from procure_kit.running import runner
from procure_kit.running.isolation.system import LEVELS

Work = list[tuple[Problem, str]]
Costs = dict[str, list[float]]  # milliseconds of CPU time and page faults, a program
PARTS = {
    "caller": "what calls the kit: jobs, limits, results",
    "worker": "reads the tests, runs them, and talks with the program",
    "zygote": "forks a process for each program, and kills what is left of it",
    "candidate": "gives up its rights, loads the program, answers calls",
}


def used(pid: int | str) -> tuple[list[float], list[float]]:
    """[seconds of CPU time, page faults] of a process, and of its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    faults, of_children, *times = map(int, (fields[7], fields[8], *fields[11:15]))
    tick = os.sysconf("SC_CLK_TCK")
    return [sum(times[:2]) / tick, faults], [sum(times[2:]) / tick, of_children]


def kit(work: Work, level: str) -> Costs:
    """What each process takes. Raises: OSError where the system has no such level."""
    runner._close_idle()
    runner._reasons |= {other: "not asked for" for other in LEVELS if other != level}
    runner._reasons.pop(level, None)
    jobs = [(problem.prompt + body, problem) for problem, body in work]
    list(runner.run_many(jobs[:1], workers=1))
    (worker,) = (worker.process.pid for worker in runner._idle)
    zygote = int(Path(f"/proc/{worker}/task/{worker}/children").read_text().split()[0])

    def now() -> Costs:
        (own, forks), (forking, forked) = used(worker), used(zygote)
        worker_ = [one + other for one, other in zip(own, forks, strict=True)]  # some tests run in forks of it
        return {"caller": used("self")[0], "worker": worker_, "zygote": forking, "candidate": forked}

    return differences(now, lambda: list(runner.run_many(jobs, workers=1)), len(work))


def differences(now: Callable, do: Callable, count: int) -> Costs:
    """What `do` adds to each of the numbers of `now`, in milliseconds and page faults a program."""
    before = now()
    do()
    after = now()
    cost = {name: [new - old for new, old in zip(after[name], before[name], strict=True)] for name in before}
    return {name: [round(1000 * seconds / count, 2), round(faults / count)] for name, (seconds, faults) in cost.items()}


def peers(work: Work, bare_fork: Callable) -> Costs:
    """The same for a bare fork, and for programs and tests that are executed in this process."""

    def now() -> Costs:
        found = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        numbers = [[usage.ru_utime + usage.ru_stime, usage.ru_minflt] for usage in found]
        return {"bare fork": [sum(pair) for pair in zip(*numbers, strict=True)]}

    def execute() -> None:
        for problem, body in work:
            exec(f"{problem.prompt}{body}\n{problem.test}\ncheck({problem.entry_point})", {"__name__": "program"})

    forked = differences(now, lambda: bare_fork(work, 1), len(work))
    return forked | {"no fork": differences(now, execute, len(work))["bare fork"]}


def parts(work: Work, bare_fork: Callable) -> dict[str, Costs]:
    """{"peers", "levels"}: the costs of each peer, and of the whole kit at each level; "kit": of its processes at the
    strongest level of this system."""
    found: dict[str, Costs] = {"peers": peers(work, bare_fork), "levels": {}}
    for level in LEVELS:
        try:
            by_process = kit(work, level)
        except OSError:
            continue
        found.setdefault("kit", by_process)
        found["levels"][level] = [round(sum(cost), 2) for cost in zip(*by_process.values(), strict=True)]
    return found


def medians(rounds: list[dict[str, Costs]]) -> dict[str, Costs]:
    """The median of each number."""

    def median(kind: str, name: str) -> list[float]:
        milliseconds, faults = zip(*(one[kind][name] for one in rounds), strict=True)
        return [round(statistics.median(milliseconds), 2), round(statistics.median(faults))]

    return {kind: {name: median(kind, name) for name in costs} for kind, costs in rounds[0].items()}


def table(found: dict[str, Costs]) -> str:
    rows = [[name, *cost, PARTS[name]] for name, cost in found["kit"].items()]
    rows += [["all of the kit", *cost, f"at the level {level!r}"] for level, cost in found["levels"].items()]
    rows.append(["bare fork", *found["peers"]["bare fork"], "program and tests in one forked process"])
    rows.append(["no fork", *found["peers"]["no fork"], "program and tests one after another in one process: the work"])
    return markdown.table(
        ["process", "ms of CPU time", "page faults", "what it does"], rows, ["ms of CPU time", "page faults"]
    )
