"""Is a counterfactual valid? It parses, changes what its concept asks and nothing else, and passes the same tests.

The statuses, in the order in which they are looked for: `unparsable`, `no_change`, `not_this_concept`
(concept_check.py); `original_fails`; `tests_fail`, `timeout`, `memory`, `crashed`, `refused` (runner.py);
`tests_too_weak` (the tests also pass for broken versions, mutants.py); `valid`.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from multiprocessing import get_context

from procure_kit.concept_check import classify
from procure_kit.counterfactual import Counterfactual
from procure_kit.mutants import broken_versions
from procure_kit.problems import Problem
from procure_kit.runner import MEMORY_MB, TIMEOUT, TestResult, run_tests

MULTIPLE, FLOOR = 10, 3.0  # a counterfactual may take 10 times as long as its original, and 3 s in any case
MUTANTS = 6


@dataclass(frozen=True)
class Verdict:
    """`seconds`: wall time of the counterfactual's tests, 0.0 when they did not run; `isolation`: see isolation.py."""

    status: str
    detail: str
    seconds: float = 0.0
    isolation: str = ""


def validate(
    cf: Counterfactual,
    problem: Problem,
    *,
    timeout: float = TIMEOUT,
    memory_mb: int = MEMORY_MB,
    require: str | None = None,
) -> Verdict:
    """Judge one counterfactual by its problem's tests.

    `timeout` (seconds) is the original's; the counterfactual gets MULTIPLE times what the original took, and at least
    FLOOR. `memory_mb` and `require` as in `run_tests`.
    """
    finding = classify(cf.original, cf.counterfactual, cf.concept)
    if finding.status != "ok":
        return Verdict(finding.status, finding.detail)
    original = _run_original(cf.original, problem, timeout, memory_mb, require)
    if original.status == "refused":
        return Verdict("refused", original.detail, 0.0, original.isolation)
    if not original.passed:
        return Verdict("original_fails", f"{original.status}: {original.detail}", 0.0, original.isolation)
    limit = max(FLOOR, MULTIPLE * original.seconds)
    limits = {"timeout": limit, "memory_mb": memory_mb, "require": require}
    result = run_tests(cf.counterfactual, problem, **limits)
    if result.status == "timeout":
        reason = f"{result.detail} (the original took {original.seconds:.2g} s)"
        return Verdict("timeout", reason, result.seconds, result.isolation)
    if not result.passed:
        return Verdict(result.status, result.detail, result.seconds, result.isolation)
    survivors = []
    for what, program in islice(broken_versions(cf.counterfactual, problem.entry_point), MUTANTS):
        if not run_tests(program, problem, **limits).passed:
            return Verdict("valid", "", result.seconds, result.isolation)
        survivors.append(what)
    return Verdict(
        "tests_too_weak", f"the tests also pass for {'; '.join(survivors)}", result.seconds, result.isolation
    )


@lru_cache(maxsize=4096)
def _run_original(original: str, problem: Problem, timeout: float, memory_mb: int, require: str | None) -> TestResult:
    """Run an original once, however many counterfactuals it has."""
    return run_tests(original, problem, timeout=timeout, memory_mb=memory_mb, require=require)


def validate_all(
    pairs: Iterable[tuple[Counterfactual, Problem]], executor: Executor | None = None, workers: int = 2, **limits
) -> Iterator[Verdict]:
    """Judge (counterfactual, problem) pairs, `workers` at a time; yields verdicts in the pairs' order, as they come.

    `executor` is any `concurrent.futures.Executor`; by default threads, since programs run in processes of their own
    anyway. `limits` are the keyword arguments of `validate`. A row whose worker dies is judged once more, alone; when
    that dies too, or judging it raises, its status is "crashed", and the other rows go on.
    """
    if executor is None:
        with ThreadPoolExecutor(workers) as threads:
            yield from validate_all(pairs, threads, workers, **limits)
        return
    waiting: deque[tuple[Future | None, tuple]] = deque()
    for pair in pairs:
        waiting.append((_submit(executor, pair, limits), pair))
        if len(waiting) > 4 * workers:
            yield _outcome(*waiting.popleft(), limits)
    while waiting:
        yield _outcome(*waiting.popleft(), limits)


def _submit(executor: Executor, pair: tuple, limits: dict) -> Future | None:
    try:
        return executor.submit(validate, *pair, **limits)
    except BrokenExecutor:
        return None


def _outcome(future: Future | None, pair: tuple, limits: dict) -> Verdict:
    try:
        if future is not None:
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
