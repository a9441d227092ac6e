"""The concept check: does a second program, whoever wrote it, differ from the first by one concept and no more?

Judged by syntax trees alone: comments, blank lines, parentheses and quotes may differ. Whether the two behave alike
is another question, for the tests.
"""

from dataclasses import dataclass

from procure_kit.analysis.analysis import analyse
from procure_kit.analysis.depth import with_room
from procure_kit.analysis.python_tree import PythonTree
from procure_kit.concepts.recognition.flip import check_flip
from procure_kit.concepts.recognition.forms import FORMS, check_form
from procure_kit.concepts.recognition.names import check_def_use_break, check_random_names, check_shuffled_names
from procure_kit.concepts.recognition.swap import check_swap
from procure_kit.concepts.recognition.syntax_pairs import NotThisConcept, same
from procure_kit.concepts.recognition.types import check_data_type
from procure_kit.concepts.table import known_concept
from procure_kit.problems.counterfactual import Span


@dataclass(frozen=True)
class Classification:
    """`status`: "ok", "no_change", "not_this_concept" or "unparsable"; `detail` says why, for a learner."""

    status: str
    detail: str = ""
    changed: tuple[Span, ...] = ()  # what differs in the counterfactual, in characters
    changed_original: tuple[Span, ...] = ()  # and in the original
    concept: str = ""  # its key, where it was asked for or found


_BY_NAMES = {
    "def_use_break": check_def_use_break,
    "variable_name_random": check_random_names,
    "variable_name_shuffle": check_shuffled_names,
}
_BY_STATEMENTS = {
    "if_else_flip": lambda before, after, old: check_flip(before.tree, after.tree),
    "independent_swap": check_swap,
    "data_type": lambda before, after, old: check_data_type(before.tree, after.tree, old),
}


@with_room
def classify(original: str, counterfactual: str, concept: str) -> Classification:
    """Judge a pair of whole programs against one concept; `recognition.recognise` finds out which.

    The concept may have been applied at several places; `detail` then says how many. Every output of `perturb`, in
    either mode, is "ok". A permutation of names may leave some in place; random names
    must have five characters and be new. Raises: ValueError for an unknown concept.
    """
    known_concept(concept)
    parsed = both_parsed(original, counterfactual)
    return parsed if isinstance(parsed, Classification) else judge(*parsed, concept)


def both_parsed(original: str, counterfactual: str) -> tuple[PythonTree, PythonTree] | Classification:
    """The two trees, or why there is none to compare."""
    parsed = []
    for name, source in (("original", original), ("counterfactual", counterfactual)):
        try:
            parsed.append(PythonTree(source))
        except ValueError as error:
            return Classification("unparsable", f"the {name}: {error}")
    if same(*(each.tree for each in parsed)):
        why = "the two programs are identical" if original == counterfactual else "only layout or comments differ"
        return Classification("no_change", why)
    return tuple(parsed)


def judge(before: PythonTree, after: PythonTree, concept: str) -> Classification:
    """As `classify`, of two trees that differ, and stay as they are."""
    original, counterfactual = before.source, after.source
    try:
        if concept in FORMS:
            detail, pairs = check_form(before.tree, after.tree, concept)
            old = [before.span(*pair[0]) for pair in pairs]
            new = [after.span(*pair[1]) for pair in pairs]
        elif concept in _BY_STATEMENTS:
            detail, pairs = _BY_STATEMENTS[concept](before, after, analyse(original))
            old = [before.span(*pair[0]) for pair in pairs]
            new = [after.span(*pair[1]) for pair in pairs]
        else:
            detail, old, new = _BY_NAMES[concept](before.tree, after.tree, analyse(original), analyse(counterfactual))
    except NotThisConcept as error:
        return Classification("not_this_concept", str(error))
    except ValueError as error:
        return Classification("unparsable", str(error))
    return Classification("ok", detail, _outermost(new), _outermost(old), concept)


def _outermost(spans: list[Span]) -> tuple[Span, ...]:
    """The spans in order, without those that lie in another."""
    found: list[Span] = []
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if not found or end > found[-1][1]:
            found.append((start, end))
    return tuple(found)
