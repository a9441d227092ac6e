"""Counterfactuals by a language model: prompt, answer, the validator's verdict, and repair turns in its own words."""

import asyncio
import warnings
from collections.abc import AsyncGenerator, Collection, Iterable, Iterator
from itertools import islice
from random import Random

from procure_kit.concepts.perturbation import find_sites
from procure_kit.concepts.recognition.concept_check import classify
from procure_kit.concepts.table import known_concepts
from procure_kit.generation.llm.background import each
from procure_kit.generation.llm.client import Client, NotAsked
from procure_kit.generation.llm.form import WHOLE, Form
from procure_kit.generation.llm.reply import MORE_TOKENS, ApiFault
from procure_kit.generation.rules import identity
from procure_kit.problems.counterfactual import IDENTITY, Counterfactual, Site
from procure_kit.problems.problem import Problem
from procure_kit.problems.ranges import refuse_impossible
from procure_kit.running.reference import UNSETTLED
from procure_kit.running.runner import MEMORY_MB, TIMEOUT, run_original, run_tests
from procure_kit.validation.mutants import broken_versions
from procure_kit.validation.validation import Verdict, validate_all

# What another rewriting may mend; any other verdict is about the original, its tests or this system.
MENDABLE = ("unparsable", "no_change", "not_this_concept", "tests_fail", "timeout", "memory", "crashed")


def llm_generate(
    problems: Iterable[Problem],
    client: Client,
    concepts: Collection[str] | None = None,
    mode: str = "strict",
    seed: int = 0,
    turns: int = 4,
    concurrency: int = 4,
    done: Collection[tuple] = (),
    form: Form = WHOLE,
) -> Iterator[dict]:
    """Yield a row for each problem and concept as it is ready.

    It has the fields of the rules' rows, and `turns` (replies), `tokens`, `seconds`, `reasoning` and `verdicts` (one a
    reply). `turns` repair turns follow a first failure (the authors': 4); `concurrency` pieces of work, each with one
    request at a time, are in flight. What has its `identity` in `done` is left out. `form`: WHOLE programs or EDITS.

    Status: "valid" or "valid_on_inputs", or the last failure's own ("unparsable" also when a reply holds no program);
    "not_applicable"; "api_fault". A failure that no rewriting mends ends the turns, and the original is looked at
    before anything is asked: where its tests cannot judge any program, its row costs nothing. What is not asked,
    because the run was stopped (`client.stopped`, also a warning), the budget is spent or the request went into a batch
    file, is left out, counted in `client.left`, and made by a later run.

    Raises: ValueError for an unknown concept or mode, a concept that the form lacks, or a number that cannot be meant.
    """
    refuse_impossible(concurrency=concurrency, turns=turns)
    concepts = known_concepts(concepts, mode)
    for concept in concepts:
        form.check(concept)  # before anything is asked
    made = {_without_site(row) for row in done}
    works = (
        (problem, work)
        for problem in problems
        for work in _works(problem, form.prefix + client.model, concepts, mode, seed)
        if _without_site(identity(work)) not in made
    )
    yield from each(_rows(works, client, turns, concurrency, form))
    if client.stopped:
        warnings.warn(f"{client.stopped}; {client.left} rows are left for another run", stacklevel=2)


def _works(problem: Problem, generator: str, concepts: list[str], mode: str, seed: int) -> Iterator[dict]:
    for concept in concepts:
        work = {"task_id": problem.task_id, "concept": concept, "mode": mode, "seed": seed}
        yield work | {"generator": generator}


def _without_site(row: tuple) -> tuple:
    return tuple(value for field, value in zip(IDENTITY, row, strict=True) if field != "site")


async def _rows(
    works: Iterator[tuple], client: Client, turns: int, concurrency: int, form: Form
) -> AsyncGenerator[dict, None]:
    def start(count: int) -> set[asyncio.Task]:
        return {asyncio.create_task(_row(*work, client, turns, form)) for work in islice(works, count)}

    waiting = start(concurrency)
    try:
        while waiting:
            ready, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            waiting |= start(len(ready))
            rows = [task.result() for task in ready]
            client.left += rows.count(None)
            for row in filter(None, rows):
                yield row
    finally:  # who stops early waits for nothing
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


async def _row(problem: Problem, work: dict, client: Client, turns: int, form: Form) -> dict | None:
    source, concept = problem.program, work["concept"]
    try:
        sites = await asyncio.to_thread(find_sites, source, [concept], work["mode"])
    except ValueError as error:
        return _made(work, source, source, None, "unparsable", str(error))
    accepted = [site for site in sites if site.refused is None]
    if not accepted:
        why = "; ".join(dict.fromkeys(site.refused for site in sites)) or "the source has no place of its kind"
        return _made(work, source, source, None, "not_applicable", why)
    site = Random(f"{concept} {work['seed']}").choice(accepted)  # the rules' choice for the same seed
    if unfit := await asyncio.to_thread(_unfit, problem):
        return _made(work, source, source, site, *unfit)
    try:
        messages = [{"role": "user", "content": form.ask(source, site, work["seed"])}]
    except ValueError as error:  # a site that is more than the form can show
        return _made(work, source, source, site, "unparsable", str(error))
    extra = _no_reply()
    program, status, detail = source, "", ""
    for _ in range(turns + 1):
        try:
            reply = await client.reply(messages, sample=work["seed"])
        except NotAsked:
            return None
        except ApiFault as fault:
            before = f" (turn {extra['turns'] + 1}; the one before: {status}: {detail})" if status else ""
            return _made(work, source, program, site, "api_fault", f"{fault}{before}", extra)
        content, usage = reply["content"], reply["usage"]
        extra["turns"] += 1
        extra["tokens"] += usage.get("prompt_tokens", 0) + usage.get("completion_tokens", 0)
        extra["seconds"] += reply.get("seconds", 0.0)
        found, reasoning, wrong = form.read(content, source, site, work["seed"])
        extra["reasoning"] = "\n\n".join(filter(None, [reply.get("reasoning"), reasoning]))
        program = source if found is None else found
        if found is None:
            finish = reply.get("finish_reason")
            status, cut_off = "unparsable", finish == "length"
            detail = f"{wrong} (finish_reason {finish})"
        else:
            cut_off = False
            row = _made(work, source, program, site, "", "", extra)
            verdict = await asyncio.to_thread(_judge, Counterfactual.from_row(row), problem)
            status, detail = verdict.status, verdict.detail
        extra["verdicts"].append(f"{status}: {detail}" if detail else status)
        if status not in MENDABLE:
            break
        said = form.repair(status, detail)
        messages += [{"role": "assistant", "content": content}, {"role": "user", "content": said}]
    detail += f": {MORE_TOKENS}" if cut_off else ""  # for a reader: a model is told no remedy
    return _made(work, source, program, site, status, detail, extra)


def _unfit(problem: Problem) -> tuple[str, str] | None:
    """Why no rewriting of the problem's program can come out valid, as a status and its detail; None where one can."""
    limits = {"timeout": TIMEOUT, "memory_mb": MEMORY_MB, "require": None, "own_process": True}
    original = run_original(problem.program, problem, **limits)  # as `validate` will, which finds it done
    if original.status in ("refused", "needs_own_process", "never_called", *UNSETTLED):
        return original.status, original.detail
    if not original.passed:
        return "original_fails", f"{original.status}: {original.detail}"
    if original.status == "passed_in_own_process":  # where a model's program could forge their outcome
        return "needs_own_process", original.detail
    nothing = next(broken_versions(problem.program, problem.entry_point))
    if run_tests(nothing.program, problem).passed:
        return "tests_too_weak", f"the tests also pass for {nothing.what}"
    return None


def _judge(cf: Counterfactual, problem: Problem) -> Verdict:
    (verdict,) = validate_all([(cf, problem)], workers=1)  # rather than validate: whatever it meets is a verdict
    return verdict


def _no_reply() -> dict:
    return {"turns": 0, "tokens": 0, "seconds": 0.0, "reasoning": "", "verdicts": []}


def _made(
    work: dict, source: str, program: str, site: Site | None, status: str, detail: str, extra: dict | None = None
) -> dict:
    spans = classify(source, program, work["concept"]) if site and program != source else None
    cf = Counterfactual(
        **work,
        site=site.index if site else -1,
        original=source,
        counterfactual=program,
        changed=spans.changed if spans else (),
        changed_original=spans.changed_original if spans else (),
        soundness="tested" if site else "",
        status=status,
        detail=detail,
    )
    return cf.to_row() | (extra or _no_reply())
