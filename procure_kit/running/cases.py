"""The oracle's half of testing programs that read standard input: each case's output against the expected one."""

import re
import time

from procure_kit.running.asking import Asking
from procure_kit.running.explanation import LONGEST, short
from procure_kit.running.isolation.limits import not_to_be_had
from procure_kit.running.stdin_program import LONGEST as LONGEST_OUTPUT

WHOLE = re.compile(r"[+-]?\d{1,4000}")
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?", re.I)


def run_cases(cases: list, peer: Asking, tolerance: float, any_case: bool) -> dict:
    """Run a program on each case's input and compare its output; each case has the whole time limit to itself."""
    slowest = 0.0
    for number, (given, expected) in enumerate(cases, start=1):
        peer.call = where = f"case {number} of {len(cases)}"
        start = time.monotonic()
        peer.channel.deadline = start + peer.timeout
        try:
            output, ending, errors = peer.request("call", 0, (given,))
            said = errors.strip().splitlines()[-1][:LONGEST] if errors.strip() else ""
            too_long = len(output.encode(errors="replace")) > LONGEST_OUTPUT
        except Exception as error:
            why = f"{type(error).__name__}: {error}"[:LONGEST]
            return {"status": "crashed", "detail": f"{where}: the program broke what runs it ({why})"}
        slowest = max(slowest, time.monotonic() - start)
        result = {"slowest": slowest, "status": "tests_fail"}
        if ending and said.startswith("MemoryError"):
            return result | {"status": "memory", "detail": f"{where} needed more memory than it may have"}
        if ending == -24:  # SIGXCPU
            return result | {"status": "timeout", "detail": f"{where} used more CPU time than it may"}
        if ending and (why := not_to_be_had(errors)):
            return result | {"status": "refused", "detail": f"{where}: {why}"}
        if ending < 0:
            return result | {"status": "crashed", "detail": f"{where}: the program was killed by signal {-ending}"}
        if ending:
            return result | {"detail": f"{where}: the program ended with exit code {ending}" + (said and f": {said}")}
        if too_long:
            return result | {"status": "refused", "detail": f"{where}: more than {LONGEST_OUTPUT:,} bytes of output"}
        if wrong := compare(output, expected, tolerance, any_case):
            return result | {"detail": f"{where}: {wrong}; the input was {short(given)}"}
    return {"status": "passed", "detail": "", "slowest": slowest}


def compare(output: str, expected: str, tolerance: float, any_case: bool) -> str:
    """What differs first; nothing when the output is right.

    Compared word by word: white space only separates, so that spaces at the end of a line, line breaks and blank lines
    make no difference, as in the checker that CodeContests publishes. Numbers may differ by `tolerance`, absolutely or
    relative to the expected one, unless both are whole; without one, each word is the same text.
    """
    if output == expected:
        return ""
    got, wanted = output.split(), expected.split()
    for number, (word, right) in enumerate(zip(got, wanted, strict=False), start=1):
        if word != right and not (any_case and word.lower() == right.lower()) and not _close(word, right, tolerance):
            return f"word {number}: expected {right[:100]!r}, got {word[:100]!r}"
    if len(got) != len(wanted):
        return f"expected {len(wanted)} words, got {len(got)}"
    return ""


def _close(word: str, right: str, tolerance: float) -> bool:
    if not tolerance or not NUMBER.fullmatch(word) or not NUMBER.fullmatch(right):
        return False
    if WHOLE.fullmatch(word) and WHOLE.fullmatch(right):
        return int(word) == int(right)
    return abs(float(word) - float(right)) <= tolerance * max(1.0, abs(float(right)))
