"""Small programs that are easy to get wrong, in tests/concepts/tricky/*.txt: `=== name: call | call`, then the source.

python -m tests.concepts.tricky      # every site of every concept, in both modes, before and after
"""

import builtins
import contextlib
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from procure_kit import find_sites, perturb, perturb_all

FOLDER = Path(__file__).parent / "tricky"


def programs() -> Iterator[tuple[str, str, list[str]]]:
    """(name, source, calls)."""
    for path in sorted(FOLDER.glob("*.txt")):
        for part in path.read_text().split("=== ")[1:]:
            head, source = part.split("\n", 1)
            name, calls = head.split(": ", 1)
            yield f"{path.stem}: {name}", source, calls.split(" | ")


def behaviours(source: str, calls: list[str]) -> list[tuple[str, str]]:
    """Of each call, in a namespace of its own: the result or the type of the exception, and what was printed."""
    code = compile(source, "program", "exec")
    return [_behaviour(code, call) for call in calls]


def _behaviour(code, call: str) -> tuple[str, str]:
    namespace, printed, length = {"__name__": "program"}, io.StringIO(), builtins.len
    sys.modules["program"] = type(sys)("program")  # where dataclasses look for it
    with contextlib.redirect_stdout(printed):
        try:
            exec(code, namespace)
            result = repr(eval(call, namespace))
        except Exception as error:
            result = f"raises {type(error).__name__}"
    builtins.len = length
    return re.sub(r" at 0x[0-9a-f]+", "", result), printed.getvalue()


def changes(source: str, calls: list[str], seeds: int = 3) -> Iterator[tuple[str, str, str, str]]:
    """(soundness, mode, site, counterfactual) of each rewrite that behaves otherwise."""
    expected = behaviours(source, calls)
    for mode in ("strict", "procure"):
        rewrites = [
            (site.soundness, f"{site.concept}, {site.label}", perturb(source, site.concept, seed, mode, site))
            for site in find_sites(source, mode=mode)
            if site.refused is None
            for seed in range(seeds)
        ]
        rewrites += [("syntactic", "all", perturb_all(source, None, s, mode, "syntactic")) for s in range(seeds)]
        for soundness, label, made in rewrites:
            try:
                found = behaviours(made.counterfactual, calls)
            except SyntaxError as error:
                found = str(error)
            if found != expected:
                yield soundness, mode, label, made.counterfactual


if __name__ == "__main__":
    for name, source, calls in programs():
        print(name, len(find_sites(source)), behaviours(source, calls) if "-v" in sys.argv else "")
        for soundness, mode, label, text in changes(source, calls):
            print(f"--- {soundness}, {mode}, {label}\n{text}")
