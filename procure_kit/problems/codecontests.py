"""CodeContests: programs that read standard input, judged by cases. A row of the Hub or of the original records."""

import ast
import re
from collections.abc import Collection

from procure_kit.problems.fields import docstring, number_of, strings_of, text_of
from procure_kit.problems.problem import Problem

LANGUAGES = ("UNKNOWN_LANGUAGE", "PYTHON", "CPP", "PYTHON3", "JAVA")  # CodeContests' numbers; PYTHON is Python 2
ANY_CASE = re.compile(
    r"letters?[^.]{0,40} in any (letter )?(case|register)|in any (letter )?(case|register) \(|output is case[- ]insens",
    re.I,
)
ERROR = re.compile(r"error|precision|differ|differs|accuracy|tolerance", re.I)
SMALL = re.compile(r"(?<![\d.])10\^?-(\d{1,2})(?!\d)|(?<![\d.])1e-0?(\d{1,2})|(?<![\d.])0\.(0*1)(?!\d)")


def codecontests(row: dict, languages: Collection[str]) -> Problem:
    """CodeContests: a description, cases of three kinds, and solutions; the first that parses is the original.

    A problem without an accepted solution in `languages` has no original: it can score programs, not be perturbed. The
    row holds one output a case; where a problem accepts several, a right program with another one fails.
    """
    cases = [case for kind in ("public", "private", "generated") for case in _cases(row, f"{kind}_tests")]
    if not cases:
        raise ValueError("no case in public_tests, private_tests or generated_tests")
    description = text_of(row, "description")
    return Problem(
        task_id=text_of(row, "name", "task_id"),
        prompt=docstring(description.strip()),
        canonical_solution=_solution(row, languages),
        test="",
        entry_point="",
        cases=tuple(dict.fromkeys(cases)),
        tolerance=tolerance_in(description),
        any_case=bool(ANY_CASE.search(description)),
        time_limit=_seconds(row),
    )


def _cases(row: dict, field: str) -> list[tuple[str, str]]:
    value = _columns(row, field, ("input", "output"))
    inputs, outputs = strings_of(value, "input"), strings_of(value, "output")
    if len(inputs) != len(outputs):
        raise ValueError(f"field {field!r} has {len(inputs)} inputs and {len(outputs)} outputs")
    return list(zip(inputs, outputs, strict=True))


def _columns(row: dict, field: str, names: tuple[str, str]) -> dict:
    """Parallel lists, as on the Hub, also where the row holds a list of objects, as the original records do."""
    value = row.get(field) or {}
    if isinstance(value, list) and all(isinstance(item, dict) for item in value):
        return {name: [item.get(name) for item in value] for name in names}
    if not isinstance(value, dict):
        raise ValueError(f"field {field!r} must be an object with {names[0]!r} and {names[1]!r}")
    return value


def _solution(row: dict, languages: Collection[str]) -> str:
    unknown = set(languages) - set(LANGUAGES)
    if unknown:
        raise ValueError(f"unknown language {min(unknown)!r}: use {', '.join(LANGUAGES)}")
    given = _columns(row, "solutions", ("language", "solution"))
    wanted = [*languages, *(LANGUAGES.index(name) for name in languages)]
    languages = given.get("language") or []
    if not isinstance(languages, list):
        raise ValueError("field 'solutions' must name the language of each solution")
    for language, program in zip(languages, strings_of(given, "solution"), strict=False):
        if language in wanted:
            try:
                ast.parse(program)
            except (SyntaxError, ValueError):
                continue
            return program.rstrip() + "\n"
    return ""


def _seconds(row: dict) -> float | None:
    limit = row.get("time_limit")
    if isinstance(limit, dict):
        return number_of(limit, "seconds") + number_of(limit, "nanos") / 1e9 or None
    return number_of(row, "time_limit") or None


def tolerance_in(description: str) -> float:
    """The error that a description allows, such as 10^{-6}, 1e-6 or 0.000001; 0.0 when it speaks of none."""
    text = re.sub(r"\\cdot|\\times|[{}$\s\\]|<[^>]*>", "", description.replace("−", "-").replace("–", "-"))
    for found in ERROR.finditer(text):
        if match := SMALL.search(text[max(0, found.start() - 80) : found.end() + 160]):  # a sentence or two around it
            digits = match[1] or match[2] or len(match[3])
            return 10.0 ** -int(digits)
    return 0.0
