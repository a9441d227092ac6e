"""Which concept leads from one program to another, when nobody says: one of the table, several at once, or none."""

from dataclasses import replace

from procure_kit.analysis.analysis import analyse
from procure_kit.analysis.depth import with_room
from procure_kit.concepts.recognition.concept_check import Classification, both_parsed, judge
from procure_kit.concepts.recognition.mixture import KINDS, may_hide_swap, mixture
from procure_kit.concepts.recognition.renamings import check_renamings
from procure_kit.concepts.recognition.syntax_pairs import NotThisConcept
from procure_kit.concepts.table import CONCEPTS


@with_room
def recognise(original: str, counterfactual: str) -> Classification:
    """Judge a pair of whole programs without a named concept; the answer's `concept` is the key of what was found.

    `status`: "ok" (one concept, at one place or at several), "mixed" (concepts of more than one kind and nothing else,
    as far as syntax trees tell; `detail` names the kinds), "no_change", "not_this_concept" (something else, or a
    concept gone wrong: `detail` says of each concept what speaks against it) or "unparsable". Where two concepts fit,
    the one in its strict definition wins, and then the one that stands first in the table.
    """
    parsed = both_parsed(original, counterfactual)
    if isinstance(parsed, Classification):
        return parsed
    found = {key: judge(*parsed, key) for key in CONCEPTS}
    first = next(iter(found.values()))
    if first.status == "unparsable":
        return first
    fits = [key for key, each in found.items() if each.status == "ok"]
    if fits:
        best = min(fits, key=lambda key: "looser reading" in found[key].detail)
        return replace(found[best], concept=best)
    before, after = (each.tree for each in parsed)
    kinds = mixture(before, after)
    if kinds == ("names",):
        try:
            check_renamings(before, after, analyse(original), analyse(counterfactual))
        except NotThisConcept as error:
            if not may_hide_swap(before):
                return Classification("not_this_concept", f"no concept of the table: {error}")
            kinds = ("independent_swap", "names")
    if kinds and (len(kinds) > 1 or kinds == ("names",)):
        return Classification("mixed", f"several concepts at once: {' and '.join(KINDS[kind] for kind in kinds)}")
    told = dict.fromkeys(each.detail for each in found.values())
    return Classification("not_this_concept", "no concept of the table: " + "; ".join(told))
