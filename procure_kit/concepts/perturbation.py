"""Find every site of every concept in a source, and rewrite one of them, or all at once."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from random import Random

from procure_kit.analysis.analysis import analyse
from procure_kit.analysis.depth import with_room
from procure_kit.concepts.candidate import Candidate
from procure_kit.concepts.composition import Composition, site_rng
from procure_kit.concepts.nesting import compose_readable, is_deep, too_deep
from procure_kit.concepts.table import CONCEPTS, known_concept, known_concepts
from procure_kit.problems.counterfactual import Counterfactual, NotApplicable, Site, apply_edits


@with_room
def find_sites(source: str, concepts: Iterable[str] | None = None, mode: str = "strict") -> list[Site]:
    """Every site of the concepts named, in the order of the text; a refused one says why.

    `concepts`: keys of CONCEPTS or of FAMILIES; where none are named, the paper's five and `data_type`. The further
    forms come to those who ask for them.

    Raises: ValueError for a source that cannot be read, an unknown concept or an unknown mode.
    """
    return [site for key in known_concepts(concepts, mode) for site, _ in candidates_of(source, key, mode)]


@with_room
def perturb(
    source: str,
    concept: str,
    seed: int = 0,
    mode: str = "strict",
    site: int | Site | Iterable[int | Site] | None = None,
    task_id: str = "",
) -> Counterfactual:
    """Rewrite one site of a concept: the one of this index, or one that the seed picks among those accepted.

    A list of sites rewrites all of them; the counterfactual's own `site` is then -1, and its detail names them.

    Raises: NotApplicable with every reason, counted, when no site can be rewritten safely, or with the one reason
    of the site asked for; ValueError for a bad source, an unknown concept or mode, or no such site.
    """
    known_concept(concept, mode)
    found = candidates_of(source, concept, mode)
    if site is not None and not isinstance(site, int | Site):
        made = compose_readable(source, [_asked(found, concept, one) for one in site], seed)
        for one, why in made.left_out:
            raise NotApplicable(f"{concept}, site {one.index} on line {one.line}: {why}")
        index, soundness = -1, made.soundness
        detail = f"sites {', '.join(str(one.index) for one in made.sites)}"
        text, changed, changed_original = made.counterfactual, made.changed, made.changed_original
    else:
        pick = Random(f"{concept} {seed}")  # text seeds alike on every machine
        chosen, candidate = _pick(found, concept, pick) if site is None else _asked(found, concept, site)
        index, soundness, detail = chosen.index, chosen.soundness, ""
        text, changed, changed_original = apply_edits(source, candidate.rewrite(site_rng(chosen, seed)))
    return Counterfactual(
        task_id, concept, mode, index, seed, "rules", source, text, changed, changed_original, soundness, detail=detail
    )


@with_room
def perturb_all(
    source: str,
    concepts: Iterable[str] | None = None,
    seed: int = 0,
    mode: str = "strict",
    soundness: str = "tested",
    sites: Iterable[Site] | None = None,
) -> Composition:
    """Rewrite every accepted site of the concepts at once: those that are in each other's way are left out, and the
    concept named first goes first. Where none are named, they are those of `find_sites`, as which sites are numbered,
    whatever else is rewritten.

    `soundness`: "syntactic" rewrites only what holds for any input, "tested" the rest too. `sites`: only these, of
    `find_sites` with the same mode, so that a failure can be traced to one of them.

    Raises: ValueError as `find_sites`, or for an unknown soundness.
    """
    if soundness not in ("syntactic", "tested"):
        raise ValueError(f"no soundness {soundness!r}: use 'syntactic' or 'tested'")
    found = [pair for key in known_concepts(concepts, mode) for pair in candidates_of(source, key, mode)]
    wanted = None if sites is None else {(site.concept, site.index) for site in sites}
    chosen = [
        (site, candidate)
        for site, candidate in found
        if site.refused is None
        and soundness in (site.soundness, "tested")
        and (wanted is None or (site.concept, site.index) in wanted)
    ]
    return compose_readable(source, chosen, seed)


@lru_cache(maxsize=64)
def candidates_of(source: str, concept: str, mode: str) -> list[tuple[Site, Candidate]]:
    """The sites of one concept, each with what rewrites it. Raises: ValueError for a source that cannot be read."""
    analysis = analyse(source)
    candidates = sorted(CONCEPTS[concept](analysis, mode), key=lambda candidate: candidate.span)
    if is_deep(source):
        candidates = [_tried(source, candidate) for candidate in candidates]
    return [
        (Site(concept, index, analysis.tree.line(c.span[0]), c.span, c.label, c.refused, c.soundness), c)
        for index, c in enumerate(candidates)
    ]


def _tried(source: str, candidate: Candidate) -> Candidate:
    """The candidate, refused where what it writes does not compile."""
    if candidate.rewrite is None:
        return candidate
    edits = candidate.rewrite(Random(0))
    why = too_deep(source, edits, apply_edits(source, edits)[0])
    return replace(candidate, rewrite=None, refused=why) if why else candidate


def _pick(found: list[tuple[Site, Candidate]], concept: str, rng: Random) -> tuple[Site, Candidate]:
    accepted = [pair for pair in found if pair[0].refused is None]
    if accepted:
        return rng.choice(accepted)
    if not found:
        raise NotApplicable(f"{concept} finds nothing to rewrite: the source has no place of its kind")
    reasons = Counter(site.refused for site, _ in found).most_common()
    why = "; ".join(f"{count} × {reason}" for reason, count in reasons)
    raise NotApplicable(f"{concept} has no site that can be rewritten safely: {why}")


def _asked(found: list[tuple[Site, Candidate]], concept: str, site: int | Site) -> tuple[Site, Candidate]:
    index = site.index if isinstance(site, Site) else site
    if not 0 <= index < len(found):
        raise ValueError(f"no site {index} of {concept}: the source has {len(found)}, counted from 0")
    if found[index][0].refused is not None:
        raise NotApplicable(f"{concept}, site {index} on line {found[index][0].line}: {found[index][0].refused}")
    return found[index]
