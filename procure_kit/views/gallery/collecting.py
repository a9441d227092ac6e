"""What the gallery tells of a problem: every site with its refusal or its pair, and of each pair the verdict, flow
pictures, breaking twin, what a model writes from the cut points and where it looks.

All of it is plain data, one dictionary a problem, which page.py packs into the page.
"""

import base64
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from tqdm.auto import tqdm

from procure_kit.concepts.perturbation import find_sites, perturb
from procure_kit.evaluation.evaluation import evaluate
from procure_kit.evaluation.judging import SIDES
from procure_kit.problems.counterfactual import Counterfactual, NotApplicable, Site
from procure_kit.problems.problem import Problem
from procure_kit.validation.twins import breaking_twin
from procure_kit.validation.validation import validate_all
from procure_kit.views.pair.measuring import UnitMaps, pair_maps
from procure_kit.views.pair_flow import flow_pictures

LONGEST = 1024  # model tokens: longer programs are shown without the model


def collect(problems: Iterable[Problem], model=None, tokenizer=None, *, seed: int = 0, workers: int = 2) -> list[dict]:
    """One dictionary a problem, in their order. Without a model nothing is told of one.

    A problem whose program cannot be read is told with the reason in `unread`, and without sites.
    """
    told, made = [], []
    for problem in tqdm(list(problems), desc="sites", unit="problem"):
        entry = {"id": problem.task_id, "program": problem.program, "sites": []}
        told.append(entry)
        try:
            for site in find_sites(problem.program):
                entry["sites"].append(_site(site))
                if site.refused is None:
                    made.append((entry["sites"][-1], _rewritten(problem, site, seed), problem))
        except ValueError as error:
            entry["unread"] = str(error)
    verdicts = validate_all(((cf, problem) for _, cf, problem in made), workers=workers)
    for (site, cf, _), verdict in tqdm(zip(made, verdicts, strict=True), "verdicts", len(made), unit="pair"):
        site["pair"] = _pair(cf) | {"status": verdict.status, "detail": verdict.detail, "isolation": verdict.isolation}
    _add_twins(made, workers)
    if model is not None:
        _add_model(made, model, tokenizer, workers)
    return told


def _rewritten(problem: Problem, site: Site, seed: int) -> Counterfactual:
    return perturb(problem.program, site.concept, seed=seed, site=site, task_id=problem.task_id)


def _site(site: Site) -> dict:
    told = {"concept": site.concept, "number": site.index, "line": site.line, "span": site.span, "label": site.label}
    return told | {"soundness": site.soundness} if site.refused is None else told | {"refused": site.refused}


def _pair(cf: Counterfactual) -> dict:
    return {"program": cf.counterfactual, "changed": cf.changed, "before": cf.changed_original, "flow": _flow(cf)}


def _flow(cf: Counterfactual) -> list[str]:
    """The pictures; a change outside of all functions has none."""
    try:
        return [svg for _, svg in flow_pictures(cf)]
    except ValueError:
        return []


def _add_twins(made: list, workers: int) -> None:
    """To each valid pair a version that looks as much changed and that the tests reject, or why there is none."""
    valid = [(site["pair"], cf, problem) for site, cf, problem in made if site["pair"]["status"].startswith("valid")]
    with ThreadPoolExecutor(workers) as threads:
        found = threads.map(lambda item: _twin(*item[1:]), valid)
        for (pair, *_), told in tqdm(zip(valid, found, strict=True), "twins", len(valid), unit="twin"):
            pair |= told


def _twin(cf: Counterfactual, problem: Problem) -> dict:
    try:
        broken, verdict = breaking_twin(cf, problem)
    except NotApplicable as error:
        return {"no_twin": str(error)}
    detail = f"{broken.detail}; {verdict.detail}"
    return {"twin": {"program": broken.counterfactual, "changed": broken.changed, "detail": detail}}


def _add_model(made: list, model, tokenizer, workers: int) -> None:
    """What the model writes from both cut points, greedily and judged, and where it looks in both programs."""
    pairs = [(site["pair"], cf, problem) for site, cf, problem in made if _fits(tokenizer, cf)]
    for pair, cf, _ in tqdm(pairs, desc="attention", unit="pair"):
        sides = (cf.original, cf.changed_original), (cf.counterfactual, cf.changed)
        pair["looks"] = [_looks(maps) for maps in pair_maps(model, tokenizer, sides)]
    sides = {(cf.task_id, cf.concept, cf.site): pair for pair, cf, _ in pairs}
    asked = [(cf, problem) for _, cf, problem in pairs]
    for row in evaluate(model, tokenizer, asked, k=(1,), samples=1, workers=workers).rows:
        sides[row["task_id"], row["concept"], row["site"]]["writes"] = [
            {"cut": len(cut[0]), "text": row[f"completions_{side}"][0], "passed": row[side][0]}
            for side, cut in zip(SIDES, row["cuts"], strict=True)
        ]


def _fits(tokenizer, cf: Counterfactual) -> bool:
    texts = (cf.original, cf.counterfactual)
    return bool(cf.changed and cf.changed_original) and all(len(tokenizer(t)["input_ids"]) <= LONGEST for t in texts)


def _looks(maps: UnitMaps) -> dict:
    """The mass on the changed tokens (L, H), and each layer's map by line, mean over heads, in eight bits (L, T)."""
    shares = (maps.packed["line"].astype(np.float32) / 255) ** 2  # (L, H, T)
    layers = np.round(255 * np.sqrt(shares.mean(1))).astype(np.uint8)
    starts = [start for start, _ in maps.units.views["line"].spans]
    return {
        "mass": maps.mass.round(3).tolist(),
        "starts": starts,  # of each line unit, in characters
        "lines": base64.b64encode(layers.tobytes()).decode(),
    }
