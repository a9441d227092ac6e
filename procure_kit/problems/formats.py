"""The official formats of problem sets, each a function from a row to a Problem; a row's fields tell which it is."""

import ast
import builtins
from collections.abc import Collection
from hashlib import sha256

from procure_kit.problems.codecontests import codecontests
from procure_kit.problems.fields import docstring, number_of, strings_of, text_of
from procure_kit.problems.problem import FIELDS, Problem

UNUSED = ("incorrect_solutions",)  # columns of a set that no problem is made of, and large
INPUTS, MOST = 10, 1000  # inputs of a CodeI/O program, whose generator would make any number; of any problem


def problem_of(row: dict, languages: Collection[str] = ("PYTHON3",)) -> Problem:
    """Build the Problem of one row. Raises: ValueError that says which field is missing or wrong."""
    if "test_list" in row:
        return _mbpp(row)
    if "public_tests" in row or "private_tests" in row:
        return codecontests(row, languages)
    if {"input", "output"} <= set(row) and ("code" in row or "function" in row):
        return _cruxeval(row)
    if {"code_sample", "input_generator"} <= set(row):
        return _codeio(row)
    if {"task_id", "prompt", "test"} <= set(row) and not set(row) & {"entry_point", "canonical_solution"}:
        statements = _statements(text_of(row, "test"))
        if not any(statement.startswith("def check(") for statement in statements):
            return _mbpp(row | {"test_list": statements, "test": None})
    return _humaneval(row)


def _humaneval(row: dict) -> Problem:
    """HumanEval, HumanEval+, and whatever `Problem.to_row` wrote."""
    given = {name: text_of(row, name) for name in FIELDS}
    cases = row.get("cases") or ()
    try:
        given["cases"] = tuple((stdin + "", stdout + "") for stdin, stdout in cases)
    except (TypeError, ValueError) as error:
        raise ValueError("field 'cases' must be a list of [input, output] pairs of strings") from error
    for name in ("tolerance", "time_limit"):
        if row.get(name) is not None:
            given[name] = number_of(row, name)
    for name, kind in (("setup", str), ("any_case", bool), ("inputs", int), ("input_generator", str)):
        if row.get(name) is not None:
            if type(row[name]) is not kind:
                raise ValueError(f"field {name!r} must be of type {kind.__name__}, not {type(row[name]).__name__}")
            given[name] = row[name]
    if not (1 if given.get("input_generator") else 0) <= given.get("inputs", 0) <= MOST:
        raise ValueError(f"field 'inputs' must be the number of inputs to make, or that the test has, at most {MOST}")
    if not given["cases"] and not given["entry_point"].isidentifier():
        raise ValueError("field 'entry_point' must be the name of a function")
    return Problem(**given)


def _mbpp(row: dict) -> Problem:
    """MBPP: `text` (full) or `prompt` (sanitized), `code`, `test_list`, `test_setup_code` or `test_imports`.

    MBPP+ has a `test` beside, of the same function with many more inputs, which takes the place of the list.
    """
    number = row.get("task_id")
    if number is None:
        raise ValueError("field 'task_id' is missing")
    if not isinstance(number, str | int) or isinstance(number, bool):
        raise ValueError(f"field 'task_id' must be a number or a string, not {type(number).__name__}")
    tests = strings_of(row, "test_list")
    if not tests:
        raise ValueError("field 'test_list' is empty")
    code = text_of(row, "code") if row.get("code") is not None else ""
    code_before = text_of(row, "test_setup_code") if row.get("test_setup_code") is not None else ""
    setup = "\n".join([*strings_of(row, "test_imports"), code_before]).strip()
    whole = text_of(row, "test") if row.get("test") is not None else ""
    return Problem(
        task_id=number if isinstance(number, str) and "/" in number else f"MBPP/{number}",
        prompt=docstring(f"{text_of(row, 'text', 'prompt').strip()}\n{tests[0]}"),
        canonical_solution=code and code.rstrip() + "\n",
        test=whole if whole.strip() else "\n".join(tests) + "\n",
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
    number, code = text_of(row, "task_id", "id"), text_of(row, "code", "function")
    call = f"candidate({text_of(row, 'input')}) == {text_of(row, 'output')}"
    try:
        ast.parse(call, mode="eval")
    except (SyntaxError, ValueError) as error:
        raise ValueError("fields 'input' and 'output' must be a call's arguments and what it returns") from error
    return Problem(number, "", code.rstrip() + "\n", f"def check(candidate):\n    assert {call}\n", "f", inputs=1)


def _codeio(row: dict) -> Problem:
    """CodeI/O, as reasoning-gym has it: a task in words, a program that defines `main_solution`, and a generator of
    inputs. The rows have no names: a program and its task are known by their digest, in whatever order they stand."""
    task, code, makes = (text_of(row, name) for name in ("task_description", "code_sample", "input_generator"))
    for name, text, function in (("code_sample", code, "main_solution"), ("input_generator", makes, "generate_inputs")):
        if f"def {function}(" not in text:
            raise ValueError(f"field {name!r} defines no function {function!r}")
    words = f"{task.strip()}\n\n{text_of(row, 'input_output_spec').strip()}\n\nDefine main_solution."
    digest = sha256(f"{task}\n{code}".encode(errors="surrogatepass")).hexdigest()
    return Problem(
        task_id=f"codeio/{digest[:8]}",
        prompt=docstring(words),
        canonical_solution=code.rstrip() + "\n",
        test="",
        entry_point="main_solution",
        inputs=INPUTS,
        input_generator=makes.rstrip() + "\n",
    )
