"""Run programs before and after on the same inputs: every accepted site of every concept, in both modes.

    python -m tests.benchmarks.behaviour humaneval cruxeval codeio [--limit N] [--workers 2] [--out FILE]

HumanEval and CRUXEval: the arguments that the tests call with, and variations of them drawn with the seed. CodeI/O
(3,002 programs of the package reasoning-gym): its own input generators with the seed. Compared are the result or the
type of the exception, what was printed, and what became of the arguments. A site that claims to hold for any input
("syntactic") must change nothing; a change at any other site ("tested") is listed with its kind.
"""

import argparse
import ast
import contextlib
import gc
import io
import json
import os
import random
import re
import resource
import signal
import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from copy import deepcopy
from functools import partial
from inspect import signature
from pathlib import Path
from tempfile import TemporaryDirectory

from tqdm import tqdm

from procure_kit.commands.counts import NAMED
from procure_kit.concepts.perturbation import find_sites, perturb, perturb_all
from procure_kit.concepts.table import CONCEPTS, MODES
from procure_kit.problems.counterfactual import Site
from procure_kit.shipped import RESULTS
from procure_kit.validation.problem_names import iter_problems

SECONDS, BYTES = 1, 4 << 30  # a call's time, a worker's memory; inputs that take the original more are left out
TOO_MUCH = ("too long",), ("too large",)
DIFFERS = "cannot be compared: two runs of the original differ"
FIELDS = ("task", "mode", "concept", "soundness", "cause", "site")


class TooLong(BaseException):
    """The alarm of a call."""


def programs(name: str, seed: int, inputs: int) -> Iterator[tuple[str, str, str, list]]:
    """(id, source, entry point, inputs or the code that generates them)."""
    for problem in iter_problems(name, near_copies=True):
        if problem.input_generator:
            yield problem.task_id, problem.canonical_solution, problem.entry_point, problem.input_generator
            continue
        rng = random.Random(f"{seed} {problem.task_id}")
        known = arguments(problem.test)
        varied = [[vary(rng, value) for value in rng.choice(known)] for _ in range(inputs)] if known else []
        yield problem.task_id, problem.program, problem.entry_point, known[:inputs] + varied


def arguments(test: str) -> list[list]:
    """The literal arguments of each call of `candidate` in a test."""
    found = []
    for node in ast.walk(ast.parse(test)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "candidate":
            with contextlib.suppress(ValueError):  # an argument that is worked out
                found.append([ast.literal_eval(argument) for argument in node.args])
    return found


def vary(rng: random.Random, value):
    """Another value of the same type: larger, smaller, shorter, in another order."""
    match value:
        case bool():
            return rng.random() < 0.5
        case int():
            return value + rng.choice([-3, -1, 0, 1, 2, 7])
        case float():
            return value * rng.choice([-1, 0, 0.5, 1, 3])
        case str():
            letters = list(value + rng.choice(["", "a", "Z ", "0", "é"]))
            return "".join(rng.sample(letters, rng.randint(0, len(letters))))
        case list() | tuple():
            items = [vary(rng, item) for item in value]
            return type(value)(rng.sample(items, rng.randint(0, len(items))))
        case dict():
            return {key: vary(rng, item) for key, item in value.items() if rng.random() < 0.9}
    return value


def compare(seed: int, inputs: int, program: tuple) -> list[tuple]:
    """One row (task, mode, concept, soundness, verdict, label) for each rewrite; "all" is every sound site at once."""
    task, source, entry, given = program
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGALRM, _alarm)
    try:
        values = given if isinstance(given, list) else generated(given, source, entry, seed, inputs)
        first = zip(values, behaviour(source, entry, values, SECONDS), strict=True)
        values = [value for value, found in first if found not in TOO_MUCH]
        expected = behaviour(source, entry, values)
    except BaseException as error:
        return [(task, "", "", "", f"cannot be run: {type(error).__name__}", "")]
    if behaviour(source, entry, values) != expected:
        return [(task, "", "", "", DIFFERS, "")]
    rows = []
    for mode in MODES:
        for concept in CONCEPTS:
            for site in find_sites(source, concept, mode):
                if site.refused is None:
                    cf = perturb(source, concept, seed, mode, site)
                    verdict = judge(expected, cf.counterfactual, entry, values)
                    if verdict != "same":
                        verdict += why(source, site)
                    rows.append((task, mode, concept, site.soundness, verdict, f"site {site.index}: {site.label[:60]}"))
        made = perturb_all(source, None, seed, mode, "syntactic")
        if made.sites:
            rows.append((task, mode, "all", "syntactic", judge(expected, made.counterfactual, entry, values), ""))
    changed = any(row[4] != "same" for row in rows)
    if changed and any(behaviour(source, entry, values) != expected for _ in range(5)):
        return [(task, "", "", "", DIFFERS, "")]  # by luck the first two runs agreed
    return rows


def why(source: str, site: Site) -> str:
    """What the strict definition has against a swap that the looser one makes."""
    if site.concept != "independent_swap":
        return ""
    strict = {other.span: other.refused for other in find_sites(source, site.concept)}
    return "; " + (strict.get(site.span, "other statements stand between the two") or "only tests can tell")


def generated(code: str, source: str, entry: str, seed: int, count: int) -> list[list]:
    """Arguments by position, from a generator that gives them by name."""
    scope: dict = {"Random": random.Random}
    exec("import random, math, string\nimport numpy as np\nfrom random import Random\n" + code, scope)
    rng = random.Random(seed)
    named = [scope["generate_inputs"](rng) for _ in range(count)]
    scope = {"__name__": "program"}
    exec(compile(source, "program", "exec"), scope)
    order = list(signature(scope[entry]).parameters)
    return [[values[name] for name in order if name in values] for values in named]


def behaviour(source: str, entry: str, inputs: list, seconds: float = 10 * SECONDS) -> list[tuple]:
    scope: dict = {"__name__": "program"}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(source, "program", "exec"), scope)
    results = []
    for values in inputs:
        result = _call(scope[entry], deepcopy(values), seconds)
        if result == ("too large",):  # perhaps for what earlier calls left behind
            gc.collect()
            result = _call(scope[entry], deepcopy(values), seconds)
        results.append(result)
    return results


def _call(function, values: list, seconds: float) -> tuple:
    random.seed(0)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(0)
    printed = io.StringIO()
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        with contextlib.redirect_stdout(printed):
            result = _said(function(*values))
    except TooLong:
        return ("too long",)
    except MemoryError:
        return ("too large",)
    except (Exception, SystemExit) as error:
        result = type(error).__name__
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return result, printed.getvalue(), _said(values)


def _said(value) -> str:
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))


def _alarm(*_):
    raise TooLong


def judge(expected: list[tuple], text: str, entry: str, inputs: list) -> str:
    """ "same", or what differs first."""
    try:
        found = behaviour(text, entry, inputs)
    except BaseException as error:
        return f"loading raises {type(error).__name__}"
    for before, after in zip(expected, found, strict=True):
        if before != after:
            for side in (after, before):
                if side in TOO_MUCH:
                    return f"it takes {side[0].replace('large', 'much memory')}"
            kinds = ("the result", "what it prints", "what becomes of its arguments")
            return next(kind for kind, a, b in zip(kinds, before, after, strict=True) if a != b) + " differs"
    return "same"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+", choices=("humaneval", "cruxeval", "codeio"))
    parser.add_argument("--limit", type=int, help="programs of each set; default: all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--inputs", type=int, default=6, help="inputs a program")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, default=RESULTS / "behaviour.json")
    args = parser.parse_args()
    report = json.loads(args.out.read_text()) if args.out.exists() else {}
    for name in args.sets:
        chosen = list(programs(name, args.seed, args.inputs))[: args.limit]
        with TemporaryDirectory() as folder, ProcessPoolExecutor(args.workers, None, _apart, (folder,)) as pool:
            work = pool.map(partial(compare, args.seed, args.inputs), chosen, chunksize=4)
            rows = [row for rows in tqdm(work, total=len(chosen), desc=name, unit="program") for row in rows]
        report[name] = summary(name, len(chosen), rows, args)
    args.out.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
    page = "\n\n".join(table(name, part) for name, part in report.items()) + "\n"
    args.out.with_suffix(".md").write_text(page)
    print(page)


def _apart(folder: str) -> None:
    """A worker's programs write files elsewhere, have nothing to read, and do not fill the machine's memory."""
    os.chdir(folder)
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (BYTES if hard < 0 else min(BYTES, hard), hard))
    sys.stdin = open(os.devnull)  # noqa: SIM115


def summary(name: str, count: int, rows: list[tuple], args: argparse.Namespace) -> dict:
    left_out = Counter(verdict for _, mode, _, _, verdict, _ in rows if not mode)
    rows = [row for row in rows if row[1]]
    cells = Counter((mode, concept, sure, verdict == "same") for _, mode, concept, sure, verdict, _ in rows)
    keys = sorted(
        {key[:3] for key in cells}, key=lambda key: (key[0] != "strict", [*CONCEPTS, "all"].index(key[1]), key[2])
    )
    options = f"--seed {args.seed} --inputs {args.inputs}" + (f" --limit {args.limit}" if args.limit else "")
    return {
        "command": f"python -m tests.benchmarks.behaviour {name} {options}",
        "programs": count,
        "left out": dict(left_out.most_common()),
        "rewrites": [[*key, cells[*key, True] + cells[*key, False], cells[*key, False]] for key in keys],
        "causes": dict(Counter(NAMED.sub("…", row[4]) for row in rows if row[4] != "same").most_common()),
        "changed": [dict(zip(FIELDS, row, strict=True)) for row in rows if row[4] != "same"],
    }  # fmt: skip


def table(name: str, part: dict) -> str:
    left = "; ".join(f"{number} {why}" for why, number in part["left out"].items()) or "none"
    lines = [
        f"## {name}", "", f"{part['programs']} programs; left out: {left}. Made by `{part['command']}`.", "",
        "| mode | concept | soundness | rewrites | behaviour changed |", "| --- | --- | --- | ---: | ---: |",
    ]  # fmt: skip
    lines += [f"| {mode} | `{concept}` | {sure} | {n} | {bad} |" for mode, concept, sure, n, bad in part["rewrites"]]
    causes = [f"- {count} × {cause}" for cause, count in part["causes"].items()]
    changed = [
        f"- {row['task']}, {row['mode']}, `{row['concept']}`, {row['soundness']}, {row['site']}: {row['cause']}"
        for row in part["changed"]
    ]
    if not changed:
        return "\n".join([*lines, "", "Changed: none."])
    one_by_one = ["", "<details><summary>One by one</summary>", "", *changed, "", "</details>"]
    return "\n".join([*lines, "", "Changed, by cause:", "", *causes, *one_by_one])


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":  # sets of strings in one order, whoever runs it
        command = [sys.executable, "-m", "tests.benchmarks.behaviour", *sys.argv[1:]]
        os.execve(sys.executable, command, os.environ | {"PYTHONHASHSEED": "0"})
    main()
