"""The official formats of problem sets, each a function from a row to a Problem; a row's fields tell which it is."""

import ast
import builtins
import re
from collections.abc import Collection

from procure_kit.problems import FIELDS, Problem

LANGUAGES = ("UNKNOWN_LANGUAGE", "PYTHON", "CPP", "PYTHON3", "JAVA")  # CodeContests' numbers; PYTHON is Python 2
ANY_CASE = re.compile(
    r"letters?[^.]{0,40} in any (letter )?(case|register)|in any (letter )?(case|register) \(|output is case[- ]insens",
    re.I,
)
ERROR = re.compile(r"error|precision|differ|differs|accuracy|tolerance", re.I)
SMALL = re.compile(r"(?<![\d.])10\^?-(\d{1,2})(?!\d)|(?<![\d.])1e-0?(\d{1,2})|(?<![\d.])0\.(0*1)(?!\d)")


def problem_of(row: dict, languages: Collection[str] = ("PYTHON3",)) -> Problem:
    """Build the Problem of one row. Raises: ValueError that says which field is missing or wrong."""
    if "test_list" in row:
        return _mbpp(row)
    if "public_tests" in row or "private_tests" in row:
        return _codecontests(row, languages)
    if {"input", "output"} <= set(row) and ("code" in row or "function" in row):
        return _cruxeval(row)
    if {"task_id", "prompt", "test"} <= set(row) and not set(row) & {"entry_point", "canonical_solution"}:
        return _mbpp(row | {"test_list": _statements(_text(row, "test"))})
    return _humaneval(row)


def _text(row: dict, *names: str) -> str:
    """The first of the named fields that the row has."""
    for name in names:
        if name in row:
            if not isinstance(row[name], str):
                raise ValueError(f"field {name!r} must be a string, not {type(row[name]).__name__}")
            return row[name].replace("\r\n", "\n")
    raise ValueError(f"field {names[0]!r} is missing")


def _strings(row: dict, name: str) -> list[str]:
    value = row.get(name)
    value = [] if value is None else value
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError(f"field {name!r} must be a list of strings")
    return [item.replace("\r\n", "\n") for item in value]


def _humaneval(row: dict) -> Problem:
    """HumanEval, HumanEval+, and whatever `Problem.to_row` wrote."""
    given = {name: _text(row, name) for name in FIELDS}
    cases = row.get("cases") or ()
    try:
        given["cases"] = tuple((stdin + "", stdout + "") for stdin, stdout in cases)
    except (TypeError, ValueError) as error:
        raise ValueError("field 'cases' must be a list of [input, output] pairs of strings") from error
    for name in ("tolerance", "time_limit"):
        if row.get(name) is not None:
            given[name] = _number(row, name)
    for name, kind in (("setup", str), ("any_case", bool)):
        if row.get(name) is not None:
            if not isinstance(row[name], kind):
                raise ValueError(f"field {name!r} must be of type {kind.__name__}, not {type(row[name]).__name__}")
            given[name] = row[name]
    if not given["cases"] and not given["entry_point"].isidentifier():
        raise ValueError("field 'entry_point' must be the name of a function")
    return Problem(**given)


def _number(row: dict, name: str) -> float:
    """A number that is not below zero. NaN and infinities are not, and whole numbers may be too large for a float."""
    value = 0 if row.get(name) is None else row[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
        raise ValueError(f"field {name!r} must be a number from 0 to a billion")
    return float(value)


def _mbpp(row: dict) -> Problem:
    """MBPP: `text` (full) or `prompt` (sanitized), `code`, `test_list`, `test_setup_code` or `test_imports`."""
    number = row.get("task_id")
    if number is None:
        raise ValueError("field 'task_id' is missing")
    if not isinstance(number, str | int) or isinstance(number, bool):
        raise ValueError(f"field 'task_id' must be a number or a string, not {type(number).__name__}")
    tests = _strings(row, "test_list")
    if not tests:
        raise ValueError("field 'test_list' is empty")
    code = _text(row, "code") if row.get("code") is not None else ""
    code_before = _text(row, "test_setup_code") if row.get("test_setup_code") is not None else ""
    setup = "\n".join([*_strings(row, "test_imports"), code_before]).strip()
    return Problem(
        task_id=f"MBPP/{str(number).removeprefix('MBPP/')}",
        prompt=_docstring(f"{_text(row, 'text', 'prompt').strip()}\n{tests[0]}"),
        canonical_solution=code and code.rstrip() + "\n",
        test="\n".join(tests) + "\n",
        entry_point=_entry_point(code, tests),
        setup=setup and setup + "\n",
    )


def _statements(tests: str) -> list[str]:
    try:
        return [ast.get_source_segment(tests, node) for node in ast.parse(tests).body]
    except SyntaxError as error:
        raise ValueError(f"field 'test' does not parse: {error.msg} (line {error.lineno})") from error


def _entry_point(code: str, tests: list[str]) -> str:
    """The function that the tests call: the outermost call of an assert whose name the code, if there is any, defines.

    MBPP/126 calls its function `sum`: without code, a built-in name comes last.
    """
    try:
        defined = [node.name for node in ast.parse(code).body if isinstance(node, ast.FunctionDef)]
        asserts = [node for test in tests for node in ast.walk(ast.parse(test)) if isinstance(node, ast.Assert)]
    except SyntaxError as error:
        raise ValueError(f"code or test does not parse: {error.msg} (line {error.lineno})") from error
    calls = [node.func for test in asserts for node in ast.walk(test) if isinstance(node, ast.Call)]
    called = [function.id for function in calls if isinstance(function, ast.Name)]
    called.sort(key=lambda name: name not in defined if code else hasattr(builtins, name))
    if not called or code and called[0] not in defined:
        raise ValueError("the tests call no function of the program")
    return called[0]


def _cruxeval(row: dict) -> Problem:
    """CRUXEval: a function `f`, one input and the output that belongs to it."""
    number, code = _text(row, "task_id", "id"), _text(row, "code", "function")
    call = f"candidate({_text(row, 'input')}) == {_text(row, 'output')}"
    try:
        ast.parse(call, mode="eval")
    except (SyntaxError, ValueError) as error:
        raise ValueError("fields 'input' and 'output' must be a call's arguments and what it returns") from error
    return Problem(number, "", code.rstrip() + "\n", f"def check(candidate):\n    assert {call}\n", "f")


def _codecontests(row: dict, languages: Collection[str]) -> Problem:
    """CodeContests: a description, cases of three kinds, and solutions; the first that parses is the original.

    A problem without an accepted solution in `languages` has no original: it can score programs, not be perturbed. The
    row holds one output a case; where a problem accepts several, a right program with another one fails.
    """
    cases = [case for kind in ("public", "private", "generated") for case in _cases(row, f"{kind}_tests")]
    if not cases:
        raise ValueError("no case in public_tests, private_tests or generated_tests")
    description = _text(row, "description")
    return Problem(
        task_id=_text(row, "name", "task_id"),
        prompt=_docstring(description.strip()),
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
    inputs, outputs = _strings(value, "input"), _strings(value, "output")
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
    for language, program in zip(languages, _strings(given, "solution"), strict=False):
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
        return _number(limit, "seconds") + _number(limit, "nanos") / 1e9 or None
    return _number(row, "time_limit") or None


def tolerance_in(description: str) -> float:
    """The error that a description allows, such as 10^{-6}, 1e-6 or 0.000001; 0.0 when it speaks of none."""
    text = re.sub(r"\\cdot|\\times|[{}$\s\\]|<[^>]*>", "", description.replace("−", "-").replace("–", "-"))
    for found in ERROR.finditer(text):
        if match := SMALL.search(text[max(0, found.start() - 80) : found.end() + 160]):  # a sentence or two around it
            digits = match[1] or match[2] or len(match[3])
            return 10.0 ** -int(digits)
    return 0.0


def _docstring(text: str) -> str:
    """The text as a module's docstring, whatever it holds."""
    escaped = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"').replace("\0", "")
    return f'"""\n{escaped}\n"""\n'
