"""The short form of question and answer, for a small model: the site's lines in, a few edits of lines out.

if_else_flip                     3: if low >= high:        an edit: line 3, with this text in its own indentation
3 if low < high:                 6                         a line as it is; what is named stands, in the order of the
4     total = low          →     5                         answer, in the places of all that is named
5 else:                          4
6     total = high
                                 variable_name_random: `3 low>qkzwm high>brtya` renames words of line 3

What the model decides: how a test reads when it is negated, which lines go where, where one statement ends and the next
begins; for names, on which lines a word means the variable, which definition reaches which use, and where a word of a
line stays (it then writes the line out). What the kit decides: the site, which lines are shown (excerpts.py), and the
new names, which it draws by the seed as the rules do. It puts the edits into the text, and looks at nothing else.
"""

import re
from random import Random

from procure_kit.analysis.analysis import analyse
from procure_kit.concepts.renaming import fresh_names
from procure_kit.generation.llm.excerpts import NAMES, ORDERS, lines_of, numbered, shown_lines
from procure_kit.problems.counterfactual import Site
from procure_kit.shipped import DATA

CONCEPTS = ORDERS + NAMES
GENERATOR = "smollm2:edits"  # the model in this process that is tuned to answer so (training/rewriter/)
SETTINGS = {"temperature": 0.5, "max_tokens": 256, "seed": 0}  # and how it is asked, after the first answer
REWRITER_REPLIES = DATA / "replies_edits.jsonl"  # real ones, of the kit's own problems
ANSWER = "=>"  # the last line of a question
_LINE = re.compile(r"(?P<number>\d{1,6})(?:: ?(?P<text>.*)|(?P<pairs>(?: \w+>\w+)*))")


def check_known(concept: str) -> None:
    """Raises: ValueError for a concept without this form."""
    if concept not in CONCEPTS:
        raise ValueError(f"no edits are known for {concept!r}: use one of {', '.join(CONCEPTS)}")


def question(source: str, site: Site, names: dict[str, str]) -> str:
    """What the model reads; `names`: from old to new, for the concepts that rename.

    Raises: ValueError for a concept without this form, or a site that is too long.
    """
    check_known(site.concept)
    head = [site.concept, *(f"{old}>{new}" for old, new in names.items())]
    if " from line " in site.label and site.concept == "def_use_break":
        head.append(str(site.line))
    shown = shown_lines(source, site, names)
    return f"{' '.join(head)}\n{numbered(source, shown)}\n{ANSWER}\n"


def told_names(site: Site) -> list[str]:
    """The variables that a site's label tells."""
    if site.concept == "def_use_break":
        return [site.label.partition(",")[0]]
    return site.label.partition(": ")[2].split(", ")


def new_names(source: str, site: Site, seed: int) -> dict[str, str]:
    """Names for the variables that the site's label tells, drawn by the seed; none for a concept that renames none."""
    if site.concept in ORDERS:
        return {}
    rng, old = Random(f"names {site.concept} {site.index} {seed}"), told_names(site)
    if site.concept != "variable_name_shuffle":
        return dict(zip(old, fresh_names(analyse(source), rng, len(old)), strict=True))
    new = list(old)
    while any(one == other for one, other in zip(old, new, strict=True)):
        rng.shuffle(new)
    return dict(zip(old, new, strict=True))


def edited(source: str, answer: str, shown: list[int]) -> str:
    """The program with the answer's edits; `shown`: the lines that they may name.

    Raises: ValueError with a sentence for what is no answer.
    """
    lines = lines_of(source)
    new: dict[int, str] = {}
    for line in filter(None, map(str.strip, answer.splitlines())):
        found = _LINE.fullmatch(line)
        if not found:
            raise ValueError(f"`{line[:80]}` is no edit: a line's number, then its new text or pairs of names")
        number = int(found["number"])
        if number not in shown:
            raise ValueError(f"line {number} was not shown")
        if number in new:
            raise ValueError(f"line {number} is named twice")
        new[number] = _new_line(lines[number - 1], number, found)
    if not new:
        raise ValueError("the answer names no line")
    for place, text in zip(sorted(new), new.values(), strict=True):
        end = re.search(r"[\r\n]*$", lines[place - 1])[0]
        lines[place - 1] = text.rstrip("\r\n") + end
    return "".join(lines)


def _new_line(line: str, number: int, found: re.Match) -> str:
    if found["text"] is not None:
        return line[: len(line) - len(line.lstrip())] + found["text"].strip()
    names = dict(pair.split(">") for pair in found["pairs"].split())
    for name in names:
        if not re.search(rf"\b{name}\b", line):
            raise ValueError(f"line {number} has no word `{name}`")
    return re.sub(r"\w+", lambda word: names.get(word[0], word[0]), line)
