"""Is a counterfactual valid? It parses, changes what its concept asks and nothing else, and passes the same tests.

The statuses, in the order in which they are looked for: `unparsable`, `no_change`, `not_this_concept`
(concept_check.py); `never_called`; `original_fails`; `tests_fail`, `timeout`, `memory`, `crashed`, `refused`,
`needs_own_process` (runner.py); `tests_too_weak` (the tests also pass for broken versions, mutants.py); `valid`.

Where a set has inputs and no author's tests (CodeI/O, CRUXEval), its original's own outputs are the test, and nobody
says that the original is right. Such a row is `valid_on_inputs`, and the detail on how many both behave alike; it
counts as valid wherever valid rows do. Where there are no outputs to compare with, the status says why
(running/reference.py): `not_installed`, `no_inputs`, `original_fails`, `no_outputs`, `nondeterministic`.

Tests that have to share a process with the program do so where both programs are known to be this kit's work, and the
detail says it: the original is the problem's own, and the rules make the counterfactual of it again (`reproduces`).
Where they were allowed to for any program, the status is `valid_in_own_process`.

A twin (`soundness="breaking"`) is asked for the opposite: it `breaks` when its tests reject it, and `does_not_break`
when they pass. What its concept asks does not count then; the other statuses are the same.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

from procure_kit.concepts.perturbation import perturb
from procure_kit.concepts.recognition.concept_check import classify
from procure_kit.problems.counterfactual import BREAKING, Counterfactual
from procure_kit.problems.problem import Problem
from procure_kit.problems.ranges import RANGES, refuse_impossible
from procure_kit.running.in_order import in_order
from procure_kit.running.isolation.system import check_system
from procure_kit.running.reference import Unsettled
from procure_kit.running.runner import (
    MEMORY_MB,
    TIMEOUT,
    TestResult,
    limits_by,
    run_original,
    run_tests,
    with_reference,
)
from procure_kit.validation.mutants import broken_versions

MUTANTS = 5
SEEN, UNSEEN = "; the tests see it: ", "; the tests do not see it"
RUNS = "another result"  # how the tests see a twin, and the other ways:
_BY_STATUS = {"timeout": "it does not end in time", "memory": "it takes more memory", "crashed": "it crashes"}
_BY_WORD = {"loading the program raised": "it does not load", "defines no": "it does not load", " raised ": "it raises"}


@dataclass(frozen=True)
class Verdict:
    """`seconds`: wall time of the counterfactual's tests, 0.0 when they did not run; `isolation`: see levels.py;
    `limit` and `cpu_limit`: the seconds of wall and CPU time that it was given, by the original's own run."""

    status: str
    detail: str
    seconds: float = 0.0
    isolation: str = ""
    limit: float = 0.0
    cpu_limit: float = 0.0


def validate(
    cf: Counterfactual,
    problem: Problem,
    *,
    timeout: float = TIMEOUT,
    memory_mb: int = MEMORY_MB,
    require: str | None = None,
    own_process: bool = False,
) -> Verdict:
    """Judge one counterfactual by its problem's tests.

    `timeout` (seconds) is the original's; the counterfactual's limits come from what the original took (`limits_by`).
    `memory_mb`, `require` and `own_process` as in `run_tests`.

    Raises: ValueError for a number that cannot be meant.
    """
    refuse_impossible(timeout=timeout, memory_mb=memory_mb)
    finding = classify(cf.original, cf.counterfactual, cf.concept)
    twin = cf.soundness == BREAKING
    if finding.status != "ok" and not (twin and finding.status == "not_this_concept"):
        return Verdict(finding.status, finding.detail)
    own, compares = cf.original == problem.program, bool(problem.input_generator)
    limits = {"memory_mb": memory_mb, "require": require}
    try:
        problem = with_reference(problem, timeout=timeout, **limits)
    except Unsettled as why:
        return Verdict(why.status, why.detail, 0.0, why.isolation)
    limits["own_process"] = own_process or own
    original = run_original(cf.original, problem, timeout=timeout, **limits)
    if original.status in ("refused", "needs_own_process", "never_called"):
        return Verdict(original.status, original.detail, 0.0, original.isolation)
    if original.status == "tests_fail" and own and compares:  # with itself, where it had agreed twice
        return Verdict("nondeterministic", original.detail, 0.0, original.isolation, timeout)
    if not original.passed:
        return Verdict("original_fails", f"{original.status}: {original.detail}", 0.0, original.isolation, timeout)
    limits["timeout"], limits["cpu_seconds"] = limits_by(original, cf.counterfactual, cf.original)
    limits["own_process"] = own_process
    result = run_tests(cf.counterfactual, problem, **limits)
    if result.status == "needs_own_process" and own and reproduces(cf):
        limits["own_process"] = True
        result = run_tests(cf.counterfactual, problem, **limits)
    found = (result.seconds, result.isolation, result.limit, result.cpu_limit)
    if twin:
        return Verdict(*_judge_twin(cf, result), *found)
    if result.status == "timeout":
        return Verdict("timeout", f"{result.detail} (the original took {original.slowest:.2g} s)", *found)
    if not result.passed:
        return Verdict(result.status, result.detail, *found)
    if weak := _weakness(cf, problem, limits):
        return Verdict("tests_too_weak", weak, *found)
    status, said = "valid", []
    if problem.inputs:
        status, said = "valid_on_inputs", [f"behaves alike on {problem.inputs} input{'s' * (problem.inputs > 1)}"]
    if result.status != "passed":
        said.append(f"the tests ran in the program's own process: {result.detail}")
        status = "valid_in_own_process" if own_process else status
    return Verdict(status, "; ".join(said), *found)


def reproduces(cf: Counterfactual) -> bool:
    """Whether the rules make this counterfactual of its original, at its site, in its mode and with its seed."""
    try:
        made = perturb(cf.original, cf.concept, seed=cf.seed, mode=cf.mode, site=cf.site)
    except ValueError:  # no such site or mode
        return False
    return made.counterfactual == cf.counterfactual


def _judge_twin(cf: Counterfactual, result: TestResult) -> tuple[str, str]:
    """Its status, and what is wrong with it together with how the tests see that."""
    if result.status in ("refused", "needs_own_process", "unparsable"):
        return result.status, result.detail
    made = cf.detail.split(SEEN)[0].removesuffix(UNSEEN)  # without what an earlier verdict has said
    if result.passed:
        return "does_not_break", made + UNSEEN
    how = _BY_STATUS.get(result.status) or next((how for word, how in _BY_WORD.items() if word in result.detail), RUNS)
    return "breaks", f"{made}{SEEN}{how}: {result.detail}"


def _weakness(cf: Counterfactual, problem: Problem, limits: dict) -> str:
    """Which broken versions pass the tests too, "" when the tests have power.

    They must reject the version that does nothing, and one of those that take the wrong branch where the counterfactual
    differs from its original (without a branch there, one of those that are broken there in another way). Not each of
    them, since a changed node may change nothing that can be seen.
    """
    nothing, *others = broken_versions(cf.counterfactual, problem.entry_point, changed_lines(cf))
    if _survives(nothing.program, problem, limits):
        return f"the tests also pass for {nothing.what}"
    branches = [version for version in others if version.branch] or others
    survivors = []
    for version in branches[:MUTANTS]:
        if not _survives(version.program, problem, limits):
            return ""
        survivors.append(version.what)
    return f"the tests also pass for {'; '.join(survivors)}" if survivors else ""


def _survives(broken: str, problem: Problem, limits: dict) -> bool:
    """Whether the tests accept a broken version, be it only in one process with it."""
    result = run_tests(broken, problem, **limits)
    return result.passed or result.status == "needs_own_process"


def changed_lines(cf: Counterfactual) -> set[int]:
    """The lines of the counterfactual that differ from the original, from 1; empty when they are not known."""
    before = cf.counterfactual.count
    return {
        line
        for start, end in cf.changed
        for line in range(1 + before("\n", 0, start), 2 + before("\n", 0, max(start, end - 1)))
    }


def validate_all(
    pairs: Iterable[tuple[Counterfactual, Problem]], executor: Executor | None = None, workers: int = 2, **limits
) -> Iterator[Verdict]:
    """Judge (counterfactual, problem) pairs, `workers` at a time; yields verdicts in the pairs' order, as they come.

    `executor` is any `concurrent.futures.Executor`; by default threads, since programs run in processes of their own
    anyway. `limits` are the keyword arguments of `validate`. A row whose worker dies is judged once more, alone; when
    that dies too, or judging it raises, its status is "crashed", and the other rows go on.

    Raises: ValueError for a number that cannot be meant.
    """
    refuse_impossible(workers=workers, **{name: value for name, value in limits.items() if name in RANGES})
    if executor is None:
        check_system()
        with ThreadPoolExecutor(workers) as threads:
            yield from validate_all(pairs, threads, workers, **limits)
        return
    for pair, future in in_order(lambda pair: _submit(executor, pair, limits), pairs, workers):
        yield _outcome(future, pair, limits)


def _submit(executor: Executor, pair: tuple, limits: dict) -> Future:
    try:
        return executor.submit(validate, *pair, **limits)
    except BrokenExecutor as error:
        broken: Future = Future()
        broken.set_exception(error)
        return broken


def _outcome(future: Future, pair: tuple, limits: dict) -> Verdict:
    try:
        return future.result()
    except BrokenExecutor:
        pass  # a process pool breaks as a whole: whether it was this row that killed it shows below
    except Exception as error:
        return Verdict("crashed", f"judging this row raised {type(error).__name__}: {error}")
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
        try:
            return alone.submit(validate, *pair, **limits).result()
        except BrokenExecutor:
            return Verdict("crashed", "the process that judged this row died twice")
