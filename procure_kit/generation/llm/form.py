"""How a model is asked and how its answer is read: by whole programs, as any chat model can, or by edits."""

from collections.abc import Callable
from dataclasses import dataclass

from procure_kit.generation.llm import prompting
from procure_kit.generation.llm.edits import check_known, edited, new_names, question
from procure_kit.generation.llm.excerpts import shown_lines
from procure_kit.problems.counterfactual import Site


@dataclass(frozen=True)
class Form:
    """`check(concept)` raises ValueError where it cannot be asked for. `ask(source, site, seed)` is the first message,
    or a ValueError says why there is none. `read(content, source, site, seed)`: the program of a reply, or None, the
    reasoning before it, and what is wrong where there is no program. `repair(status, detail)` answers a rejected reply;
    `prefix` stands before the model's name in the rows' `generator`."""

    check: Callable[[str], object]
    ask: Callable[[str, Site, int], str]
    read: Callable[[str, str, Site, int], tuple[str | None, str, str]]
    repair: Callable[[str, str], str]
    prefix: str = ""


def _ask_for_edits(source: str, site: Site, seed: int) -> str:
    return question(source, site, new_names(source, site, seed))


def _read_edits(content: str, source: str, site: Site, seed: int) -> tuple[str | None, str, str]:
    try:
        return edited(source, content, shown_lines(source, site, new_names(source, site, seed))), "", ""
    except ValueError as error:
        return None, "", str(error)


def _read_program(content: str, source: str, site: Site, seed: int) -> tuple[str | None, str, str]:
    return *prompting.answer(content, source), "the reply ends without a program in a closed fenced block"


WHOLE = Form(
    prompting.template,
    lambda source, site, seed: prompting.prompt(source, site),
    _read_program,
    prompting.repair,
    "openai:",
)
EDITS = Form(
    check_known,
    _ask_for_edits,
    _read_edits,
    lambda status, detail: f"{status}: {detail}" if detail else status,
)
