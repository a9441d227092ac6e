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

MODES = ("strict", "procure")  # CACP's definitions, and the looser reading of the authors' data


# Each yields a concept's sites in an analysed source, by mode. Behind it: what a model must understand to stay right.
CONCEPTS: dict[str, Callable[[Analysis, str], Iterator[Candidate]]] = {
    "if_else_flip": if_else_flip.find,  # which branch runs when
    "independent_swap": independent_swap.find,  # what must come before what
    "def_use_break": def_use_break.find,  # which definition a use sees
    "variable_name_random": variable_name_random.find,  # what code means, not its names
    "variable_name_shuffle": variable_name_shuffle.find,  # what code means against its names
    "data_type": data_type.find,  # what is asked of a value, not its type
}

# The paper's five: the scores and recorded replies that ship with the kit are of these.
PAPER_CONCEPTS = tuple(key for key in CONCEPTS if key != "data_type")


def known_concepts(concepts: Iterable[str] | str | None, mode: str = "strict") -> list[str]:
    """The keys of all concepts, or of those named. Raises: ValueError for an unknown concept or mode."""
    keys = list(CONCEPTS if concepts is None else [concepts] if isinstance(concepts, str) else concepts)
    for key in keys:
        if key not in CONCEPTS:
            raise ValueError(f"no concept {key!r}: use one of {', '.join(CONCEPTS)}")
    if mode not in MODES:
        raise ValueError(f"no mode {mode!r}: use one of {', '.join(MODES)}")
    return keys
