"""Counterfactuals that others published, read by what their rows seem to hold.

ProCURE's authors publish one row a counterfactual: two programs, an operator (1 to 5 in the order of the paper's
concepts, or its name) and whether it counts as a success. How they call these fields is not known here. So usual names
are tried in order, `fields` names others, and a row that lacks one says which fields it has.
"""

import ast
import re
import textwrap
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from procure_kit.problems.rows import BadRow, read_rows, warn_bad_row

USUAL = {
    "original": ("original", "original_code", "original_program", "source_code", "code", "canonical_solution"),
    "counterfactual": (
        "counterfactual", "counterfactual_code", "perturbed_code", "perturbed", "mutated_code", "mutated",
        "transformed_code", "transformed", "generated_code", "new_code",
    ),
    "concept": ("concept", "operator", "operator_id", "mutation", "mutation_operator", "perturbation", "type"),
    "success": ("success", "is_success", "succeeded", "passed", "valid", "status", "result"),
    "task_id": ("task_id", "id", "name"),
}  # fmt: skip
# The words of an operator's name, in the order of the paper's concepts.
_WORDS = {
    "if_else_flip": ("ifelse", "flip"),
    "independent_swap": ("independent", "swap"),
    "def_use_break": ("defuse", "def use"),
    "variable_name_random": ("random",),
    "variable_name_shuffle": ("shuffle", "permut"),
}
_YES = {"success", "successful", "succeeded", "passed", "pass", "valid", "true", "yes", "ok", "1"}


def read_published(
    path: str | Path, fields: Mapping[str, str] | None = None, on_bad: Callable[[BadRow], None] = warn_bad_row
) -> Iterator[dict]:
    """Yield {"task_id", "concept", "original", "counterfactual", "success"} of each usable row of JSONL or JSON.

    `fields`: which of the file's fields holds each of these. "success" is None where a row does not say. A program that
    parses behind its row's "prompt" alone is put there. Other rows go to `on_bad`.

    Raises: ValueError for a key of `fields` that is none of these; FileNotFoundError.
    """
    fields = dict(fields or {})
    if wrong := sorted(set(fields) - set(USUAL)):
        raise ValueError(f"no field {wrong[0]!r}: say which holds {', '.join(USUAL)}")
    found: dict[int, dict] = {}

    def check(row: dict) -> None:
        found[id(row)] = _row(row, fields)

    for row in read_rows(path, check=check, on_bad=on_bad):
        yield found.pop(id(row))


def _row(row: dict, fields: dict[str, str]) -> dict:
    named = {key: next((name for name in _names(key, fields) if name in row), None) for key in USUAL}
    for key in ("original", "counterfactual", "concept"):
        if named[key] is None:
            tried = ", ".join(_names(key, fields))
            raise ValueError(f"no field for the {key} (tried {tried}); the row has {', '.join(map(str, row))}")
    programs = {key: _program(row, named[key]) for key in ("original", "counterfactual")}
    success = None if named["success"] is None else str(row[named["success"]]).strip().lower() in _YES
    task = "" if named["task_id"] is None else str(row[named["task_id"]])
    return {"task_id": task, "concept": concept_of(row[named["concept"]]), **programs, "success": success}


def _names(key: str, fields: dict[str, str]) -> tuple[str, ...]:
    return (fields[key],) if key in fields else USUAL[key]


def _program(row: dict, name: str) -> str:
    text = row[name]
    if not isinstance(text, str):
        raise ValueError(f"field {name!r} must be a program's text, not {type(text).__name__}")
    prompt = row.get("prompt")
    ways = [text, *([prompt + text] if isinstance(prompt, str) else []), textwrap.dedent(text)]
    return next((way for way in ways if _parses(way)), text)


def _parses(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def concept_of(operator: object) -> str:
    """The kit's key of an operator: its number in the paper's order, its key or a name with its words in it.

    Raises: ValueError for any other.
    """
    text = str(operator).strip().lower()
    keys = list(_WORDS)
    if text.isdigit() and 1 <= int(text) <= len(keys):
        return keys[int(text) - 1]
    spaced = re.sub(r"[^a-z]+", " ", text)
    for key, words in _WORDS.items():
        if text == key or any(word in spaced or word in spaced.replace(" ", "") for word in words):
            return key
    raise ValueError(f"no operator {operator!r}: it is 1 to {len(keys)}, or the name of one of {', '.join(keys)}")
