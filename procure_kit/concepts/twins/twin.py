"""The twin of a counterfactual: nearly the same edit at the same site, and the program does something else.

CETBench (ACL Findings 2026) makes each transformation in a preserving and a breaking version, same site, same size of
edit; the ways of breaking here are ours. A model that understands follows the counterfactual and prefers the original
to the twin; one that does not mind follows both.
"""

import ast
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace

from procure_kit.analysis.analysis import Analysis, analyse
from procure_kit.analysis.depth import with_room
from procure_kit.analysis.python_tree import BOM
from procure_kit.concepts.composition import site_rng
from procure_kit.concepts.perturbation import candidates_of
from procure_kit.concepts.recognition.concept_check import classify
from procure_kit.concepts.table import MODES, known_concept
from procure_kit.concepts.twins.flip import Breaking, breaking_flips
from procure_kit.concepts.twins.forms import (
    breaking_guards,
    breaking_loops,
    breaking_mirrors,
    breaking_nests,
    breaking_updates,
)
from procure_kit.concepts.twins.names import breaking_names, breaking_shuffles, breaking_webs
from procure_kit.concepts.twins.swap import breaking_swaps
from procure_kit.concepts.twins.types import breaking_types
from procure_kit.problems.counterfactual import (
    BREAKING,
    NOT_MADE,
    Counterfactual,
    Edit,
    NotApplicable,
    Span,
    apply_edits,
)

GENERATOR = "twins"  # so that a twin's row is not taken for its counterfactual's

# From the span of a site and its sound edits to edits that are as large and wrong, the best first.
BREAKS: dict[str, Callable[[Analysis, Span, list[Edit]], Iterator[Breaking]]] = {
    "if_else_flip": breaking_flips,
    "independent_swap": breaking_swaps,
    "def_use_break": breaking_webs,
    "variable_name_random": breaking_names,
    "variable_name_shuffle": breaking_shuffles,
    "data_type": breaking_types,
    "mirrored_comparison": breaking_mirrors,
    "guard_clause": breaking_guards,
    "nested_condition": breaking_nests,
    "augmented_assignment": breaking_updates,
    "for_while": breaking_loops,
}
MOST = 12  # ways to break one site: what none of them breaks is not worth more tries


def twin(cf: Counterfactual, seed: int = 0) -> Counterfactual:
    """A program made from the same original by an edit of the same kind and size at the same site, which does something
    else: `soundness` is "breaking", and `detail` says what is wrong. Seed 0 is the best way, 1 the next, then round.

    Whether the tests see it is for `validate`, whose answer is then "breaks" or "does_not_break"; `validation.twins`
    tries one way after another until one is seen to break.

    Raises: NotApplicable with the reason where there is no such edit; ValueError for a bad source or concept.
    """
    found = twins(cf)
    return found[seed % len(found)]


@with_room
def twins(cf: Counterfactual) -> list[Counterfactual]:
    """At most `MOST` of them, the best first, each with the seed of its counterfactual. Raises: as `twin`."""
    known_concept(cf.concept)
    if cf.soundness == BREAKING:
        raise NotApplicable("it is a twin that breaks already")
    if cf.status in NOT_MADE or cf.counterfactual == cf.original:
        raise NotApplicable("the row has no counterfactual, so there is nothing to break")
    span, edits = _site(cf)
    found: list[Counterfactual] = []
    seen = {_tree(cf.original), _tree(cf.counterfactual), None}
    for said, wrong in BREAKS[cf.concept](analyse(cf.original), span, edits):
        text, changed, changed_original = apply_edits(cf.original, wrong)
        tree = _tree(text)
        if tree not in seen:
            seen.add(tree)
            places = {"changed": changed, "changed_original": changed_original, "status": "", "detail": said}
            found.append(replace(cf, generator=GENERATOR, counterfactual=text, soundness=BREAKING, **places))
            if len(found) == MOST:
                break
    if not found:
        raise NotApplicable(f"{cf.concept}: no edit of its kind at this site changes what the program does")
    return found


def _site(cf: Counterfactual) -> tuple[Span, list[Edit]]:
    """The span of the site that was rewritten, and the edits that the rules make there: they lead to this very
    counterfactual, or, where it comes from elsewhere, change the most of what it changes."""
    changed = cf.changed_original or classify(cf.original, cf.counterfactual, cf.concept).changed_original
    best = None
    for mode in dict.fromkeys([cf.mode, *MODES]):
        for site, candidate in candidates_of(cf.original, cf.concept, mode) if mode in MODES else ():
            if candidate.rewrite is None:
                continue
            edits = candidate.rewrite(site_rng(site, cf.seed))
            if apply_edits(cf.original, edits)[0] == cf.counterfactual:
                return site.span, edits
            hits = sum(any(a < edit.end and edit.start < b for edit in edits) for a, b in changed)
            if hits and (best is None or hits > best[0]):
                best = hits, site.span, edits
    if best is None:
        raise NotApplicable(
            f"{cf.concept}: the rules accept no site where this counterfactual differs from its original"
        )
    return best[1:]


def _tree(text: str) -> str | None:
    """What Python reads; None for what it does not compile: such a twin is a poor one."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text.removeprefix(BOM))
            compile(tree, "twin", "exec")
    except (SyntaxError, ValueError, RecursionError):
        return None
    return ast.dump(tree)
