"""The table of concepts: one file a concept, each with a function that finds its sites in an analysed source."""

from collections.abc import Callable, Iterable, Iterator

from procure_kit.analysis.analysis import Analysis
from procure_kit.concepts import (
    data_type,
    def_use_break,
    if_else_flip,
    independent_swap,
    variable_name_random,
    variable_name_shuffle,
)
from procure_kit.concepts.candidate import Candidate
from procure_kit.concepts.forms import (
    augmented_assignment,
    for_while,
    guard_clause,
    mirrored_comparison,
    nested_condition,
)

MODES = ("strict", "procure")  # CACP's definitions, and the looser reading of the authors' data


# Each yields a concept's sites in an analysed source, by mode. Behind it: what a model must understand to stay right.
CONCEPTS: dict[str, Callable[[Analysis, str], Iterator[Candidate]]] = {
    "if_else_flip": if_else_flip.find,  # which branch runs when
    "independent_swap": independent_swap.find,  # what must come before what
    "def_use_break": def_use_break.find,  # which definition a use sees
    "variable_name_random": variable_name_random.find,  # what code means, not its names
    "variable_name_shuffle": variable_name_shuffle.find,  # what code means against its names
    "data_type": data_type.find,  # what is asked of a value, not its type
    "mirrored_comparison": mirrored_comparison.find,  # which of two is larger, whoever stands first
    "guard_clause": guard_clause.find,  # what runs after a return, and what instead
    "nested_condition": nested_condition.find,  # that two ifs are one and
    "augmented_assignment": augmented_assignment.find,  # what a value is made of
    "for_while": for_while.find,  # what a loop does for each round, and what for all
}

# Who thought of which: the paper's five, to which belong the scores and recorded replies that ship with the kit; our
# answer to its open question on types; and a family of ours that says the same statement in another form.
FAMILIES = {"paper": tuple(CONCEPTS)[:5], "types": ("data_type",), "forms": tuple(CONCEPTS)[6:]}
PAPER_CONCEPTS = FAMILIES["paper"]
DEFAULT_CONCEPTS = FAMILIES["paper"] + FAMILIES["types"]  # where nobody names any


def known_concepts(concepts: Iterable[str] | str | None, mode: str = "strict") -> list[str]:
    """The keys of those named, a family's name standing for all of its concepts; of DEFAULT_CONCEPTS where none is.

    Raises: ValueError for an unknown concept or mode.
    """
    keys = list(DEFAULT_CONCEPTS if concepts is None else [concepts] if isinstance(concepts, str) else concepts)
    keys = list(dict.fromkeys(one for key in keys for one in FAMILIES.get(key, (key,))))
    for key in keys:
        if key not in CONCEPTS:
            raise ValueError(f"no concept {key!r}: use one of {', '.join(CONCEPTS)}")
    if mode not in MODES:
        raise ValueError(f"no mode {mode!r}: use one of {', '.join(MODES)}")
    return keys


def known_concept(concept: str, mode: str = "strict") -> None:
    """Raises: ValueError for what is no single concept, or an unknown mode."""
    keys = known_concepts([concept], mode)
    if keys != [concept]:
        raise ValueError(f"{concept!r} is a family of concepts: use one of {', '.join(keys)}")
