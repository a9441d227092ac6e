"""The prompts of the LLM generator: one readable template a concept, the analysis's site as the hint, and the answer.

Structure after the authors' artefact: instruction, original code with the hint, processing steps, worked example.
"""

import json
import re
from functools import cache
from pathlib import Path

from procure_kit.counterfactual import Site

FOLDER = Path(__file__).parent / "prompts"
_FENCE = re.compile(r"^```[^\n`]*\n(.*?)^```[ \t]*$", re.S | re.M)


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
    before, _, after = template(site.concept).partition("{source}")
    return before + source.rstrip("\n") + after.replace("{hint}", hint(site), 1)


def answer(reply: str, original: str) -> tuple[str | None, str]:
    """The program of a reply, ending as the original does, and the reasoning before it.

    The program is the last closed fenced block, or the field of a structured reply; None when there is neither.
    """
    try:
        fields = json.loads(reply)
        program, reasoning = fields["program"], fields["reasoning"]
        program = _last_block(program + "\n")[0] or program
    except (ValueError, LookupError, TypeError):
        program, reasoning = _last_block(reply.replace("\r\n", "\n") + "\n")
    if not program or not program.strip():
        return None, reasoning.strip()
    return program.rstrip("\n") + original[len(original.rstrip("\n")) :], reasoning.strip()


def _last_block(reply: str) -> tuple[str | None, str]:
    blocks = list(_FENCE.finditer(reply))
    return (blocks[-1][1], reply[: blocks[-1].start()]) if blocks else (None, reply)


def repair(status: str, detail: str) -> str:
    """What a rejected reply is answered with: the validator's own words."""
    said = f"{status}: {detail}" if detail else status
    return f"The check failed. {said}\nMend the program, and give the whole of it in one fenced Python block, last."
