"""The prompts of the LLM generator: one readable template a concept, the analysis's site as the hint, and the answer.

Structure after the authors' artefact: instruction, original code with the hint, processing steps, worked example.
"""

import json
import re
from functools import cache
from pathlib import Path

from procure_kit.generation.llm.fences import last_program
from procure_kit.problems.counterfactual import Site

FOLDER = Path(__file__).parent / "prompts"


@cache
def template(concept: str) -> str:
    """The template with `{source}` and `{hint}` in it. Raises: ValueError when the concept has none."""
    path = FOLDER / f"{concept}.txt"
    if not path.is_file():
        raise ValueError(f"no prompt template for {concept!r}: write {path.name}")
    return path.read_text(encoding="utf-8")


def hint(site: Site) -> str:
    """Where the concept applies, in a reader's words."""
    return f"line {site.line}, `{site.label}`"


def prompt(source: str, site: Site) -> str:
    """The whole first message about one site. The source goes in last, so that its own braces stay as they are."""
    before, _, after = template(site.concept).partition("```python\n{source}\n```")
    fence = "`" * max(3, 1 + max(map(len, re.findall("`{3,}", source)), default=0))
    source = source.rstrip("\n")
    return f"{before}{fence}python\n{source}\n{fence}{after.replace('{hint}', hint(site), 1)}"


def answer(reply: str, original: str) -> tuple[str | None, str]:
    """The program of a reply, ending as the original does, and the reasoning before it.

    The program is the last fenced block of Python, or the field of a structured reply, which may be fenced too; None
    when there is neither, or when that block was cut off: an earlier one may be anything.
    """
    program, reasoning = last_program(reply.replace("\r\n", "\n") + "\n")
    for structured in (reply, program):
        try:
            fields = json.loads(structured)
            program, reasoning = fields["program"] + "\n", fields["reasoning"].strip()
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            continue
        program = last_program(program)[0] or program
        break
    if not program or not program.strip():
        return None, reasoning.strip()
    return program.rstrip("\n") + original[len(original.rstrip("\n")) :], reasoning.strip()


def repair(status: str, detail: str) -> str:
    """What a rejected reply is answered with: the validator's own words."""
    said = f"{status}: {detail}" if detail else status
    said = said.encode(errors="replace").decode()  # half a surrogate pair, as a program may print, cannot be sent
    return f"The check failed. {said}\nMend the program, and give the whole of it in one fenced Python block, last."
